internal import WritApply
internal import WritDigest
internal import WritPlan
internal import WritSystem

extension LinuxHost {
  /// What is to be looked at as a tree: those desired by their rule, those that only base or a later intent had as closed.
  /// What lies in a desired tree now, and not at one of its inner roots, is part of that tree and no tree any more.
  private func treesInScope(_ scope: Scope) -> [String: ObjectState?] {
    let desired = scope.desired.objects.filter { $0.key.kind == .tree }
    func isPart(_ path: String) -> Bool {
      let outer = desired.filter { path.hasPrefix($0.key.name + "/") }.max { $0.key.name.count < $1.key.name.count }
      guard let outer else { return false }
      return !outer.value.state.list("inner").contains { path == $0 || path.hasPrefix($0 + "/") }
    }
    var wanted: [String: ObjectState?] = [:]
    for id in scope.owned.union(scope.base.objects.keys)
    where id.kind == .tree && desired[id] == nil && !isPart(id.name) { wanted[id.name] = .some(nil) }
    for (id, entry) in scope.desired.objects where id.kind == .tree { wanted[id.name] = .some(entry.state) }
    return wanted
  }

  private static func trees(_ state: DesiredState) -> [String: ObjectState] {
    Dictionary(
      state.objects.filter { $0.key.kind == .tree }.map { ($0.key.name, $0.value.state) }, uniquingKeysWith: { $1 })
  }

  func readTrees(_ scope: Scope, into live: inout LiveState) {
    let wanted = treesInScope(scope)
    for id in scope.objects where id.kind == .tree && wanted[id.name] == nil { live.objects[id] = .absent }
    guard !wanted.isEmpty else { return }
    do throws(HostError) {
      let ids = TreeIDs(try AccountDatabase(root), try IDRecord(root), planned: scope.desired)
      let trees = try HostTrees(root, wanted: wanted, base: Self.trees(scope.base), ids: ids)
      let scan = look(trees)
      for path in wanted.keys.sorted() {
        let id = ObjectID(.tree, path)
        let (observed, notices) = trees.observed(path, scan, base: scope.base.objects[id]?.state)
        live.objects[id] = observed
        live.notices += notices.map { LiveState.Notice(id, $0) }
        if case .success(let report)? = scan[path], !report.rootIsMissing {
          live.extents[id] = LiveState.Extent(wrong: report.counts.wrong, entries: report.counts.names)
        }
      }
    } catch {
      for path in wanted.keys { live.objects[ObjectID(.tree, path)] = .unknown(reason: "\(error)".visible) }
    }
  }

  /// Looks at all trees, and counts their names for the next time.
  private func look(_ trees: HostTrees, _ journals: [String: TreeJournal] = [:]) -> TreeScan {
    let scan = trees.engine.scan(
      journals: journals, progress: progress(mending: nil, of: countedNames ?? expectedNames))
    countedNames = scan.reports.values.reduce(0) { sum, result in
      if case .success(let report) = result { sum + report.counts.names } else { sum }
    }
    return scan
  }

  private func progress(mending path: String?, of expected: Int?) -> (@Sendable (Int) -> Void)? {
    guard let watch else { return nil }
    let host = hostName
    watch(Work(host: host, mended: path, names: 0, expected: expected))
    return { watch(Work(host: host, mended: path, names: $0, expected: expected)) }
  }

  /// Trees that follow one another are looked at once before and once after all of them: a scan sees every tree anyway.
  func applyTrees(_ changes: [Change], _ progress: (ChangeProgress) throws -> Void) throws {
    var ready: [Change] = []
    var judgement = HostJudgement(root)
    for change in changes {
      try progress(.began(change.id))
      if case .blocked(let reason) = readiness(of: change, by: &judgement) {
        try progress(.ended(ChangeResult(change: change.id, status: .failed(reason))))
      } else {
        ready.append(change)
      }
    }
    guard !ready.isEmpty else { return }
    let statuses: [ChangeResult.Status]
    do throws(HostError) {
      statuses = try mend(ready)
    } catch {
      statuses = ready.map { _ in .failed("\(error)".visible) }
    }
    for (change, status) in zip(ready, statuses) {
      try progress(.ended(ChangeResult(change: change.id, status: status)))
    }
  }

  private func mend(_ changes: [Change]) throws(HostError) -> [ChangeResult.Status] {
    var wanted = treesInScope(scope)
    for change in changes { wanted[change.object.name] = .some(change.after) }
    let ids = TreeIDs(try AccountDatabase(root), try IDRecord(root), planned: nil)
    let trees = try HostTrees(root, wanted: wanted, base: Self.trees(scope.base), ids: ids)
    let undo = UndoFolder(root: root)
    try undo.leaveManaged(wanted.filter { $0.value != nil && trees.faults[$0.key] == nil }.map(\.key))
    var journals: [String: TreeJournal] = [:]
    for change in changes {
      journals[change.object.name] = undo.journal(
        UndoFolder.Header(tree: change.object.name, policy: policyCommit), narrowOnly: Self.onlyNarrows(change))
    }
    let before = look(trees, journals)
    var failures: [Int: String] = [:]
    var wrote = false
    for (index, change) in changes.enumerated() {
      let path = change.object.name
      if let fault = trees.faults[path] {
        failures[index] = fault
        continue
      }
      var journal = journals[path]
      do throws(SystemError) { try journal?.force() } catch {
        // What only takes away does not wait for a disk that somebody filled.
        guard change.phase == .revoke else {
          failures[index] = "what it was cannot be kept for an undo: \(error.reason)"
          continue
        }
        journal = nil
      }
      do throws(TreeError) {
        let mending = try trees.engine.mend(
          path, after: before, narrowOnly: Self.onlyNarrows(change), journal: journal,
          progress: progress(mending: path, of: try? before[path]?.get().counts.names))
        wrote = wrote || mending.created || mending.changed > 0
        if let failure = mending.failures.first {
          failures[index] = "\(mending.failureCount) could not be changed, \(failure.path) for one: \(failure.reason)"
        } else if let obstacle = mending.obstacles.first {
          failures[index] = obstacle.text
        }
      } catch { failures[index] = "\(error)" }
    }
    let after = wrote ? look(trees) : before
    return changes.enumerated().map { index, change in
      failures[index].map { .failed($0) } ?? status(change, trees, after)
    }
  }

  /// In the phase of revocations a tree that also lacks something is only narrowed; the rest comes with the grants.
  private static func onlyNarrows(_ change: Change) -> Bool {
    change.phase == .revoke && change.after?.list("deviations").contains { $0.hasPrefix("+ ") } == true
  }

  private func status(_ change: Change, _ trees: HostTrees, _ scan: TreeScan) -> ChangeResult.Status {
    let (observed, notices) = trees.observed(change.object.name, scan, base: nil)
    switch observed {
    case .unknown(let reason): return .unknown(reason)
    case .absent:
      return change.after == nil || Self.onlyNarrows(change)
        ? .ok(readBack: Digest(of: "absent")) : .failed("it is not there afterwards")
    case .present(let state), .foreign(let state):
      let left = state.list("deviations").filter { !Self.onlyNarrows(change) || $0.hasPrefix("- ") }
      guard left.isEmpty else {
        return .failed("left as it was: " + (left + notices).joined(separator: "; "))
      }
      guard let after = change.after else { return .ok(readBack: Digest(of: "absent")) }
      return .ok(readBack: Self.digest(of: state, as: after))
    }
  }
}
