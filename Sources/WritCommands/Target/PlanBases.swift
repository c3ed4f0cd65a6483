internal import WritApply
internal import WritPlan
internal import WritPolicy
internal import WritSyntax

/// What each target was brought to last: the policy of its last complete apply, evaluated at that apply's instant.
final class PlanBases {
  /// A base as far as it can be had.
  enum Base {
    /// The target was never applied whole.
    case none
    case readable(Workspace.Reading, Plan.Base)
    /// This version of writ finds the policy wrong that was good then.
    case unreadable(Plan.Base, problem: String)

    var point: Plan.Base? {
      switch self {
      case .none: nil
      case .readable(_, let point), .unreadable(let point, _): point
      }
    }
  }

  let workspace: Workspace
  let ledger: LedgerState?
  /// The policy that is planned: where it is also that of a base, it is not read and evaluated once more.
  private let planned: Workspace.Reading?
  private var known: [Plan.Base: Base] = [:]
  private var made: [TargetName: Set<ObjectID>]?

  init(workspace: Workspace, ledger: LedgerState?, planned: Workspace.Reading? = nil) {
    self.workspace = workspace
    self.planned = planned
    self.ledger = ledger
  }

  func base(of target: TargetName) throws -> Base {
    guard let point = ledger?.base[target] else { return .none }
    return try base(at: point)
  }

  func base(at point: Plan.Base) throws -> Base {
    if let found = known[point] { return found }
    if var reading = planned, reading.commit == point.commit {
      // What a policy gives does not depend on when it is asked for; only findings do, and nobody asks for those of a base.
      reading.instant = point.at
      reading.findings = []
      known[point] = .readable(reading, point)
      return .readable(reading, point)
    }
    let found = try workspace.readIfGood(point.commit, at: point.at)
    let base = found.reading.map { Base.readable($0, point) } ?? .unreadable(point, problem: found.problem)
    known[point] = base
    return base
  }

  /// What writ owns on a target whose base cannot be read: everything that its plans made.
  func made(on target: TargetName) throws -> Set<ObjectID> {
    if let made { return made[target] ?? [] }
    let found = try workspace.openLedger(.reading).madeObjects()
    made = found
    return found[target] ?? []
  }
}
