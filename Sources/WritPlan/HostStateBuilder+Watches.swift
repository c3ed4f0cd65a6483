internal import WritPolicy
internal import WritSyntax

extension HostStateBuilder {
  /// What the kernel writes into the audit log: writes and attribute changes below watched trees, and then also those of the
  /// files by which access itself is kept, so that a change by hand has a name.
  mutating func addWatches() {
    var rules: [String: Cause] = [:]
    for resource in resources {
      guard case .tree(let tree) = resource.kind, let watch = tree.watch else { continue }
      let cause = Cause(
        .required, "resource \(resource.name.value) is watched", place: policy.sources.place(of: watch.span))
      for rule in Self.rules("dir=\(tree.folder)", key: watch.value) { rules[rule] = cause }
    }
    guard let first = rules.values.min(by: { ($0.place ?? "") < ($1.place ?? "") }) else { return }
    for (what, key) in Self.ownWatches { for rule in Self.rules(what, key: key) { rules[rule] = first } }
    let lines = rules.keys.sorted()
    var entry = DesiredState.Entry(ObjectState(["lines": .lines(lines)]), causes: [first])
    for (rule, cause) in rules { entry.elementCauses["lines=\(rule)"] = [cause] }
    objects[ObjectID(.audit, "writ")] = entry
  }

  /// Files that are replaced whole are watched by name; the kernel keeps to the name.
  private static let ownWatches = [
    ("path=/etc/passwd", "writ-accounts"), ("path=/etc/shadow", "writ-accounts"), ("path=/etc/group", "writ-accounts"),
    ("path=/etc/gshadow", "writ-accounts"), ("path=/etc/sudoers", "writ-sudoers"),
    ("dir=/etc/sudoers.d", "writ-sudoers"), ("dir=/etc/ssh", "writ-sshd"), ("dir=/etc/writ", "writ-ledger"),
    ("dir=/var/lib/writ", "writ-ledger"),
  ]

  /// One rule for each width of system calls: a program of 32 bits would else go unseen.
  private static func rules(_ what: String, key: String) -> [String] {
    ["b32", "b64"].map { "-a always,exit -F arch=\($0) -F \(what) -F perm=wa -F key=\(key)" }
  }
}
