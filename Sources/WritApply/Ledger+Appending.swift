internal import Glibc
internal import WritDigest
public import WritPlan
internal import WritPolicy
internal import WritSSHSignature
internal import WritSystem

extension Ledger {
  /// What to do when somebody else appended first, or the upstream does not answer.
  public enum Persistence: Sendable {
    /// Only on top of this version: what is recorded was decided by what it says.
    case exactly(LedgerState)
    /// On top of whatever is newest.
    case retrying
    /// As ``retrying``; when the upstream cannot be reached it waits in the clone, and goes out first the next time.
    case waiting
  }

  public enum Appended: Sendable, Hashable {
    case pushed(LedgerEntry)
    /// Signed and kept; the upstream does not have it yet.
    case kept(LedgerEntry, reason: String)
  }

  /// Entries after which the clone's loose objects are packed.
  static let packingInterval = 200

  /// How often an entry is put on top of what others appended first.
  static let retryLimit = 12

  /// Signs a record as the next entry and pushes it.
  ///
  /// - Parameter plan: what an intent carries out; its recorded form is kept beside the entries.
  /// - Throws: ``LedgerError/moved`` when the ledger is not `exactly` that version any more; ``LedgerError/notASigner(actor:key:)``.
  @discardableResult
  public func append(
    _ record: LedgerRecord, plan: Plan? = nil, signer: LedgerSigner, runner: String? = nil, _ persistence: Persistence
  ) throws(LedgerError) -> Appended {
    precondition(access == .writing, "a ledger opened for reading is not written")
    let plan = plan.map(RecordedPlan.init)
    for attempt in 0..<Self.retryLimit {
      guard let state = try read() else { throw .none }
      if case .exactly(let wanted) = persistence, wanted.commit != state.commit { throw .moved }
      if let fault = Self.fault(of: record, plan, after: state) { throw .faulty([fault]) }
      let entry = try nextEntry(record, after: state, signer, runner)
      let faults = ApprovalAudit.faults(of: entry, after: state.entries)
      guard faults.isEmpty else { throw .faulty(faults) }
      let commit = try commit(entry, plan: plan, signer: signer, after: state)
      switch try push(commit, onto: state.commit) {
      case .taken:
        if entry.sequence % Self.packingInterval == 0 { clone.pack() }
        return .pushed(entry)
      case .moved:
        if case .exactly = persistence { throw .moved }
        LedgerClone.pause(after: attempt)
      case .unreachable(let reason):
        guard case .waiting = persistence else {
          try clone.git.setRef(LedgerClone.pending, nil)
          throw .unreachable(upstream: upstream.url, reason: reason)
        }
        current = nil
        return .kept(entry, reason: reason)
      }
    }
    throw .moved
  }

  /// What would make the ledger faulty is refused before it is signed.
  private static func fault(of record: LedgerRecord, _ plan: RecordedPlan?, after state: LedgerState) -> LedgerFault? {
    let open = state.openIntent
    switch record {
    case .intent(let intent):
      guard let plan, plan.digest == intent.plan, plan.commit == intent.commit, plan.targets == Set(intent.live.keys),
        Intent.isAttempt(intent.attempt)
      else { return LedgerFault(.badPlan, "the plan is not that of the intent") }
    case .outcome(let outcome):
      guard let open, open.intent.attempt == outcome.attempt, open.sequence == outcome.intent,
        outcome.standings.keys.allSatisfy({ open.intent.live[$0] != nil })
      else { return LedgerFault(.outOfOrder, "the outcome does not answer the open intent") }
    case .abandon(let abandon):
      guard let open, open.intent.attempt == abandon.attempt, open.sequence == abandon.intent else {
        return LedgerFault(.outOfOrder, "the attempt is not open")
      }
    case .keyChange(let change):
      do { _ = try state.keyChain.successor(by: change) } catch { return LedgerFault(.badKeyChange, "\(error)") }
      return change.seals(in: state.head.size).lazy.compactMap { $0.fault(against: state.signers) }.first
    case .genesis: return LedgerFault(.outOfOrder, "a ledger begins once")
    default: break
    }
    return nil
  }

  private func nextEntry(
    _ record: LedgerRecord, after state: LedgerState, _ signer: LedgerSigner, _ runner: String?
  ) throws(LedgerError) -> LedgerEntry {
    if case .intent = record, let open = state.openIntent { throw .openIntent(sequence: open.sequence) }
    let listed = state.signers.entries(of: signer.actor.text).first { $0.key == signer.key.publicKey }
    guard let listed, listed.namespaces?.contains(LedgerLayout.namespace) != false else {
      throw .notASigner(actor: signer.actor.text, key: signer.key.publicKey.fingerprint)
    }
    // A clock that is behind must not make the ledger look as if it ran backwards.
    let time = max(clock(), state.entries.last?.time ?? clock())
    return LedgerEntry(
      sequence: state.head.size, previous: state.lastDigest, time: time, actor: signer.actor,
      key: signer.key.publicKey.fingerprint, runner: runner, record: record)
  }

  /// Makes the commit that adds an entry, and lets ``LedgerClone/pending`` name it.
  func commit(
    _ entry: LedgerEntry, plan: RecordedPlan?, signer: LedgerSigner, after state: LedgerState?
  ) throws(LedgerError) -> String {
    let bytes = entry.bytes
    var tree = state?.tree ?? MerkleTree()
    tree.append(bytes)
    var origin = state?.head.origin ?? ""
    var files: [String: [UInt8]] = [:]
    if case .genesis(let genesis) = entry.record {
      origin = genesis.origin
      files[LedgerLayout.about] = LedgerLayout.aboutFile(origin: origin, genesis: Digest(of: bytes))
      files[LedgerLayout.signers] = Array(genesis.signers.utf8)
    }
    if case .keyChange(let change) = entry.record {
      files[LedgerLayout.signers] = Array(change.statement.signers.utf8)
    }
    let checkpoint = LedgerLayout.checkpointFile(LedgerHead(origin: origin, size: tree.size, root: tree.root))
    if let plan { files[LedgerLayout.plan(plan.digest)] = plan.bytes }
    files[LedgerLayout.entry(entry.sequence)] = bytes
    files[LedgerLayout.checkpoint] = checkpoint
    do {
      files[LedgerLayout.signature(entry.sequence)] = try signer.key.sign(bytes, namespace: LedgerLayout.namespace)
      files[LedgerLayout.checkpointSignature] = try signer.key.sign(checkpoint, namespace: LedgerLayout.namespace)
    } catch { throw .signature(error) }
    return try write(files, for: entry, onto: state?.commit)
  }

  private func write(
    _ files: [String: [UInt8]], for entry: LedgerEntry, onto parent: String?
  ) throws(LedgerError) -> String {
    try clone.commit(
      files, message: "\(entry.record.kind) \(entry.sequence)\n", by: entry.actor.text, at: entry.time.seconds,
      onto: parent)
  }

  /// How often a commit is offered again to an upstream that answers and does not take it.
  static let offerLimit = 3

  enum Pushed {
    case taken, moved
    case unreachable(String)
  }

  /// Offers a commit to the upstream without force; what came of it is seen by looking, not by what git says.
  func push(_ commit: String, onto parent: String?, attempt: Int = 0) throws(LedgerError) -> Pushed {
    let result = try clone.offer(commit, to: upstream)
    if result.succeeded {
      current = nil
      try clone.git.settle(commit, as: LedgerClone.upstream)
      if let state = try read() { try remember(state) }
      return .taken
    }
    // The entry may have arrived although the answer did not.
    do { try fetch() } catch .unreachable(_, let reason) { return .unreachable(reason) }
    current = nil
    let seen = try clone.git.commit(LedgerClone.upstream)
    if let seen, try clone.git.isAncestor(commit, of: seen) {
      try clone.git.setRef(LedgerClone.pending, nil)
      if let state = try read() { try remember(state) }
      return .taken
    }
    if seen == parent {
      // Another push may have held the branch's lock for a moment without moving it.
      if attempt < Self.offerLimit {
        LedgerClone.pause(after: attempt)
        return try push(commit, onto: parent, attempt: attempt + 1)
      }
      return .unreachable(upstream.lock(on: clone.name, at: clock()) ?? LedgerGit.complaint(result))
    }
    // On top of another entry it has to be signed anew.
    try clone.git.setRef(LedgerClone.pending, nil)
    return .moved
  }

  /// Clears what an interrupted run left on its way: only what tells of changed targets is worth keeping.
  func settlePending() throws(LedgerError) {
    guard let pending = try clone.git.commit(LedgerClone.pending) else { return }
    if let seen = try clone.git.commit(LedgerClone.upstream) {
      if try clone.git.isAncestor(pending, of: seen) { return try clone.git.setRef(LedgerClone.pending, nil) }
      if try pendingRecord(pending).map(\.isWorthKeeping) == true { return }
    }
    // An entry of another kind that never arrived has had no effect: an intent comes before the first change.
    try clone.git.setRef(LedgerClone.pending, nil)
  }

  private func pendingRecord(_ commit: String) throws(LedgerError) -> LedgerRecord? {
    var files = try clone.git.files(of: commit)
    let path = LedgerLayout.entry(max(files.entryCount - 1, 0))
    try clone.git.load(&files) { $0 == path }
    return files[path].flatMap { try? LedgerEntry(bytes: $0) }?.record
  }

  /// Whether an outcome of an earlier run still waits to be pushed.
  public var isOutcomeWaiting: Bool {
    get throws(LedgerError) { try clone.git.commit(LedgerClone.pending) != nil }
  }

  /// Pushes the outcome that an earlier run could not; if others appended in the meantime, it is signed anew.
  public func pushWaiting(signer: LedgerSigner) throws(LedgerError) {
    guard let pending = try clone.git.commit(LedgerClone.pending) else { return }
    let record = try pendingRecord(pending)
    switch try push(pending, onto: clone.git.commit(pending + "^")) {
    case .taken: return
    case .unreachable(let reason): throw .unreachable(upstream: upstream.url, reason: reason)
    case .moved:
      if case .secret? = record, let record { try append(record, signer: signer, .waiting) }
      guard case .outcome(let outcome)? = record else { return }
      // Somebody may have abandoned the attempt; then there is nothing left to answer, and the targets are read anyway.
      guard try read()?.openIntent?.intent.attempt == outcome.attempt else { return }
      try append(.outcome(outcome), signer: signer, .waiting)
    }
  }
}

/// A plan in its recorded form. Of a large one the encoding takes a while, so it is made once.
struct RecordedPlan {
  let commit: String
  let targets: Set<TargetName>
  let bytes: [UInt8]
  let digest: Digest

  init(_ plan: Plan) {
    commit = plan.commit
    targets = Set(plan.targets.map(\.target))
    bytes = plan.recorded
    digest = Digest(of: bytes)
  }
}

extension LedgerRecord {
  /// Whether something was changed already that no entry of the upstream tells.
  var isWorthKeeping: Bool {
    switch self {
    case .outcome: true
    case .secret(let use): use.stage != .begun
    default: false
    }
  }
}

extension Ledger.Upstream {
  /// A lock file of git's that stands in the way of a branch of a repository on this machine; it is the repository's
  /// owner's, so it is only named.
  func lock(on branch: String, at now: Instant) -> String? {
    var path = url
    if path.hasPrefix("file://") { path.removeFirst("file://".count) }
    guard path.hasPrefix("/") else { return nil }
    for file in ["refs/heads/writ/\(branch).lock", "packed-refs.lock"] {
      for candidate in ["\(path)/\(file)", "\(path)/.git/\(file)"] {
        var status = stat()
        guard lstat(candidate, &status) == 0 else { continue }
        let age = max(0, now.seconds - Int64(status.st_mtim.tv_sec))
        return "git's lock file \(candidate) has been there for \(age) seconds; if no git is at work there, one was "
          + "killed: rm '\(candidate)'"
      }
    }
    return nil
  }
}
