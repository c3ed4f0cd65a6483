public import WritHistory
internal import WritPolicy
internal import WritSyntax

/// One commit of a move, as the guards see it.
public struct GuardStep: Sendable {
  /// Full id.
  public var commit: String
  /// What it says; nil where it changes no policy or cannot be read, so that what it does shows at the next one.
  public var snapshot: Snapshot?
  public var overrides: [WrittenOverride]

  public init(commit: String, snapshot: Snapshot?, overrides: [WrittenOverride]) {
    self.commit = commit
    self.snapshot = snapshot
    self.overrides = overrides
  }
}

/// Judges a move commit by commit, so that a trailer speaks for one commit and no other, also for a target that lags.
///
/// Each thing that the whole move does belongs to the last commit that did it. A trailer speaks for the commit in whose
/// message it stands; in one that itself does nothing of the kind, for the nearest commit before it that does and for
/// which none speaks yet. What trips when all that is spoken for is left out stops an apply.
public struct GuardWalk {
  private struct Done {
    var commit: String
    /// Items of the whole move that this commit does.
    var items: Set<GuardItem> = []
    /// Guards that this commit does anything about, whether it shows in the whole move or not.
    var does: Set<TrippedGuard.Name> = []
    var overrides: [WrittenOverride]
  }

  private let check: GuardCheck
  private var last: Snapshot
  private var steps: [Done] = []
  /// Administrators who went while enough others were left: that needs no word.
  private var spare: Set<GuardItem> = []

  public init(_ check: GuardCheck) {
    self.check = check
    last = check.base
  }

  /// Adds the next commit, oldest first: those after base's, up to and including the one that is applied.
  public mutating func add(_ step: GuardStep) {
    var done = Done(commit: step.commit, overrides: step.overrides)
    if let snapshot = step.snapshot {
      let found = GuardMove(from: last, to: snapshot, at: check.instant).items(applier: check.applier)
      done.does = Set(found.map(\.guardName))
      let sinceBase = Renames(from: check.base.policy, to: last.policy)
      let untilHead = Renames(from: snapshot.policy, to: check.head.policy)
      let gains = Set(found.filter(\.isGain).map { $0.renamed(untilHead) })
      done.items = check.items.filter { $0.isGain ? gains.contains($0) : found.contains($0.renamed(sinceBase)) }
      let administrators = done.items.filter { $0.guardName == .minAdministrators }
      let least = snapshot.policy.guards.minAdministrators?.value ?? 0
      if least > 0, snapshot.policy.administrators(at: check.instant).count >= least {
        spare.formUnion(administrators)
      } else {
        spare.subtract(administrators)
      }
      last = snapshot
    }
    steps.append(done)
  }

  /// What trips: first what stops an apply, then what trailers let through, each with the commits that do it.
  public func judged() -> [TrippedGuard] {
    var doer: [GuardItem: Int] = [:]
    for (index, step) in steps.enumerated() { for item in step.items { doer[item] = index } }
    let spoken = spokenFor()
    let excused = check.items.filter { item in
      spare.contains(item) || doer[item].map { spoken[item.guardName]?[$0] != nil } ?? false
    }
    func positions(_ items: Set<GuardItem>, _ name: TrippedGuard.Name) -> [Int] {
      Set(items.filter { $0.guardName == name }.compactMap { doer[$0] }).sorted()
    }
    var out = check.tripped(excusing: excused)
    for index in out.indices {
      out[index].commits = positions(check.items.subtracting(excused), out[index].name).map { steps[$0].commit }
    }
    let stopping = out
    for var trip in check.tripped() where !stopping.contains(where: { $0.name == trip.name && $0.scope == trip.scope })
    {
      let overridden = positions(excused, trip.name)
      trip.commits = overridden.map { steps[$0].commit }
      trip.overrides = overridden.compactMap { spoken[trip.name]?[$0] }
      if !trip.overrides.isEmpty { out.append(trip) }
    }
    return out
  }

  /// By guard: the position of each commit that a trailer speaks for, with the trailer.
  private func spokenFor() -> [TrippedGuard.Name: [Int: WrittenOverride]] {
    var spoken: [TrippedGuard.Name: [Int: WrittenOverride]] = [:]
    for (index, step) in steps.enumerated() {
      for override in step.overrides {
        guard let name = TrippedGuard.Name(rawValue: override.name) else { continue }
        let meant =
          step.does.contains(name)
          ? index : (0..<index).last { steps[$0].does.contains(name) && spoken[name]?[$0] == nil }
        if let meant, spoken[name]?[meant] == nil { spoken[name, default: [:]][meant] = override }
      }
    }
    return spoken
  }
}
