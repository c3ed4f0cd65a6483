import Dispatch
import Glibc
import Synchronization
import Testing
import WritDigest
import WritPolicy
import WritSSHSignature
import WritTestSupport

@testable import WritApply

/// A ledger of fixed size with each of its bytes changed once: every change is found, and the entry that it is in is named.
///
/// Which entry that is, is worked out here from names and texts alone, with nothing of what the product knows of the layout.
@Suite struct EveryByteTests {
  /// One byte of so many is changed; `make proofs` takes them all.
  static let stride = getenv("WRIT_PROOFS") == nil ? 97 : 1

  /// What has to be said of a file that was changed.
  struct Expectation: Hashable {
    /// The lowest entry that faults name; nil when they must name none.
    var entry: Int?
    /// The byte is in what an entry says of the bytes before it: that the one before was changed is as likely, so both are named.
    var concernsChain = false
    /// The file that one fault has to name, where it belongs to no entry.
    var path: String?

    init(_ path: String, at position: Int = 0, in contents: [String: [UInt8]]) {
      if path.hasPrefix("entries/") {
        entry = Int(path.split(separator: "/")[3].prefix(8))
        let text = String(decoding: contents[path] ?? [], as: UTF8.self)
        if let prev = text.firstRange(of: "\"prev\":\"sha256:") {
          let start = text.utf8.distance(from: text.startIndex, to: prev.lowerBound)
          concernsChain = (start..<(start + 15 + 64 + 1)).contains(position)
        }
      } else if path.hasPrefix("plans/") {
        let digest = path.dropFirst("plans/".count).dropLast(".json".count)
        entry =
          contents.filter { $0.key.hasSuffix(".json") && $0.key.hasPrefix("entries/") }
          .filter { String(decoding: $0.value, as: UTF8.self).contains("\"plan\":\"sha256:\(digest)\"") }
          .compactMap { Self($0.key, in: [:]).entry }.min()
      } else {
        self.path = path == "checkpoint.sig" ? "checkpoint" : path
      }
    }

    func isMet(by faults: [LedgerFault]) -> Bool {
      let named = Set(faults.compactMap(\.entry))
      guard let entry else { return named.isEmpty && faults.contains { $0.path == path } }
      let lowest = named.min()
      return named.contains(entry) && (lowest == entry || (concernsChain && lowest == entry - 1))
    }
  }

  static let kinds: Set<String> = [
    "genesis", "intent", "outcome", "drift", "abandon", "secret", "annotation", "override", "key-change", "release",
    "breakglass", "approval-used", "of-the-future",
  ]

  @Test func `every byte of fifty entries`() throws {
    let bench = try Bench()
    #expect(bench.contents.count > 2 * LongLedger.size + 5)
    #expect(Set(bench.reading.entries.compactMap { $0?.entry?.record.kind }) == Self.kinds)
    #expect(LedgerReport(contents: bench.contents).faults == [])
    let places = bench.contents.sorted { $0.key < $1.key }.flatMap { path, bytes in bytes.indices.map { (path, $0) } }
    var generator = SeededGenerator(seed: 50)
    let first = Int.random(in: 0..<Self.stride, using: &generator)
    let chosen = Swift.stride(from: first, to: places.count, by: Self.stride).map { places[$0] }
    let changes = chosen.map { ($0.0, $0.1, UInt8.random(in: 1...255, using: &generator)) }
    let missed = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: changes.count) { index in
      let (path, position, flip) = changes[index]
      let faults = bench.faults(path, position, flip)
      let expectation = Expectation(path, at: position, in: bench.contents)
      if !expectation.isMet(by: faults) {
        missed.withLock { $0.append("byte \(position) of \(path), \(flip): \(faults)") }
      }
      // The bench leaves out what cannot have changed; now and then it is held against the whole.
      if index % (Self.stride == 1 ? 500 : 64) == 0 {
        var changed = bench.contents
        changed[path]?[position] ^= flip
        let whole = LedgerReport(contents: changed).faults
        if Set(whole) != Set(faults.filter { !$0.isRemark }) {
          missed.withLock { $0.append("byte \(position) of \(path), \(flip): \(faults), and on the whole \(whole)") }
        }
      }
    }
    #expect(missed.withLock { $0 } == [])
    print("every byte: \(changes.count) of \(places.count) bytes in \(bench.contents.count) files changed")
  }

  @Test func `every entry taken away, exchanged and written twice`() throws {
    let bench = try Bench()
    let good = bench.contents
    for sequence in 0..<LongLedger.size {
      let (entry, signature) = (LedgerLayout.entry(sequence), LedgerLayout.signature(sequence))
      var changed = good
      changed[entry] = nil
      changed[signature] = nil
      let isLast = sequence == LongLedger.size - 1
      // Of the newest one only the checkpoint knows.
      #expect(
        lowest(changed) == (isLast ? nil : sequence) && kinds(changed).contains(isLast ? .badCheckpoint : .missingFile),
        "without \(sequence)")
      changed = good
      changed[signature] = nil
      #expect(lowest(changed) == sequence && kinds(changed) == [.missingFile], "\(sequence) unsigned")
      if isLast { continue }
      changed = good
      for name in [LedgerLayout.entry, LedgerLayout.signature] {
        changed[name(sequence)] = good[name(sequence + 1)]
        changed[name(sequence + 1)] = good[name(sequence)]
      }
      #expect(LedgerReport(contents: changed).faults.contains { $0.kind == .wrongSequence && $0.entry == sequence })
      changed = good
      for later in (sequence + 1)...LongLedger.size {
        for name in [LedgerLayout.entry, LedgerLayout.signature] { changed[name(later)] = good[name(later - 1)] }
      }
      let faults = LedgerReport(contents: changed).faults
      #expect(faults.contains { $0.kind == .wrongSequence && $0.entry == sequence + 1 }, "\(sequence) twice")
    }
  }

  @Test func `cut off at any place, and gone on from there otherwise`() throws {
    let bench = try Bench()
    let head = try #require(LedgerReport(contents: bench.contents).state).head
    for size in 1..<LongLedger.size {
      var cut = bench.contents
      for sequence in size..<LongLedger.size {
        cut[LedgerLayout.entry(sequence)] = nil
        cut[LedgerLayout.signature(sequence)] = nil
      }
      #expect(kinds(cut).contains(.badCheckpoint), "cut to \(size)")
    }
    var fork = try PaperLedger(["li.na", "chen.bo"])
    for number in 1...3 { try fork.append(.annotation(Annotation(text: "\(number)")), by: "li.na") }
    let seen = try #require(LedgerReport(contents: fork.contents).state).head
    var other = fork
    try fork.append(.annotation(Annotation(text: "this")), by: "li.na")
    try other.append(.annotation(Annotation(text: "that")), by: "li.na")
    try other.append(.annotation(Annotation(text: "more")), by: "li.na")
    let one = try #require(LedgerReport(contents: fork.contents).state)
    let two = try #require(LedgerReport(contents: other.contents).state)
    // Both are good, so that only who saw one of them knows better of the other.
    #expect(one.fault(ofWitness: seen, named: "host") == nil && two.fault(ofWitness: seen, named: "host") == nil)
    #expect(two.fault(ofWitness: one.head, named: "host")?.kind == .rewritten)
    #expect(one.fault(ofWitness: two.head, named: "host")?.kind == .rewritten)
    #expect(one.fault(ofWitness: head, named: "host")?.kind == .rewritten)
    // The newer entry of one on top of the other.
    var mixed = other.contents
    for name in [LedgerLayout.entry, LedgerLayout.signature] { mixed[name(4)] = fork.contents[name(4)] }
    #expect(LedgerReport(contents: mixed).faults.contains { $0.kind == .brokenChain && $0.entry == 4 })
  }

  @Test func `every entry signed by an outsider`() throws {
    var ledger = try LongLedger().paper
    try ledger.makeKey(for: "outsider")
    for sequence in 0..<LongLedger.size {
      var changed = ledger
      try changed.sign(LedgerLayout.entry(sequence), by: "outsider")
      #expect(lowest(changed.contents) == sequence && kinds(changed.contents) == [.badSignature], "\(sequence)")
    }
    var changed = ledger
    try changed.sign(LedgerLayout.checkpoint, by: "outsider")
    #expect(lowest(changed.contents) == nil && kinds(changed.contents) == [.badSignature])
  }

  private func lowest(_ contents: [String: [UInt8]]) -> Int? {
    LedgerReport(contents: contents).faults.compactMap(\.entry).min()
  }

  private func kinds(_ contents: [String: [UInt8]]) -> Set<LedgerFault.Kind> {
    Set(LedgerReport(contents: contents).faults.map(\.kind))
  }
}

/// Judges a ledger of which one byte was changed, without reading and verifying anew what is as it was.
private struct Bench: Sendable {
  let contents: [String: [UInt8]]
  let reading: LedgerReading
  /// Whose signatures were found good, by what was signed.
  private let good: [LedgerSeal: AllowedSigners]

  init() throws {
    contents = try LongLedger().contents
    reading = LedgerReading(LedgerFiles(contents: contents))
    let seen = Mutex<[LedgerSeal: AllowedSigners]>([:])
    _ = LedgerAudit(LedgerFiles(contents: contents)) { seal, signers in
      let fault = seal.fault(against: signers)
      if fault == nil { seen.withLock { $0[seal] = signers } }
      return fault
    }
    good = seen.withLock { $0 }
  }

  func faults(_ path: String, _ position: Int, _ flip: UInt8) -> [LedgerFault] {
    var files = reading.files
    files.contents[path]?[position] ^= flip
    var entries = reading.entries
    var place: Int?
    var changesKeys = false
    if path.hasPrefix("entries/"), path.hasSuffix(".json"), let changed = Int(path.dropLast(5).suffix(8)) {
      place = changed
      changesKeys = ["genesis", "key-change"].contains(entries[changed]?.entry?.record.kind)
      entries[changed] = files[path].map(LedgerReading.Entry.init)
    }
    var audit = LedgerAudit(LedgerReading(files, entries))
    let signed = audit.signed.filter { changesKeys || $0.path == path || $0.signature == path }
    // Where the newest entry says that somebody else signed, the checkpoint is theirs as well.
    let checkpoint = place == LongLedger.size - 1 && !changesKeys ? audit.signed.suffix(1) : []
    let good = good
    audit.judgeSignatures(of: (signed + checkpoint)[...], in: files) { seal, signers in
      good[seal] == signers ? nil : seal.fault(against: signers)
    }
    let touched = audit.intents.filter { audit.entries[$0].sequence == place || audit.plan(at: $0) == path }
    audit.judgePlans(of: touched[...], in: files)
    return audit.faults
  }
}
