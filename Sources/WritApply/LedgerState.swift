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
    var prefix = MerkleTree()
    for leaf in leaves.prefix(witness.size) { prefix.append(digest: leaf) }
    if prefix.root != witness.root {
      return LedgerFault(.rewritten, "\(name) remembers other content of the first \(witness.size) entries")
    }
    return nil
  }
}

extension LedgerState {
  /// What follows from the entries alone; `plans` are the recorded plans that could be had.
  init?(_ audit: LedgerAudit, commit: String, isAhead: Bool) {
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
    let bases = Bases(entries)
    applied = bases.applied
    let intents = entries.compactMap { if case .intent(let intent) = $0.record { intent } else { nil } }
    accepted = intents.last { $0.extent == .all }?.commit ?? genesis.commit
    newest = intents.last?.commit ?? genesis.commit
    openIntent = Self.openIntent(audit)
    var owned: [TargetName: Set<ObjectID>] = [:]
    for entry in entries {
      guard case .intent(let intent) = entry.record, bases.concerns(intent, entry.sequence),
        let bytes = audit.files[LedgerLayout.plan(intent.plan)],
        let plan = try? Plan(recorded: bytes, at: intent.at)
      else { continue }
      for target in plan.targets where entry.sequence >= bases.first(of: target.target) {
        // What was blocked was not made, and may be somebody else's: a plan that only names it takes no hold of it.
        let made = target.changes.filter { $0.readiness == .ready }
        owned[target.target, default: []].formUnion(
          Set(made.map(\.object)).subtracting(bases.objectsLetGo(by: target, entry.sequence)))
      }
    }
    self.owned = owned
  }

  /// What the entries say of each target's last complete apply.
  private struct Bases {
    var applied: [TargetName: Applied] = [:]
    /// Of targets that were let go: sequence number of the entry that did it.
    var released: [TargetName: Int] = [:]
    /// Of the outcomes behind ``applied``: ids of the changes that hold.
    private var held: [TargetName: Set<String>] = [:]

    init(_ entries: [LedgerEntry]) {
      var intents: [String: (sequence: Int, intent: Intent)] = [:]
      for entry in entries {
        switch entry.record {
        case .intent(let intent): intents[intent.attempt] = (entry.sequence, intent)
        case .outcome(let outcome):
          guard let (sequence, intent) = intents[outcome.attempt], intent.extent == .all else { continue }
          for (target, standing) in outcome.standings where standing == .complete {
            if intent.leaving.contains(target) {
              release(target, by: entry.sequence)
              continue
            }
            applied[target] = Applied(
              base: Plan.Base(commit: intent.commit, at: intent.at), tree: intent.tree, intent: sequence,
              outcome: entry.sequence)
            held[target] = Set(
              outcome.results.filter { $0.target == target && $0.result.isOK }.map(\.result.change))
          }
        case .release(let release): self.release(release.target, by: entry.sequence)
        default: break
        }
      }
    }

    private mutating func release(_ target: TargetName, by sequence: Int) {
      applied[target] = nil
      released[target] = sequence
    }

    /// What base's own plan took away from the target, so that nothing of writ's is left: whoever puts such a thing there again
    /// meant it, and the undo of a tree that left the policy stays. Of any other plan everything is in doubt.
    ///
    /// Sessions may still hold a membership that is gone, and a folder of secrets keeps its secrets: both stay owned.
    func objectsLetGo(by plan: TargetPlan, _ sequence: Int) -> Set<ObjectID> {
      guard applied[plan.target]?.intent == sequence, let held = held[plan.target] else { return [] }
      let steps = Dictionary(grouping: plan.changes, by: \.object)
      return Set(
        steps.filter { object, changes in
          object.kind != .membership && object.kind != .folder
            && changes.allSatisfy { $0.action == .remove && held.contains($0.id) }
        }.keys)
    }

    /// The first entry whose plan may have made something that is still there, or changed it since base.
    func first(of target: TargetName) -> Int { applied[target]?.intent ?? released[target] ?? 0 }

    /// Whether what an intent's plan made may still be there.
    func concerns(_ intent: Intent, _ sequence: Int) -> Bool {
      intent.live.keys.contains { sequence >= first(of: $0) }
    }
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

  /// Digests of the plans needed to know what is owned: those of base's intents and all later ones.
  static func neededPlans(_ entries: [LedgerEntry]) -> Set<Digest> {
    let bases = Bases(entries)
    var needed: Set<Digest> = []
    for entry in entries {
      guard case .intent(let intent) = entry.record else { continue }
      if bases.concerns(intent, entry.sequence) { needed.insert(intent.plan) }
    }
    return needed
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
