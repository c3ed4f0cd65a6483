internal import WritApply
internal import WritHistory
internal import WritHostLinux
internal import WritPlan
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem
internal import WritYAML

/// Writes an account or a group that nobody manages into the policy: in a file of its own, and for members whom the policy has
/// already in their entries.
struct UnmanagedAdoption {
  let workspace: Workspace
  let reading: Workspace.Reading
  let host: LinuxHost
  let terms: AdoptionTerms
  /// Who an account belongs to, or is answered for by.
  let person: PrincipalName?
  let owner: PrincipalName?

  private struct Draft {
    var yaml: String
    var remarks: [String]
    var changed: [Renewal.ChangedFile] = []
  }

  /// - Parameter owned: what writ owns on the host.
  /// - Throws: ``CommandFailure`` with status 3 when nobody misses it there.
  func run(_ id: ObjectID, owned: Set<ObjectID>, writes: Bool) throws {
    let kind: UnmanagedAccess.Kind = id.kind == .account ? .account : .group
    guard try host.unmanaged(owned: owned).contains(where: { $0.kind == kind && $0.name == id.name }) else {
      throw CommandFailure(
        .invalidPolicy, "`\(visible(id.description))` is none of what nobody manages on \(host.hostName)",
        hint: "`writ drift --unmanaged` lists it")
    }
    let inventory = try host.inventory(uids: nil, trees: [])
    let draft = try id.kind == .account ? account(id.name, inventory) : group(id.name, inventory)
    let edited = reading.policy.sources.files.map { file in
      draft.changed.first { $0.path == file.path }.map { SourceFile(path: $0.path, bytes: $0.new) } ?? file
    }
    let file = DraftFile(yaml: draft.yaml)
    let after = try file.checked(workspace, reading, edited: edited, hint: "`writ import` lists more of what is there")
    let path = "\(workspace.options.policies)/\(host.hostName)-\(id.name).yaml"
    let diff = FileDiff(style: Terminal.outputStyle)
    Terminal.write(diff.text(path, from: [], to: Array(draft.yaml.utf8)))
    for change in draft.changed { Terminal.write(diff.text(change.path, from: change.old, to: change.new)) }
    let review = Review(
      AccessDifference(base: reading.snapshot, head: after.snapshot, from: reading.instant), base: reading.snapshot,
      head: after.snapshot)
    Terminal.write("\n" + DiffText(width: Terminal.width, style: Terminal.outputStyle).text(review))
    for remark in draft.remarks { Terminal.message(remark) }
    guard writes else { return Terminal.write("\nnothing was written\n") }
    try write(file, path, draft.changed)
    Terminal.message(
      "wrote \(visible(path)); review it, commit it, and then: writ apply --take-in --host \(host.hostName)")
  }

  /// The new file comes last, since it is the one that may be there already; then the others get back what they held.
  private func write(_ file: DraftFile, _ path: String, _ changed: [Renewal.ChangedFile]) throws {
    try workspace.rewrite(changed, judgedWith: reading.policy.sources.files)
    do { try file.write(to: workspace.path(inWorkingTree: path)) } catch {
      let back = changed.map { Renewal.ChangedFile(path: $0.path, old: $0.new, new: $0.old) }
      try workspace.rewrite(back, judgedWith: try workspace.files(.workingTree))
      throw error
    }
  }

  // MARK: what is written

  private func account(_ name: String, _ inventory: HostInventory) throws -> Draft {
    guard let person else {
      throw CommandFailure(
        .usage, "whose account `\(visible(name))` is, nobody can tell", hint: "`--person NAME` says it")
    }
    guard !reading.policy.isPrincipal(person) else {
      throw CommandFailure(
        .invalidPolicy, "the policy has `\(person)` already",
        hint: "write the account there, and `writ apply --take-in`")
    }
    var own = inventory
    own.accounts = inventory.accounts.filter { $0.name == name }
    own.groups = inventory.groups.compactMap { group -> HostInventory.Group? in
      guard group.members.contains(name) else { return nil }
      var group = group
      group.members = [name]
      return group
    }
    own.rules = inventory.rules.filter { $0.text.split { $0 == " " || $0 == "\t" }.first == name[...] }
    own.oddities = []
    let draft = PolicyDraft(
      own, host: host.hostName, policy: reading.policy, owner: owner, now: reading.instant, names: [name: person])
    guard draft.yaml.contains("\n  \(person):\n") else {
      throw CommandFailure(
        draft.remarks.joined(separator: "; "), hint: "`--owner NAME` says who answers for a service account")
    }
    return Draft(yaml: draft.yaml, remarks: draft.remarks)
  }

  private func group(_ name: String, _ inventory: HostInventory) throws -> Draft {
    guard LinuxName.isValid(name), let group = inventory.groups.first(where: { $0.name == name }) else {
      throw CommandFailure("the policy takes no group named `\(visible(name))`")
    }
    let policy = reading.policy
    var (members, remarks): ([PrincipalName], [String]) = ([], [])
    for account in group.members {
      if let principal = policy.principals.first(where: { policy.account(of: $0) == account }) {
        members.append(principal)
      } else {
        remarks.append(
          visible("group \(name): the policy names nobody who has the account \(account), who stays in it"))
      }
    }
    guard !members.isEmpty else {
      throw CommandFailure("the policy has none of the members of `\(name)`", hint: "adopt their accounts first")
    }
    let resource = "\(host.hostName)-\(name)".replacing("_", with: "-")
    var yaml = "# What `writ adopt --unmanaged` found on \(host.hostName), to be reviewed.\n"
    yaml += "\nresources:\n  \(resource): { hosts: [\(host.hostName)], unix-group: \(name)"
    yaml += (LinuxName.rootGroups.contains(name) ? ", privileged: true" : "") + " }\n"
    if terms.until != nil {
      let to = members.map(\.text).joined(separator: ", ")
      yaml += "\ngrants:\n  - { to: [\(to)], allow: { \(resource): member }\(terms.yaml) }\n"
      return Draft(yaml: yaml, remarks: remarks)
    }
    yaml += "\nroles:\n  \(resource): { allow: { \(resource): member } }\n"
    return Draft(yaml: yaml, remarks: remarks, changed: try holding(resource, members))
  }

  /// The files in which the members have their entries, with the role in them.
  private func holding(_ role: String, _ members: [PrincipalName]) throws -> [Renewal.ChangedFile] {
    let sources = reading.policy.sources
    var new: [SourceID: SourceFile] = [:]
    for member in members {
      guard let place = reading.policy.entry(member) else { continue }
      let file = new[place.source] ?? sources[place.source]
      let item = terms.reason == nil ? role : "{ role: \(role)\(terms.yaml) }"
      guard let root = YAML.parse(file, id: place.source).root else { continue }
      var editor = PolicyFileEditor(file, root: root)
      guard editor.apply(.append(item, to: place.path + ["roles"], in: place.source)) else {
        throw CommandFailure("the entry of `\(member)` has no room for a role; give it one with `--until DATE`")
      }
      new[place.source] = SourceFile(path: file.path, bytes: editor.bytes)
    }
    return new.sorted { $0.key < $1.key }.map {
      Renewal.ChangedFile(path: $0.value.path, old: sources[$0.key].bytes, new: $0.value.bytes)
    }
  }
}
