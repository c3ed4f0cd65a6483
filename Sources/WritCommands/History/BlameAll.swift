internal import Glibc
internal import Synchronization
internal import WritApply
internal import WritDigest
internal import WritGit
internal import WritHistory
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem

/// `writ blame --all`: every edge that holds, a JSON object a line, in one walk; and from the cache when that was done before.
///
/// The cache holds the finished answer. It is asked only about the past, and used only when everything that the answer follows from
/// is the same: the program, the commit, the policy folder, the mailmap, the review notes, the ledger, and the rules of each time zone.
struct BlameAll {
  let workspace: Workspace
  let head: String
  let usesCache: Bool

  private var cache: CacheFolder { CacheFolder(workspace.repository.commonDirectory + "/writ/cache") }

  func run(at instant: Instant) throws {
    let ledger = try workspace.ledgerIfAny()
    let key = try key(ledger)
    let name = "blame-" + key.hex.prefix(40)
    if usesCache, let bytes = cache.read(name), let answer = BlameAnswer(bytes, key: key), isCurrent(answer.zones) {
      let instant = max(instant, answer.latest)
      if answer.valid.contains(instant), answer.write(at: instant, to: { Terminal.write($0) }) {
        for note in answer.notes { Terminal.message(note) }
        return
      }
    }
    let (answer, isLasting) = try answer(at: instant, key, ledger)
    _ = answer.write(at: max(instant, answer.latest)) { Terminal.write($0) }
    if usesCache, isLasting { cache.write(name, answer.encoded) }
  }

  /// The answer, and whether it is the same next time: not when older commits may yet be fetched, nor with a commit dated in the
  /// future, which counts as made now.
  private func answer(
    at instant: Instant, _ key: Digest, _ ledger: LedgerState?
  ) throws -> (answer: BlameAnswer, isLasting: Bool) {
    let begin = SystemClock.now().seconds
    let zones = RecordedZones()
    let past = try PastQuestion(workspace, upTo: head, zones: zones)
    let index = past.index
    let record = AppliedRecord(ledger: ledger, line: index.line)
    let provenance = try past.provenance(ledger)
    var lines = LinesBeside(at: instant, skipped: index.skipped)
    try index.eachBlame(at: instant) { blame in
      try lines.add(
        blame, applied: record.entries(for: blame, past.snapshot.access),
        variant: { provenance.variant(of: $0, about: blame.key) },
        provenance: { try provenance.provenance(of: $0, about: blame.key) })
    }
    UntilExit.keep(past)
    let answer = BlameAnswer(
      key: key, latest: index.latest, valid: index.validity(at: instant),
      notes: workspace.warnings(of: index.skipped, isCut: index.line.isCut), zones: zones.known, lines: lines.finished()
    )
    return (answer, !index.line.isCut && index.line.commits.allSatisfy { $0.time < begin })
  }

  private func isCurrent(_ zones: [String]) -> Bool {
    let now = RecordedZones()
    for zone in zones { _ = now.rules(named: String(zone.prefix { $0 != " " })) }
    return now.known == zones
  }

  /// Digest of everything that the answer follows from, but for the instant and the zones.
  private func key(_ ledger: LedgerState?) throws -> Digest {
    let repository = workspace.repository
    let mailmap = (try? repository.resolve("HEAD")).flatMap { try? repository.blob(at: $0, path: ".mailmap") }
    let members: [String: JSONValue] = [
      "program": .string(Self.program), "head": .string(head), "policies": .string(workspace.options.policies),
      "mailmap": .string(mailmap?.hex ?? ""),
      "notes": .string((try? repository.resolve(ProvenanceReader.reviewNotes))?.hex ?? ""),
      "ledger": .string(ledger?.commit ?? ""),
    ]
    return Digest(of: JSONValue.object(members).canonical)
  }

  /// Which build this is: another one may tell something else.
  private static var program: String {
    var status = stat()
    guard stat("/proc/self/exe", &status) == 0 else { return "\(WritCommand.version) \(getpid())" }
    return
      "\(WritCommand.version) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
  }
}

/// Lines that two threads write down, one of which finds them.
private struct LinesBeside {
  /// Lines handed over at once.
  private static let batch = 64

  private var lines: BlameLines
  private var waiting: [BlameLine] = []
  private let thread = ThreadBeside(keepsUntilExit: true)
  private let written = Written()

  private final class Written: Sendable {
    /// By number of the batch; empty until it is written.
    let batches = Mutex<[[UInt8]]>([])
  }

  /// Batches not known to be written, by number. Memory that another thread gives back costs both of them a lock.
  private var open: [Int: [BlameLine]] = [:]

  init(at instant: Instant, skipped: [SkippedCommit]) { lines = BlameLines(at: instant, skipped: skipped) }

  mutating func add(
    _ blame: Blame, applied: [AppliedEntry], variant: (CommitRef) -> String,
    provenance: (CommitRef) throws -> CommitProvenance?
  ) throws {
    waiting.append(try lines.line(blame, applied: applied, variant: variant, provenance: provenance))
    if waiting.count == Self.batch { handOver() }
  }

  private mutating func handOver() {
    let batch = waiting
    waiting = []
    let number = written.batches.withLock { batches in
      open = open.filter { batches[$0.key].isEmpty }
      batches.append([])
      return batches.count - 1
    }
    open[number] = batch
    thread.share { [written] in
      let bytes = batch.encoded
      written.batches.withLock { $0[number] = bytes }
    }
  }

  mutating func finished() -> BlameLines {
    let last = waiting.encoded
    thread.finish()
    lines.append(written.batches.withLock { $0 } + [last])
    return lines
  }
}

/// The time zones of this machine, with a note of what was read. Used on one thread.
final class RecordedZones: ZoneCatalogue, @unchecked Sendable {
  private let zones = SystemZones()
  private var read: [String: String] = [:]

  func rules(named name: String) -> (any ZoneRules)? {
    if read[name] == nil { read[name] = zones.contents(named: name).map { Digest(of: $0).hex } ?? "none" }
    return zones.rules(named: name)
  }

  var known: [String] { read.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" } }
}
