public import WritPolicy

/// Why and since when somebody has an access, or had it: for the policy of one revision at one instant.
public struct Blame: Sendable, Hashable {
  /// A stretch of time in which the edge held without a break.
  public struct Period: Sendable, Hashable {
    public enum End: Sendable, Hashable {
      /// No end is written.
      case open
      /// By the date that was written; the commit is the one that wrote it.
      case date(written: CommitRef)
      /// By a commit that took it away.
      case commit(CommitRef)
    }

    public var interval: Interval
    /// The commit that wrote what the period began with; older than its beginning where that is a date.
    public var since: CommitRef
    public var end: End
    /// Whether `since` is the oldest commit at hand of a history that was cut, so that the access may be older.
    public var mayBeOlder: Bool
  }

  /// One way to the edge, independent of the others.
  public struct Path: Sendable, Hashable {
    /// Where it is written: `path`, line and column, from 1.
    public struct Place: Sendable, Hashable {
      public var file: String
      public var line: Int
      public var column: Int
    }

    public var origin: Derivation.Origin
    /// From the role that is held to the one whose line gives the permission; empty for a grant and for custodians.
    public var roles: [RoleName]
    /// The entry (assignment, grant, custodian) and the line of the role that give it; one place when they are the same.
    public var causes: [Place]
    public var reason: String?
    /// When this way gives the edge under the present policy.
    public var holds: IntervalSet
    /// The commit since which this way has given it without a break; nil for one that begins later or is over.
    public var since: CommitRef?
    /// Whether the edge would hold at ``Blame/at`` without this way.
    public var survivesWithout: Bool
  }

  public var key: EdgeKey
  /// The instant asked about.
  public var at: Instant
  /// Every period, oldest first, those to come among them.
  public var periods: [Period]
  /// Ways of the present policy that are not over. Empty when policy does not give the edge.
  public var paths: [Path]
  /// Since when the edge is enforced as it is now; nil when it does not hold.
  public var sameControlSince: CommitRef?
  /// Commits that cannot be read, over which the last good policy was carried; oldest first.
  public var skipped: [SkippedCommit]

  /// The period that holds at ``at``.
  public var current: Period? { periods.first { $0.interval.contains(at) } }
  public var holds: Bool { current != nil }
  /// Periods that are over, oldest first.
  public var earlier: [Period] { periods.filter { $0.interval.end <= at } }
  /// Periods that have not begun, soonest first.
  public var coming: [Period] { periods.filter { at < $0.interval.start } }

  /// The first instant without the access; nil when it does not hold or no end is written.
  public var until: Instant? { current.flatMap { $0.interval.end == .distantFuture ? nil : $0.interval.end } }
}
