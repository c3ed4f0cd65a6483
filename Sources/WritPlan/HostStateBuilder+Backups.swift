internal import WritPolicy
internal import WritSyntax

extension HostStateBuilder {
  mutating func addBackups() {
    for resource in resources {
      guard case .tree(let tree) = resource.kind, let backup = tree.backup else { continue }
      add(
        ObjectID(.backup, resource.name.value.text),
        ObjectState([
          "tree": .text(tree.folder), "to": .text(backup.to.value), "every": .text("\(backup.every.value)"),
          "keep": .text("\(backup.keep.value)"), "faults": .lines([]),
        ]),
        causes: [
          Cause(
            .required, "resource \(resource.name.value) is backed up",
            place: policy.sources.place(of: backup.every.span))
        ])
    }
  }
}

extension ObjectState {
  /// Of a backup as it is: somebody else than root may get at its snapshots.
  var isOpenBackup: Bool { list("faults").contains { $0.hasPrefix("- ") } }

  /// What becomes of the snapshots of a backup that goes or moves; empty where they go on being used.
  func leftSnapshots(by after: ObjectState?) -> String {
    guard let to = text("to"), !to.isEmpty, after?.text("to") != to else { return "" }
    return "the snapshots in \(to) stay there; no apply removes them"
  }
}
