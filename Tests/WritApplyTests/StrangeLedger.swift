import WritDigest
import WritPlan
import WritPolicy
import WritSSHSignature
import WritTestSupport

@testable import WritApply

/// A random ledger, and what may have happened to it.
struct StrangeLedger {
  /// By whoever may write the branch, and by a signer who knows everything.
  enum Harm: CaseIterable {
    case none, flip, flippedSignature, flippedPlan, deletion, exchange, doubling, cut, stray, outsider, foreignSignature
    case oldCheckpoint, foreignCheckpoint, brokenArmour
    case sealedCut, timeBackwards, sha256, dated
    case wrongSequence, wrongPrevious, secondGenesis, nested, unanswered, reused, foreignTarget, noPlan, otherDigest
    case spaced, unsorted, twice, endless, namespace, wrongKey
    case formerKey, tooFew, wrongVersion, signedTwice, otherLedger, sharedKey, unsignedStatement, unusableList, lostFile
  }

  static let people = ["li.na", "chen.bo", "sun.hao"]
  var generator: SeededGenerator
  var ledger: PaperLedger
  private var number = 0

  init(seed: UInt64, _ harm: Harm) throws {
    generator = SeededGenerator(seed: seed)
    ledger = try PaperLedger(Self.people, threshold: Int.random(in: 1...2, using: &generator))
    try ledger.makeKey(for: "outsider")
    for _ in 0..<Int.random(in: 2...5, using: &generator) { try grow() }
    try suffer(harm)
    if let twist = try twist(harm) {
      try grow(twist)
      if Bool.random(using: &generator) { try grow() }
    }
  }

  private mutating func anybody() -> String { Self.people.randomElement(using: &generator) ?? Self.people[0] }

  private mutating func grow(_ twist: PaperLedger.Twist = PaperLedger.Twist()) throws {
    number += 1
    switch Int.random(in: 0..<5, using: &generator) {
    case 0, 1:
      if ledger.open == nil {
        try ledger.intend(number, by: anybody(), twist)
      } else {
        try ledger.answer(by: anybody(), twist)
      }
    case 2:
      if let open = ledger.open {
        let reason = "gone: \"\\ \u{1}\n{}"
        let abandon = Abandon(attempt: open.intent.attempt, intent: open.sequence, reason: reason)
        try ledger.append(.abandon(abandon), by: anybody(), twist)
      } else {
        try ledger.append(
          .other(kind: "review", members: ["level": 3, "of": [[], ["a", [true]]]]), by: anybody(), twist)
      }
    case 3:
      let enough = Self.people.shuffled(using: &generator).prefix(max(ledger.threshold, 2))
      try ledger.changeKeys(
        to: Self.people, threshold: Int.random(in: 1...3, using: &generator), signedBy: Array(enough), by: anybody(),
        twist)
    default:
      let text = "\"prev\":\"sha256:\(number)\" 名字 {[\\"
      try ledger.append(.annotation(Annotation(text: text, about: 0)), by: anybody(), twist)
    }
  }

  // MARK: Before it is signed

  /// What the next entry is twisted by, whatever its kind; nil when the harm is of another sort.
  private func twist(_ harm: Harm) throws -> PaperLedger.Twist? {
    var twist = PaperLedger.Twist()
    switch harm {
    case .wrongSequence: twist.entry = { $0.sequence += 1 }
    case .wrongPrevious: twist.entry = { $0.previous = Digest(of: "something else") }
    case .timeBackwards: twist.entry = { $0.time = Instant(seconds: 1) }
    case .wrongKey: twist.entry = { $0.key = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }
    case .spaced: twist.bytes = { Array(String(decoding: $0, as: UTF8.self).replacing(",\"", with: ", \"").utf8) }
    case .endless: twist.bytes = { $0.dropLast() }
    case .unsorted: twist.bytes = { Array("{\"zzz\":1,".utf8) + $0.dropFirst() }
    case .twice: twist.bytes = { Array("{\"actor\":\"li.na\",".utf8) + $0.dropFirst() }
    case .namespace: twist.namespace = "writ-approval-v1"
    case .outsider: twist.signer = "outsider"
    case .sha256: twist.shape = { $0.hash = "sha256" }
    default: return nil
    }
    return twist
  }

  private mutating func suffer(_ harm: Harm) throws {
    switch harm {
    case .secondGenesis: try ledger.append(ledger.entries[0].record, by: anybody())
    case .nested, .unanswered, .reused, .foreignTarget, .noPlan, .otherDigest: try sufferInOrder(harm)
    case .formerKey, .tooFew, .wrongVersion, .signedTwice, .otherLedger, .sharedKey, .unsignedStatement, .unusableList,
      .lostFile, .dated:
      try sufferInKeys(harm)
    default: try sufferInFiles(harm)
    }
  }

  private mutating func sufferInOrder(_ harm: Harm) throws {
    if ledger.open == nil { try ledger.intend(100, by: anybody()) }
    let first = ledger.open.map(\.intent.attempt) ?? ""
    var twist = PaperLedger.Twist()
    switch harm {
    case .nested: try ledger.intend(101, by: anybody())
    case .unanswered:
      twist.outcome = { $0.attempt = String(repeating: "0", count: 32) }
      try ledger.answer(by: anybody(), twist)
    case .foreignTarget:
      twist.outcome = { outcome in if let name = TargetName("vault:team") { outcome.standings[name] = .partial } }
      try ledger.answer(by: anybody(), twist)
    case .reused:
      try ledger.answer(by: anybody())
      twist.intent = { $0.attempt = first }
      try ledger.intend(101, by: anybody(), twist)
    default:
      try ledger.answer(by: anybody())
      try ledger.intend(101, by: anybody())
      let path = LedgerLayout.plan(try smallPlan(101).digest)
      ledger.change(path, to: harm == .noPlan ? nil : try smallPlan(102).recorded)
    }
  }

  private mutating func sufferInKeys(_ harm: Harm) throws {
    let people = Self.people
    var twist = PaperLedger.Twist()
    var signers = people
    switch harm {
    case .formerKey:
      try ledger.changeKeys(to: ["li.na", "chen.bo"], threshold: 1, signedBy: people, by: "li.na")
      return try ledger.append(.annotation(Annotation(text: "still here")), by: "sun.hao")
    case .tooFew:
      try ledger.changeKeys(to: people, threshold: 3, signedBy: people, by: "li.na")
      signers = ["li.na", "chen.bo"]
    case .wrongVersion: twist.statement = { $0.version += 1 }
    case .signedTwice:
      try ledger.changeKeys(to: people, threshold: 2, signedBy: people, by: "li.na")
      signers = ["li.na", "li.na"]
    case .otherLedger: twist.statement = { $0.genesis = Digest(of: "another") }
    case .sharedKey:
      twist.statement = { $0.signers += $0.signers.split(separator: "\n")[0].replacing("li.na", with: "x") + "\n" }
    case .unusableList: twist.statement = { $0.signers += "* " + $0.signers.split(separator: " ", maxSplits: 1)[1] }
    case .unsignedStatement:
      twist.signatures = { $0[0].armour = $0[1].armour }
    case .lostFile:
      try ledger.changeKeys(to: people, threshold: 1, signedBy: people, by: "li.na")
      return ledger.change(LedgerLayout.signers, to: ledger.contents[LedgerLayout.signers].map { $0.dropLast() })
    default:
      // A key that is long over by its dates: its place in the ledger counts.
      twist.statement = {
        $0.signers = $0.signers.replacing(
          " ssh-ed25519", with: " valid-after=\"20010101\",valid-before=\"20020101\" ssh-ed25519")
      }
    }
    try ledger.changeKeys(to: people, threshold: 1, signedBy: signers, by: anybody(), twist)
    if harm == .dated { try grow() }
  }

  // MARK: Afterwards

  private mutating func sufferInFiles(_ harm: Harm) throws {
    // What is cut off takes nothing with it that the rest would miss.
    if harm == .sealedCut { try ledger.append(.annotation(Annotation(text: "the end")), by: anybody()) }
    let paths = ledger.contents.keys.sorted()
    func pick(_ wanted: (String) -> Bool) -> String { paths.filter(wanted).randomElement(using: &generator) ?? "" }
    let last = ledger.size - 1
    let some = Int.random(in: 0..<last, using: &generator)
    switch harm {
    case .flip: flip(pick { _ in true })
    case .flippedSignature: flip(pick { $0.hasSuffix(".sig") })
    case .flippedPlan: flip(pick { $0.hasPrefix("plans/") || $0.hasPrefix("check") || $0.hasPrefix("signers/") })
    case .deletion: ledger.change(pick { _ in true }, to: nil)
    case .exchange: exchange(some, some + 1)
    case .doubling:
      for name in [LedgerLayout.entry, LedgerLayout.signature] {
        ledger.change(name(last + 1), to: ledger.contents[name(last)])
      }
    case .cut, .sealedCut:
      for name in [LedgerLayout.entry, LedgerLayout.signature] { ledger.change(name(last), to: nil) }
      if harm == .sealedCut { try sealed(last) }
    case .stray:
      ledger.change(
        ["entries/x", "plans/0.json", "README", ".git", "entries/9.json"].randomElement(using: &generator) ?? "",
        to: [10])
    case .foreignSignature:
      ledger.change(LedgerLayout.signature(some), to: ledger.contents[LedgerLayout.signature(last)])
    case .oldCheckpoint: try sealed(last)
    case .foreignCheckpoint: try ledger.seal(by: "outsider")
    case .brokenArmour:
      let path = pick { $0.hasSuffix(".sig") }
      let text = String(decoding: ledger.contents[path] ?? [], as: UTF8.self)
      let odd = [
        text + "and more\n", text.replacing("\nU1NI", with: "\nU1N I"), " " + text, text.replacing("\n", with: "\r\n"),
      ]
      ledger.change(path, to: Array((odd.randomElement(using: &generator) ?? "").utf8))
    default: break
    }
  }

  private mutating func flip(_ path: String) {
    guard var bytes = ledger.contents[path], !bytes.isEmpty else { return }
    bytes[Int.random(in: bytes.indices, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
    ledger.change(path, to: bytes)
  }

  private mutating func exchange(_ a: Int, _ b: Int) {
    for name in [LedgerLayout.entry, LedgerLayout.signature] {
      let kept = ledger.contents[name(a)]
      ledger.change(name(a), to: ledger.contents[name(b)])
      ledger.change(name(b), to: kept)
    }
  }

  /// A checkpoint of only so many entries, signed by whoever signed the last of them.
  private mutating func sealed(_ size: Int) throws {
    let tree = MerkleTree((0..<size).compactMap { ledger.contents[LedgerLayout.entry($0)] })
    let bytes = LedgerLayout.checkpointFile(LedgerHead(origin: PaperLedger.origin, size: size, root: tree.root))
    ledger.change(LedgerLayout.checkpoint, to: bytes)
    try ledger.sign(LedgerLayout.checkpoint, by: ledger.entries[size - 1].actor.text)
  }
}
