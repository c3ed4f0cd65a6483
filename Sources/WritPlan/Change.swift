public import WritDigest
public import WritHistory
public import WritPolicy

/// Why something is planned: the written lines it follows from, the end that passed, or the drift found.
public struct Cause: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable {
    /// Policy gives it.
    case granted
    /// Policy gave it at base and no longer does.
    case revoked
    /// Its written end has passed.
    case ended
    /// Somebody changed the target by hand.
    case drift
    /// Something else on the target needs it: an owner of a tree, a group's folder.
    case required
  }

  public var kind: Kind
  /// One line for people; control characters already made visible.
  public var text: String
  public var edge: EdgeKey?
  /// `path:line:column` in the policy, where a line says so.
  public var place: String?
  /// The instant of an end, where that is the cause.
  public var until: Instant?
  /// The commit the line or the edge goes back to, where the history was asked.
  public var commit: CommitRef?

  public init(
    _ kind: Kind, _ text: String, edge: EdgeKey? = nil, place: String? = nil, until: Instant? = nil,
    commit: CommitRef? = nil
  ) {
    self.kind = kind
    self.text = text
    self.edge = edge
    self.place = place
    self.until = until
    self.commit = commit
  }
}

/// One step of a plan on one target.
public struct Change: Sendable, Hashable {
  public enum Action: String, Sendable, Hashable, Codable {
    case create, update, remove, retire
  }

  /// In which part of an apply the change runs (design §5).
  public enum Phase: Int, Sendable, Hashable, Comparable, Codable {
    /// What others need and what gives nobody anything by itself: accounts, empty groups, the coming ends.
    case prepare
    case revoke
    case grant

    public static func < (a: Phase, b: Phase) -> Bool { a.rawValue < b.rawValue }
  }

  /// Whether the change may run, and if not why.
  public enum Readiness: Sendable, Hashable, Codable {
    case ready
    /// Needs something this run lacks: a custodian's identity, a line in the host's limits, an `import`.
    case blocked(String)
  }

  /// `c0001`, in order over the whole plan.
  public var id: String
  public var target: TargetName
  public var action: Action
  public var phase: Phase
  public var difference: Difference
  public var object: ObjectID
  /// The attributes that differ, as observed; nil when the object is absent.
  public var before: ObjectState?
  /// The whole state once this change is done; nil when the object is gone.
  public var after: ObjectState?
  /// What could go wrong or be lost, for people; empty when nothing.
  public var risk: String
  public var readiness: Readiness
  /// Never empty.
  public var causes: [Cause]

  public init(
    id: String, target: TargetName, action: Action, phase: Phase, difference: Difference, object: ObjectID,
    before: ObjectState?, after: ObjectState?, risk: String = "", readiness: Readiness = .ready, causes: [Cause]
  ) {
    self.id = id
    self.target = target
    self.action = action
    self.phase = phase
    self.difference = difference
    self.object = object
    self.before = before
    self.after = after
    self.risk = risk
    self.readiness = readiness
    self.causes = causes
  }
}

/// How a target stands to the plan.
public enum TargetStanding: Sendable, Hashable {
  /// Read whole.
  case complete
  /// Some objects are unknown.
  case partial(missing: [String])
  /// Nothing could be read.
  case unreachable(String)
}

/// All that one plan does to one target.
public struct TargetPlan: Sendable {
  public var target: TargetName
  public var standing: TargetStanding
  public var liveDigest: Digest
  public var changes: [Change]
  public var notices: [LiveState.Notice]
  /// When and where access ends next, and how late a host can notice: for people.
  public var remarks: [String]
  /// Whether the policy no longer names the target: everything of writ's there goes, and then it is let go.
  public var isLeaving: Bool
  /// How much of each tree differs; for the guards, and not kept.
  public var extents: [ObjectID: LiveState.Extent]

  public init(
    target: TargetName, standing: TargetStanding, liveDigest: Digest, changes: [Change],
    notices: [LiveState.Notice] = [], remarks: [String] = [], isLeaving: Bool = false,
    extents: [ObjectID: LiveState.Extent] = [:]
  ) {
    self.target = target
    self.standing = standing
    self.liveDigest = liveDigest
    self.changes = changes
    self.notices = notices
    self.remarks = remarks
    self.isLeaving = isLeaving
    self.extents = extents
  }
}

/// An immutable plan over all targets; complete before the first write.
public struct Plan: Sendable {
  /// Full commit id of desired.
  public var commit: String
  /// By target: commit and instant of its last complete apply.
  public var base: [TargetName: Base]
  /// The instant the policy was evaluated at.
  public var at: Instant
  /// The next instant at which any edge changes: the plan holds until then.
  public var validUntil: Instant?
  public var targets: [TargetPlan]
  /// What trips over the whole move, and what of it trailers let through.
  public var guards: [TrippedGuard] = []
  /// What someone who reads the plan should know of the policy itself: a section that lost everything.
  public var notes: [String] = []

  public struct Base: Sendable, Hashable {
    public var commit: String
    public var at: Instant
    public init(commit: String, at: Instant) {
      self.commit = commit
      self.at = at
    }
  }

  public init(commit: String, base: [TargetName: Base], at: Instant, validUntil: Instant?, targets: [TargetPlan]) {
    self.commit = commit
    self.base = base
    self.at = at
    self.validUntil = validUntil
    self.targets = targets
  }

  public var changes: [Change] { targets.flatMap(\.changes) }
}
