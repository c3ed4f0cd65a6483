public import WritDigest
public import WritPlan
public import WritPolicy

/// One entry of the ledger: who did what, when, and the digest of what was recorded before.
public struct LedgerEntry: Sendable, Hashable {
  public var sequence: Int
  /// SHA-256 of the exact bytes of the entry before; nil for the genesis entry.
  public var previous: Digest?
  /// A claim of whoever signed; only the order of the entries is proved.
  public var time: Instant
  public var actor: PrincipalName
  /// `SHA256:…`, as ssh-keygen prints it, of the key that signed.
  public var key: String
  /// Where it ran, in words of the runner's own: the id of a CI job. Nothing is concluded from it.
  public var runner: String?
  public var record: LedgerRecord

  public init(
    sequence: Int, previous: Digest?, time: Instant, actor: PrincipalName, key: String, runner: String? = nil,
    record: LedgerRecord
  ) {
    self.sequence = sequence
    self.previous = previous
    self.time = time
    self.actor = actor
    self.key = key
    self.runner = runner
    self.record = record
  }
}

/// What an entry says, by kind (design §9).
public enum LedgerRecord: Sendable, Hashable {
  case genesis(Genesis)
  case intent(Intent)
  case outcome(Outcome)
  case drift(DriftFound)
  case abandon(Abandon)
  case secret(SecretUse)
  case annotation(Annotation)
  case override(GuardOverride)
  case keyChange(KeyChange)
  case release(Release)
  case breakglass(Breakglass)
  case approvalUsed(ApprovalUse)
  /// A kind that this version chains and counts, but does not understand.
  case other(kind: String, members: [String: JSONValue])

  public var kind: String {
    switch self {
    case .genesis: "genesis"
    case .intent: "intent"
    case .outcome: "outcome"
    case .drift: "drift"
    case .abandon: "abandon"
    case .secret: "secret"
    case .annotation: "annotation"
    case .override: "override"
    case .keyChange: "key-change"
    case .release: "release"
    case .breakglass: "breakglass"
    case .approvalUsed: "approval-used"
    case .other(let kind, _): kind
    }
  }
}

/// The first entry: which ledger this is, whose signatures count, and the first policy commit.
public struct Genesis: Sendable, Hashable {
  /// A URL without its scheme, such as `git.example.com/lab/access`; names the ledger in checkpoints.
  public var origin: String
  /// The `allowed_signers` file, whole.
  public var signers: String
  /// Signers who have to sign a change of the signers.
  public var threshold: Int
  public var commit: String
  /// Id of the policy folder's tree in that commit.
  public var tree: String

  public init(origin: String, signers: String, threshold: Int = 1, commit: String, tree: String) {
    self.origin = origin
    self.signers = signers
    self.threshold = threshold
    self.commit = commit
    self.tree = tree
  }
}

/// What is about to be applied; pushed before the first change.
public struct Intent: Sendable, Hashable {
  public enum Extent: String, Sendable, Hashable {
    case all
    /// `apply --only revocations`; never advances base.
    case revocations
  }

  /// Names the attempt in the journal and in the outcome: 32 hexadecimal digits.
  public var attempt: String
  public var commit: String
  public var tree: String
  /// The instant the policy was evaluated at.
  public var at: Instant
  public var extent: Extent
  /// Digest and name of the recorded plan.
  public var plan: Digest
  public var base: [TargetName: Plan.Base]
  /// What each target showed when the plan was made.
  public var live: [TargetName: Digest]
  public var overrides: [GuardOverride]
  /// Targets that the commit no longer names: emptied completely they are let go.
  public var leaving: [TargetName]
  /// What of the commit an approval rule is about, and what let that in.
  public var approval: IntentApproval

  public init(
    attempt: String, commit: String, tree: String, at: Instant, extent: Extent = .all, plan: Digest,
    base: [TargetName: Plan.Base], live: [TargetName: Digest], overrides: [GuardOverride] = [],
    leaving: [TargetName] = [], approval: IntentApproval = IntentApproval()
  ) {
    self.attempt = attempt
    self.commit = commit
    self.tree = tree
    self.at = at
    self.extent = extent
    self.plan = plan
    self.base = base
    self.live = live
    self.overrides = overrides
    self.leaving = leaving
    self.approval = approval
  }
}

/// What became of an intent.
public struct Outcome: Sendable, Hashable {
  public enum Standing: String, Sendable, Hashable {
    /// Every planned change holds: base of the target is now the intent's commit and instant.
    case complete
    case partial
    case unreachable
  }

  public struct Result: Sendable, Hashable {
    public var target: TargetName
    public var object: String
    public var action: String
    public var result: ChangeResult

    public init(target: TargetName, object: String, action: String, result: ChangeResult) {
      self.target = target
      self.object = object
      self.action = action
      self.result = result
    }
  }

  public var attempt: String
  /// Sequence number of the intent.
  public var intent: Int
  public var standings: [TargetName: Standing]
  public var results: [Result]
  /// Found by reading the targets after an interruption.
  public var recovered: Bool

  public init(
    attempt: String, intent: Int, standings: [TargetName: Standing], results: [Result], recovered: Bool = false
  ) {
    self.attempt = attempt
    self.intent = intent
    self.standings = standings
    self.results = results
    self.recovered = recovered
  }
}

/// Somebody else's intent that nobody will finish is closed by hand.
public struct Abandon: Sendable, Hashable {
  public var attempt: String
  public var intent: Int
  public var reason: String

  public init(attempt: String, intent: Int, reason: String) {
    self.attempt = attempt
    self.intent = intent
    self.reason = reason
  }
}

/// A target that left the policy and could not be emptied is let go by hand: what is there is no longer writ's.
public struct Release: Sendable, Hashable {
  public var target: TargetName
  public var reason: String

  public init(target: TargetName, reason: String) {
    self.target = target
    self.reason = reason
  }
}

/// A remark, perhaps on an earlier entry.
public struct Annotation: Sendable, Hashable {
  public var text: String
  public var about: Int?

  public init(text: String, about: Int? = nil) {
    self.text = text
    self.about = about
  }

  /// The sign of life of a long apply.
  public static func stillAtWork(on intent: Int) -> Self { Self(text: "still at work", about: intent) }
}

/// A guard was overridden by a trailer of a commit, for that commit alone.
public struct GuardOverride: Sendable, Hashable {
  public var guardName: String
  public var commit: String
  public var reason: String

  public init(guardName: String, commit: String, reason: String) {
    self.guardName = guardName
    self.commit = commit
    self.reason = reason
  }
}
