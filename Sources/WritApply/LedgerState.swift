internal import WritDigest
public import WritPlan
public import WritPolicy
public import WritSSHSignature

/// What a verified ledger says (design §5: git is the state).
public struct LedgerState: Sendable {
  /// The last complete apply of one target.
  public struct Applied: Sendable, Hashable {
    public var base: Plan.Base
    /// Id of the policy folder's tree at base.
    public var tree: String
    /// Sequence numbers of the intent and of its outcome.
    public var intent: Int
    public var outcome: Int
  }

  /// An intent that neither an outcome nor an abandon has answered.
  public struct OpenIntent: Sendable, Hashable {
    public var sequence: Int
    public var time: Instant
    /// When whoever works on it last said so: the intent's own time, or that of a later ``Annotation/stillAtWork(on:)``.
    public var lastSign: Instant
    public var actor: PrincipalName
    /// Fingerprint of the key that signed it.
    public var key: String
    public var runner: String?
    public var intent: Intent
  }

  /// Id of the git commit that was read.
  public let commit: String
  public let head: LedgerHead
  public let entries: [LedgerEntry]
  public let genesis: Genesis
  /// By target; a target without a complete apply is missing.
  public let applied: [TargetName: Applied]
  public let openIntent: OpenIntent?
  /// The commit of the newest intent to apply a whole one, before the first that of the genesis entry: its rules and keys
  /// judge what comes next. One that was applied for its revocations alone was not accepted with what it gives.
  public let accepted: String
  /// The commit of the newest intent of any extent: only it or what descends from it may be applied, or what it took away
  /// would come back.
  public let newest: String
  /// Objects that the plans of base's intent and of every later one could make or change, by target; without those that base's
  /// own plan took away or let go.
  public let owned: [TargetName: Set<ObjectID>]
  /// Targets that the ledger knows and has not let go: those that may hold something of writ's.
  public var known: [TargetName] {
    Set(applied.keys).union(owned.filter { !$0.value.isEmpty }.keys).sorted()
  }
  /// The newest entry is an outcome that the upstream does not have yet.
  public let isAhead: Bool
  /// Flags that are no reason to distrust the ledger.
  public let remarks: [LedgerFault]

  let tree: MerkleTree
  let leaves: [Digest]
  let lastDigest: Digest?
  let keyChain: KeyChain

  /// In force for the next entry.
  public var keys: LedgerKeys { keyChain.current }
  /// Whose signatures count for the next entry.
  public var signers: AllowedSigners { keys.signers }

  /// Whose signatures counted when an entry was made.
  public func keys(at sequence: Int) -> LedgerKeys { keyChain.keys(at: sequence) }

  /// What the signers in force have to sign for others to take their place.
  public func keyStatement(signers: String, threshold: Int) -> KeyStatement {
    keyChain.statement(signers: signers, threshold: threshold)
  }

  public var base: [TargetName: Plan.Base] { applied.mapValues(\.base) }

  /// Intent of an attempt, with its sequence number.
  public func intent(of attempt: String) -> (sequence: Int, intent: Intent)? {
    for entry in entries.reversed() {
      if case .intent(let intent) = entry.record, intent.attempt == attempt { return (entry.sequence, intent) }
    }
    return nil
  }

  /// Compares what several targets remember with the entries, and with one another.
  ///
  /// Two witnesses of equal size and other content were shown different ledgers: whatever this one says, somebody showed two.
  public func faults(ofWitnesses witnesses: [(name: String, head: LedgerHead)]) -> [LedgerFault] {
    var faults = witnesses.compactMap { fault(ofWitness: $0.head, named: $0.name) }
    for (index, one) in witnesses.enumerated() {
      faults += witnesses.dropFirst(index + 1).compactMap { LedgerHead.fault(between: one, $0) }
    }
    return faults
  }

  /// Compares what a target or a printed checkpoint remembers with the entries: nil when they agree.
  public func fault(ofWitness witness: LedgerHead, named name: String) -> LedgerFault? {
    if witness.origin != head.origin {
      return LedgerFault(.rewritten, "\(name) remembers another ledger: \(witness.origin)")
    }
    if witness.size > head.size {
      return LedgerFault(
        .rewritten, "\(name) remembers \(witness.size) entries, there are \(head.size): the ledger was cut short")
    }
    if root(of: witness.size) != witness.root {
      return LedgerFault(.rewritten, "\(name) remembers other content of the first \(witness.size) entries")
    }
    return nil
  }

  /// The tree head of the first entries.
  private func root(of size: Int) -> Digest {
    if size == head.size { return head.root }
    var prefix = MerkleTree()
    for leaf in leaves.prefix(size) { prefix.append(digest: leaf) }
    return prefix.root
  }
}

extension LedgerState {
  /// Nil when nothing can be said of who may sign.
  init?(_ audit: LedgerAudit, commit: String, isAhead: Bool) {
    precondition(audit.isWhole, "a ledger is believed once all of it was judged")
    guard case .genesis(let genesis)? = audit.entries.first?.record, let keyChain = audit.keys else { return nil }
    self.commit = commit
    self.isAhead = isAhead
    self.genesis = genesis
    self.keyChain = keyChain
    head = audit.head
    entries = audit.entries
    tree = audit.tree
    leaves = audit.leaves
    lastDigest = audit.lastDigest
    remarks = audit.faults.filter(\.isRemark)
    applied = audit.bases.applied
    let intents = entries.compactMap { if case .intent(let intent) = $0.record { intent } else { nil } }
    accepted = intents.last { $0.extent == .all }?.commit ?? genesis.commit
    newest = intents.last?.commit ?? genesis.commit
    openIntent = Self.openIntent(audit)
    owned = audit.owned
  }

  /// Apart from the initializer, in which the optimizer of Swift 6.3 fails on it.
  private static func openIntent(_ audit: LedgerAudit) -> OpenIntent? {
    // Where an entry before it cannot be read, its place is not its number.
    guard let sequence = audit.openIntent, let place = audit.entries.lastIndex(where: { $0.sequence == sequence }),
      case .intent(let intent) = audit.entries[place].record
    else { return nil }
    let entry = audit.entries[place]
    let sign = Annotation.stillAtWork(on: sequence)
    let last = audit.entries[place...].last { later in
      guard case .annotation(sign) = later.record else { return false }
      // Nobody keeps somebody else's attempt alive.
      return later.actor == entry.actor && later.key == entry.key
    }
    return OpenIntent(
      sequence: sequence, time: entry.time, lastSign: last?.time ?? entry.time, actor: entry.actor,
      key: entry.key, runner: entry.runner, intent: intent)
  }
}

extension LedgerHead {
  /// What two witnesses alone prove; nil when they may have seen one ledger.
  public static func fault(
    between one: (name: String, head: LedgerHead), _ other: (name: String, head: LedgerHead)
  ) -> LedgerFault? {
    if one.head.origin != other.head.origin {
      return LedgerFault(
        .splitView, "\(one.name) and \(other.name) remember two ledgers: \(one.head.origin) and \(other.head.origin)")
    }
    if one.head.size == other.head.size, one.head.root != other.head.root {
      return LedgerFault(
        .splitView, "\(one.name) and \(other.name) remember other content of the first \(one.head.size) entries")
    }
    return nil
  }
}
