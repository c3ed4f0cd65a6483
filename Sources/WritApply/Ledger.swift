internal import Glibc
internal import WritDigest
public import WritPolicy
internal import WritSSHSignature
internal import WritSystem

/// The append-only, signed chain of everything ever applied (design §9).
///
/// It is the branch `writ/ledger` of the upstream, reached through a clone of writ's own. Pushing without force is the
/// lock between machines, a lock file the one between processes of one clone. Every reading verifies the chain, the
/// checkpoint, and the signatures of what is newer than the last head that this clone verified.
public final class Ledger {
  /// Where the ledger lives.
  public enum Upstream: Sendable, Hashable {
    /// The user's own repository, given by its git directory: there is no remote.
    case repository(String)
    /// A URL or absolute path as git understands it.
    case remote(String)

    public var url: String {
      switch self {
      case .repository(let path), .remote(let path): path
      }
    }
  }

  public enum Access: Sendable, Hashable {
    case reading
    /// Holds the clone's lock until the ledger is closed.
    case writing
  }

  public let upstream: Upstream
  public let access: Access
  let clone: LedgerClone
  let clock: () -> Instant
  /// The version that was read last, still that of the clone's refs.
  var current: LedgerState?
  /// Why the upstream could not be read, when it could not: what is read then may be old.
  public private(set) var staleness: String?

  /// Seconds that one process waits for another one of the same clone.
  public static let lockWait = 5

  /// Opens the ledger of a repository and fetches what is new.
  ///
  /// Reading goes on with what is there when the upstream cannot be reached or another process is just
  /// writing; see ``staleness``. Writing does not.
  ///
  /// - Parameters:
  ///   - commonGitDirectory: the absolute path that `git rev-parse --git-common-dir` names.
  ///   - environment: the caller's; of it only what a transfer needs is used.
  /// - Throws: ``LedgerError``. That there is no ledger yet is no error.
  public init(
    commonGitDirectory: String, upstream: Upstream, access: Access, environment: [String: String],
    clock: @escaping () -> Instant
  ) throws(LedgerError) {
    guard !upstream.url.hasPrefix("-"), !upstream.url.isEmpty else {
      throw .unreachable(upstream: upstream.url, reason: "no URL or path")
    }
    self.upstream = upstream
    self.access = access
    self.clock = clock
    clone = LedgerClone(commonGitDirectory: commonGitDirectory, environment: environment)
    let isMine: Bool
    do { isMine = try clone.takeLock(waiting: access == .writing ? Self.lockWait : 0) } catch {
      guard access == .reading, case .system(let failure) = error, [EROFS, EACCES, EPERM].contains(failure.code) else {
        throw error
      }
      clone.readInPlace(upstream, commonGitDirectory: commonGitDirectory)
      if case .remote = upstream {
        staleness = "\(failure.path) cannot be written (\(failure.reason)), so this is what was fetched last"
      }
      return
    }
    switch (access, isMine) {
    case (.writing, false): throw .busy(lock: clone.lockPath)
    case (.reading, false): staleness = "another writ is writing"
    case (.writing, true):
      try clone.prepare()
      clone.clearBranchLock(of: upstream)
      try fetch()
      try settlePending()
    case (.reading, true):
      try clone.prepare()
      defer { clone.unlock() }
      do { try fetch() } catch .unreachable(_, let reason) { staleness = reason }
    }
  }

  /// Lets other processes of this clone write.
  public func close() { clone.unlock() }

  /// Brings the upstream's branch into the clone.
  func fetch() throws(LedgerError) {
    try clone.fetch(upstream)
    current = nil
  }

  /// The newest version that this clone has: the upstream's, or the outcome that waits to be pushed on top of it.
  func newest() throws(LedgerError) -> (commit: String, isAhead: Bool)? {
    let found = try clone.git.commits([clone.newest, LedgerClone.pending])
    let seen = found[clone.newest]
    if let seen, let pending = found[LedgerClone.pending], pending != seen,
      try clone.git.isAncestor(seen, of: pending)
    {
      return (pending, true)
    }
    return seen.map { ($0, false) }
  }

  /// Reads and verifies; nil when there is no ledger.
  ///
  /// - Throws: ``LedgerError/faulty(_:)`` when anything does not verify, also when the head is no descendant of the last one
  ///   that this clone verified.
  public func read() throws(LedgerError) -> LedgerState? {
    if let current { return current }
    let remembered = try RememberedHead(reading: clone.rememberedPath)
    guard let newest = try newest() else {
      if let remembered {
        throw .faulty([
          LedgerFault(.rewritten, "this clone remembers \(remembered.head.size) entries, the upstream has no ledger")
        ])
      }
      // What could not be looked at must not pass for a ledger that is not there.
      if let staleness { throw .unreachable(upstream: upstream.url, reason: staleness) }
      return nil
    }
    var files = try clone.git.files(of: newest.commit)
    let count = files.entryCount
    let unverified = Set((0..<count).dropFirst(remembered?.head.size ?? 0).map(LedgerLayout.signature))
    try clone.git.load(&files) { path in
      if !path.hasPrefix("entries/") { return !path.hasPrefix("plans/") }
      return path.hasSuffix(".json") || unverified.contains(path)
    }
    return try state(of: files, newest.commit, isAhead: newest.isAhead, remembered)
  }

  private func state(
    of listed: LedgerFiles, _ commit: String, isAhead: Bool, _ remembered: RememberedHead?
  ) throws(LedgerError) -> LedgerState {
    var files = listed
    let reading = LedgerReading(files)
    let plans = reading.neededPlans
    try clone.git.load(&files) { plans.contains($0) }
    var audit = LedgerAudit(reading, signaturesFrom: remembered?.head.size ?? 0)
    audit.judgeSignatures(of: audit.signed[...], in: files)
    audit.judgePlans(of: audit.intents[...], in: files)
    var faults = audit.faults.filter { !$0.isRemark }
    guard let state = LedgerState(audit, commit: commit, isAhead: isAhead) else {
      if faults.isEmpty { faults = [LedgerFault(.malformed, "it has no genesis entry")] }
      throw .faulty(faults)
    }
    if let remembered {
      if let fault = state.fault(ofWitness: remembered.head, named: "this clone") { faults.append(fault) }
      if faults.isEmpty, try !clone.git.isAncestor(remembered.commit, of: commit) {
        faults.append(LedgerFault(.rewritten, "its commits do not follow those that this clone has verified"))
      }
    }
    guard faults.isEmpty else { throw .faulty(faults) }
    // What waits in the outbox may still be signed anew on top of what others append first.
    if !isAhead { try remember(state) }
    current = state
    return state
  }

  func remember(_ state: LedgerState) throws(LedgerError) {
    if clone.isReadOnly { return }
    let head = RememberedHead(state)
    if try RememberedHead(reading: clone.rememberedPath) != head { try head.write(to: clone.rememberedPath) }
  }
}
