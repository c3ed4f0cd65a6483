public import WritPolicy

/// One commit of the first-parent line, as far as the walk needs it.
public struct HistoryCommit: Sendable, Hashable {
  /// Full object id, hexadecimal.
  public var id: String
  /// Committer time, seconds since 1970 (UTC).
  public var time: Int64
  /// Id of the policy folder's tree; nil when the commit has no such folder.
  public var policyTree: String?

  public init(id: String, time: Int64, policyTree: String?) {
    self.id = id
    self.time = time
    self.policyTree = policyTree
  }
}

/// The first-parent line that ends at one revision.
public struct HistoryLine: Sendable, Hashable {
  /// Oldest first. Never empty.
  public var commits: [HistoryCommit]
  /// Whether older commits exist that were not fetched (a shallow clone).
  public var isCut: Bool

  public init(_ commits: [HistoryCommit], isCut: Bool = false) {
    self.commits = commits
    self.isCut = isCut
  }

  /// The instant from which each commit is in force: the running maximum of committer times, since the clock of whoever
  /// committed may lie. Where several commits have one instant, the newest is in force.
  public var inForceFrom: [Instant] {
    var latest = Int64.min
    return commits.map { commit in
      latest = max(latest, commit.time)
      return Instant(seconds: latest)
    }
  }

  /// The position of the commit in force at `instant`; nil before the first.
  public func position(inForceAt instant: Instant) -> Int? {
    inForceFrom.lastIndex { $0 <= instant }
  }
}

/// A policy with the access that follows from it.
public struct Snapshot: Sendable {
  public var policy: Policy
  public var access: Access

  public init(policy: Policy, access: Access) {
    self.policy = policy
    self.access = access
  }
}

/// What one commit says.
public enum PolicyState: Sendable {
  case readable(Snapshot)
  /// The policy there is wrong, so it grants nothing by itself; `problem` is one line that says why.
  case unreadable(problem: String)
}

/// What one commit changes, compared with the last one before it that can be read.
public enum PolicyStep: Sendable {
  case access(AccessStep)
  /// As in ``PolicyState``; the next step is compared with what was there before.
  case unreadable(problem: String)
}

/// Port: how the history of the policy is read. Implemented over git by whoever composes the program.
///
/// The walk asks for a state only where the policy tree differs from the one before, oldest first.
public protocol HistorySource {
  associatedtype Failure: Error

  func line() throws(Failure) -> HistoryLine
  /// Who made the commit and why; asked only of commits that an answer may name.
  func reference(to commit: HistoryCommit) throws(Failure) -> CommitRef
  func state(of commit: HistoryCommit) throws(Failure) -> PolicyState
  /// Goes on to a later commit of the line. Equal to what ``state(of:)`` says, made of what changed alone.
  func step(to commit: HistoryCommit) throws(Failure) -> PolicyStep
}

/// The policy that was in force at some time.
public struct PolicyInForce: Sendable {
  /// The commit in force then.
  public var commit: CommitRef
  /// What it says, or what the last commit before it said that can be read.
  public var snapshot: Snapshot
  /// Commits passed over because they cannot be read, newest first.
  public var skipped: [SkippedCommit]
}

/// A commit over which the last good policy was carried.
public struct SkippedCommit: Sendable, Hashable {
  public var commit: CommitRef
  /// One line that says why it cannot be read.
  public var problem: String

  public init(commit: CommitRef, problem: String) {
    self.commit = commit
    self.problem = problem
  }
}

extension HistorySource {
  /// Time travel: the commit in force at `instant`, with the policy that then held.
  ///
  /// Nil before the first commit, and when no commit up to then can be read.
  public func policy(inForceAt instant: Instant) throws(Failure) -> PolicyInForce? {
    let line = try line()
    guard let position = line.position(inForceAt: instant) else { return nil }
    let commit = try reference(to: line.commits[position])
    var skipped: [SkippedCommit] = []
    var next = position
    while next >= 0 {
      switch try state(of: line.commits[next]) {
      case .readable(let snapshot): return PolicyInForce(commit: commit, snapshot: snapshot, skipped: skipped)
      case .unreadable(let problem):
        let tree = line.commits[next].policyTree
        // The commit to blame is the first of those with the same unreadable policy.
        while next > 0, line.commits[next - 1].policyTree == tree { next -= 1 }
        skipped.append(SkippedCommit(commit: try reference(to: line.commits[next]), problem: problem))
        next -= 1
      }
    }
    return nil
  }
}
