internal import WritHistory
internal import WritPlan
internal import WritPolicy
internal import WritSyntax
internal import WritYAML

/// Writes one choice into the policy's text in memory and judges what comes of it.
struct AdoptionTrial {
  enum Result {
    case good(Workspace.Reading)
    case refused(String)
  }

  let adoption: Adoption
  let id: ObjectID
  let host: AdoptedHost
  /// In how many respects the object differs now; with a good choice in fewer.
  let steps: Int

  private var before: Workspace.Reading { adoption.reading }
  private var isFact: Bool { [.account, .tree, .umask, .jupyter].contains(id.kind) }

  func result(of choice: AdoptionChoice) throws -> Result {
    guard let files = edited(choice.edits) else { return .refused("the text there leaves no room for the edit") }
    let loaded = adoption.workspace.loader.load(files, at: before.instant)
    guard let after = Workspace.Reading(loaded, .workingTree, at: before.instant) else {
      let error = loaded.findings.first { $0.severity == .error }
      return .refused(
        "the policy would be invalid" + (error.map { " (\($0.slug.rawValue): \(visible($0.message)))" } ?? ""))
    }
    if let reason = fault(of: choice.move, after) ?? brokenTest(after) { return .refused(reason) }
    if let reason = try sideEffect(choice.move, after) { return .refused(reason) }
    let left = try host.steps(for: id, after, adoption.terms)
    guard left.count < steps else {
      let found = left.first.map(\.found) ?? ""
      return .refused("it would still differ" + (found.isEmpty ? "" : " (\(found))"))
    }
    return .good(after)
  }

  // MARK: the text

  private func edited(_ edits: [PolicyEdit]) -> [SourceFile]? {
    var files = before.policy.sources.files
    // From the end on, so that no edit moves what a later one is about.
    for edit in edits.sorted(by: { Self.place($1) < Self.place($0) }) {
      let index = Int(edit.source.index)
      guard files.indices.contains(index), let root = YAML.parse(files[index], id: edit.source).root else { return nil }
      var editor = PolicyFileEditor(files[index], root: root)
      guard editor.apply(edit) else { return nil }
      files[index] = SourceFile(path: files[index].path, bytes: editor.bytes)
    }
    return files
  }

  /// Edits that name a path of keys come last: they find their place by themselves.
  private static func place(_ edit: PolicyEdit) -> SourcePosition {
    switch edit {
    case .remove(let span), .removeKey(let span), .replace(let span, _): span.start
    case .append, .set: SourcePosition(line: 0, column: 0)
    }
  }

  // MARK: what may come of it

  /// Why the access moves otherwise than it should; nil where it moves as it should.
  private func fault(of move: AccessMove, _ after: Workspace.Reading) -> String? {
    let difference = AccessDifference(base: before.snapshot, head: after.snapshot, from: before.instant)
    func isAbout(_ key: EdgeKey, _ principal: PrincipalName, _ resource: ResourceName?) -> Bool {
      key.principal == principal && (resource == nil || key.permission.object.resource == resource)
    }
    let stray: [EdgeKey] =
      switch move {
      case .none: (difference.gained + difference.lost).map(\.key)
      case .gains(let principal, let resource):
        difference.lost.map(\.key) + difference.gained.map(\.key).filter { !isAbout($0, principal, resource) }
      case .loses(let principal, let resource):
        difference.gained.map(\.key) + difference.lost.map(\.key).filter { !isAbout($0, principal, resource) }
      case .ends(let principal):
        difference.gained.map(\.key) + difference.lost.map(\.key).filter { !isAbout($0, principal, nil) }
      }
    return stray.first.map { "it would also change `\($0.permission)` of `\($0.principal)`" }
  }

  /// A policy test that holds and would not any more.
  private func brokenTest(_ after: Workspace.Reading) -> String? {
    func failing(_ reading: Workspace.Reading) -> Set<String> {
      Set(
        testOutcomes(of: reading.policy, access: reading.access, at: reading.instant).filter { !$0.passed }
          .map(\.test.name.value))
    }
    return failing(after).subtracting(failing(before)).min().map { "the policy test `\(visible($0))` would fail" }
  }

  /// What else would have to change so that targets are as the policy wants them, and may not: an edit gives nothing that the
  /// host does not give already, but for what belongs to the same access.
  private func sideEffect(_ move: AccessMove, _ after: Workspace.Reading) throws -> String? {
    for other in adoption.hosts {
      let tree = other === host && id.kind == .tree ? id : nil
      let unsettled = Set(try other.changes(before, tree: tree).map(\.object))
      for change in try other.changes(after, tree: tree) where !unsettled.contains(change.object) {
        if other === host, change.object == id { continue }
        if adoption.settled[other.host]?.contains(change.object) == true {
          return "it would undo what was adopted of \(visible(change.object.description)) on \(other.host)"
        }
        if other !== host, !isFact { continue }
        guard other === host, isAllowed(change, move) else {
          return "the policy would also want another \(visible(change.object.description)) on \(other.host)"
        }
      }
    }
    guard isFact else { return nil }
    let read = Set(adoption.hosts.map(\.host))
    for name in after.policy.hosts.keys.sorted() where !read.contains(name) {
      if let object = Adoption.moved(.host(name), before, after).first {
        return "the policy would say it of \(visible(object.description)) on \(name) too, which was not looked at"
      }
    }
    return nil
  }

  private func isAllowed(_ change: Change, _ move: AccessMove) -> Bool {
    if change.object.kind == .ends { return true }
    switch move {
    case .gains: return change.object.kind == .tree || change.object.kind == .group
    case .loses: return change.object.kind == .tree || change.object.kind == .account
    case .none, .ends: return change.phase == .revoke
    }
  }
}
