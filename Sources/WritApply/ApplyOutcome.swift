public import WritPlan
public import WritPolicy

/// What an apply came to.
public struct ApplyOutcome: Sendable {
  public enum Standing: Sendable, Hashable {
    /// Every target shows what it should; nothing was recorded.
    case nothingToDo
    /// Every planned change holds.
    case complete
    /// Something remains; the next run goes on with it.
    case partial
  }

  public var standing: Standing
  public var targets: [TargetName: Outcome.Standing]
  /// One for each change of the plan, in its order.
  public var results: [Outcome.Result]
  /// Sequence numbers of the entries; nil when nothing was recorded.
  public var intent: Int?
  public var outcome: Int?
  /// Somebody asked to stop: what comes after the last change that ended is `skipped`.
  public var wasStopped = false
  /// Why the upstream does not have the outcome; the next run sends it, or reads the targets and records what became of them.
  public var waiting: String?
  /// Somebody gave the attempt up while it was at work, so no outcome answers it.
  public var isGivenUp = false
  /// Touched targets on which the ledger's head could not be left, and why.
  public var unwitnessed: [TargetName: String] = [:]
}

/// What the executor tells while it works.
public enum ExecutorEvent: Sendable {
  /// The intent has this sequence number.
  case begun(intent: Int)
  case began(Change)
  case ended(Change, ChangeResult)
}
