internal import WritApply
internal import WritGit
internal import WritHistory
internal import WritPlan
internal import WritPolicy
internal import WritSyntax

/// Asks the guards over every move that a plan makes: from each base of its targets to the policy that is planned.
struct PlanGuards {
  /// Commits of one move that are judged one by one; older ones count as one that no trailer speaks for.
  static let stepLimit = 500

  let workspace: Workspace
  let reading: Workspace.Reading
  let applier: PrincipalName?

  /// - Parameter bases: where the targets stand; each once, as readable as it is, with what differs of trees on them.
  func tripped(_ bases: [(base: PlanBases.Base, trees: [TreeMove])]) throws -> [TrippedGuard] {
    var all: [TrippedGuard] = []
    for (base, trees) in bases {
      guard let (before, point) = try standIn(for: base) else { continue }
      let check = GuardCheck(
        base: before.snapshot, baseInstant: point.at, head: reading.snapshot, instant: reading.instant,
        applier: applier,
        trees: trees)
      guard !check.tripped().isEmpty else { continue }
      var walk = GuardWalk(check)
      try addSteps(to: &walk, after: point.commit)
      all += walk.judged().filter { !all.contains($0) }
    }
    // What stops one target's move stops the apply, though another one's may pass.
    return all.filter(\.stops) + all.filter { !$0.stops }
  }

  /// Of a base that cannot be read: the nearest policy before it that can, else the nearest after it.
  private func standIn(for base: PlanBases.Base) throws -> (Workspace.Reading, Plan.Base)? {
    switch base {
    case .none: return nil
    case .readable(let reading, let point): return (reading, point)
    case .unreadable(let point, _):
      guard let id = GitObjectID(hex: point.commit) else { return nil }
      let older = try workspace.repository.firstParents(from: id).dropFirst().map(\.hex)
      for commit in older.prefix(Self.stepLimit) + (try commits(after: point.commit)).prefix(Self.stepLimit) {
        if let found = try workspace.readIfGood(commit, at: point.at).reading { return (found, point) }
      }
      return nil
    }
  }

  private func addSteps(to walk: inout GuardWalk, after base: String) throws {
    var commits = try commits(after: base)
    let kept = commits.suffix(Self.stepLimit)
    if let last = commits.dropLast(kept.count).last {
      walk.add(GuardStep(commit: last, snapshot: try snapshot(of: last), overrides: []))
    }
    commits = Array(kept)
    var tree = try policyTree(of: base)
    for commit in commits {
      let now = try policyTree(of: commit)
      let overrides = try overrides(in: commit)
      let isMoved = now != tree
      tree = now
      if isMoved || !overrides.isEmpty {
        walk.add(
          GuardStep(commit: commit, snapshot: isMoved ? try snapshot(of: commit) : nil, overrides: overrides))
      }
    }
    if reading.commit == nil {
      walk.add(GuardStep(commit: "working tree", snapshot: reading.snapshot, overrides: []))
    }
  }

  /// First parents from base's child to the commit that is planned, oldest first. A commit that does not follow base
  /// is the only one.
  private func commits(after base: String) throws -> [String] {
    let head = try reading.commit ?? workspace.resolve("HEAD")
    guard let id = GitObjectID(hex: head) else { return [] }
    let line = try workspace.repository.firstParents(from: id).map(\.hex)
    guard let end = line.firstIndex(of: base) else { return [head] }
    return line[..<end].reversed()
  }

  private func snapshot(of commit: String) throws -> Snapshot? {
    if commit == reading.commit { return reading.snapshot }
    return try workspace.readIfGood(commit, at: reading.instant).reading?.snapshot
  }

  private func policyTree(of commit: String) throws -> GitObjectID? {
    try GitObjectID(hex: commit).flatMap { try workspace.repository.tree(at: $0, folder: workspace.options.policies) }
  }

  private func overrides(in commit: String) throws -> [WrittenOverride] {
    guard let id = GitObjectID(hex: commit) else { return [] }
    return WrittenOverride.all(in: try workspace.repository.commit(id).message, of: commit)
  }
}
