internal import WritSyntax

extension PolicyDecoder {
  /// What a resource can be, and the keys that go with it.
  enum ResourceForm: String, CaseIterable {
    case tree, command, login
    case unixGroup = "unix-group"
    case egress, external

    var ownKeys: [String] {
      switch self {
      case .tree: ["owner", "group", "writers", "mode", "watch", "backup"]
      case .command: ["arguments", "run-as", "sha256", "log-output"]
      case .login, .unixGroup, .egress: []
      case .external: ["operations"]
      }
    }

    static let commonKeys = ["hosts", "tags", "privileged", "previously"]
    static let allKeys = allCases.map(\.rawValue) + allCases.flatMap(\.ownKeys) + commonKeys
    /// Which form a key belongs to; nil for common and unknown keys.
    static let formOfKey: [String: ResourceForm] = Dictionary(
      uniqueKeysWithValues: allCases.flatMap { form in form.ownKeys.map { ($0, form) } })
  }

  func readResources(_ parts: [Node.Entry]) {
    eachEntry(parts, "a resource", in: \.resources) { name, node in
      let what = "resource `\(name.value)`"
      guard let entries = mappingOrBlank(node, what) else { return }
      let forms = entries.compactMap { entry in ResourceForm(rawValue: entry.key.value).map { ($0, entry) } }
      guard let (form, main) = forms.first else {
        for entry in entries where !ResourceForm.allKeys.contains(entry.key.value) {
          unknownKey(entry.key, known: ResourceForm.allKeys, in: what)
        }
        // A mistyped or future key is the one mistake; only without any is a key missing.
        if entries.allSatisfy({ ResourceForm.allKeys.contains($0.key.value) }) {
          report(
            .missingKey, "\(what) says nothing of what it is", at: name.span, label: "nothing to enforce",
            help: "write one of `tree`, `command`, `login`, `unix-group`, `egress`, `external`")
        }
        return
      }
      for (_, other) in forms.dropFirst() {
        report(
          .conflictingKeys, "\(what) is two things", at: other.key.span, label: "and `\(other.key.value)`",
          related: [.init(main.key.span, "it is a `\(main.key.value)`")], help: "make two resources of it")
      }
      let own = Dictionary(
        entries.lazy.filter { ResourceForm.formOfKey[$0.key.value] == form }.map { ($0.key.value, $0) },
        uniquingKeysWith: { first, _ in first })
      let kind = self.kind(form, main, own, name)
      var hosts: [Located<HostName>] = []
      var tags: [Located<String>] = []
      var privileged: Located<Bool>?
      var previously: [Located<ResourceName>] = []
      var hostsKey: Located<String>?
      for entry in entries {
        switch entry.key.value {
        case "hosts":
          hostsKey = entry.key
          hosts = self.hosts(entry.value)
        case "tags": tags = self.tags(entry.value)
        case "privileged": privileged = boolean(entry.value, "`privileged`")
        case "previously": previously = names(entry.value, "`previously`", each: "a name of a resource")
        default: checkResourceKey(entry.key, form: form, main: main.key, what)
        }
      }
      if form == .external {
        if let hostsKey {
          report(
            .conflictingKeys, "\(what) is enforced nowhere, so it has no hosts", at: hostsKey.span,
            related: [.init(main.key.span, "declared, not enforced")], help: "take `hosts` out")
        }
      } else if hostsKey == nil {
        missingKey("hosts", of: what, at: name.span, help: "name the hosts or labels where it is")
      }
      guard let kind else { return }
      var resource = Resource(name: name, kind: kind)
      resource.hosts = hosts
      resource.tags = tags
      resource.privileged = privileged
      resource.previously = previously
      policy.resources[name.value] = resource
    }
  }

  private func checkResourceKey(
    _ key: Located<String>, form: ResourceForm, main: Located<String>, _ what: String
  ) {
    if ResourceForm(rawValue: key.value) != nil { return }
    guard let other = ResourceForm.formOfKey[key.value] else {
      let known = [form.rawValue] + form.ownKeys + ResourceForm.commonKeys
      return unknownKey(key, known: known, in: what)
    }
    guard other != form else { return }
    report(
      .conflictingKeys, "`\(key.value)` goes with `\(other.rawValue)`, not with `\(form.rawValue)`", at: key.span,
      label: "out of place", related: [.init(main.span, "\(what) is this")], help: "take it out")
  }

  private func kind(
    _ form: ResourceForm, _ main: Node.Entry, _ own: [String: Node.Entry], _ name: Located<ResourceName>
  ) -> Resource.Kind? {
    switch form {
    case .tree: return tree(main, own).map(Resource.Kind.tree)
    case .command: return command(main, own).map(Resource.Kind.command)
    case .login:
      return word("ssh", main).map(Resource.Kind.login)
    case .unixGroup: return groupName(main.value, "`unix-group`", ofTree: false).map(Resource.Kind.unixGroup)
    case .egress: return word("external", main).map(Resource.Kind.egress)
    case .external:
      let description = line(main.value, "`external`")
      guard let list = own["operations"] else {
        missingKey("operations", of: "resource `\(name.value)`", at: name.span, help: "name what can be done with it")
        return nil
      }
      let operations = (self.list(list.value, "`operations`") ?? []).compactMap { operation($0) }
      if case .sequence(let items) = list.value.content, items.isEmpty {
        report(.invalidValue, "`operations` is an empty list", at: list.value.span, help: "name at least one")
      }
      for operation in operations where operation.value.text == "all" {
        report(
          .invalidName, "no operation can be named `all`", at: operation.span, label: "the word means every operation")
      }
      return description.map { .external(description: $0, operations: operations) }
    }
  }

  /// The one word that a form takes.
  private func word(_ expected: String, _ main: Node.Entry) -> Located<String>? {
    guard let text = line(main.value, "`\(main.key.value)`") else { return nil }
    guard text.value == expected else {
      invalid(text, "`\(main.key.value)`", "`\(expected)`")
      return nil
    }
    return text
  }

  private func tree(_ main: Node.Entry, _ own: [String: Node.Entry]) -> Resource.Tree? {
    let path = path(main.value, "`tree`", .tree)
    var tree = Resource.Tree(path: path ?? Located("/", main.value.span))
    tree.owner = own["owner"].flatMap { account(named: $0.value, "`owner`") }
    tree.group = own["group"].flatMap { groupName($0.value, "`group`", ofTree: true) }
    tree.writers = own["writers"].flatMap { groupName($0.value, "`writers`", ofTree: true) }
    if let mode = own["mode"] { readModes(mode.value, into: &tree) }
    tree.watch = own["watch"].flatMap { auditKey($0.value) }
    tree.backup = own["backup"].flatMap(backup)
    guard path != nil else { return nil }
    if let watch = tree.watch { checkWatched(tree.path, watch) }
    if tree.isPersonal {
      for key in ResourceForm.tree.ownKeys where key != "watch" && key != "backup" {
        guard let entry = own[key] else { continue }
        report(
          .conflictingKeys, "a personal tree has no `\(key)`", at: entry.key.span,
          label: "each folder belongs to its account and is private",
          related: [.init(tree.path.span, "personal because of `{account}`")], help: "take it out")
      }
    }
    return tree
  }

  /// `root` (nil), or the name of a service account.
  private func account(named node: Node, _ what: String) -> Located<PrincipalName>? {
    guard let text = line(node, what), text.value != "root" else { return nil }
    return name(text, "`root` or a name of a service account")
  }

  private func command(_ main: Node.Entry, _ own: [String: Node.Entry]) -> Resource.Command? {
    let path = path(main.value, "`command`", .command)
    let arguments = own["arguments"].flatMap { readArguments($0.value) }
    let runAs = own["run-as"].flatMap { account(named: $0.value, "`run-as`") }
    var command = Resource.Command(
      path: path ?? Located("/", main.value.span), arguments: arguments, runAs: runAs)
    command.sha256 = own["sha256"].flatMap { programDigest($0.value) }
    command.logsOutput = own["log-output"].flatMap { boolean($0.value, "`log-output`") }
    return path == nil ? nil : command
  }

  /// As `sha256sum` prints it.
  private func programDigest(_ node: Node) -> Located<String>? {
    guard let text = line(node, "`sha256`") else { return nil }
    let isDigest =
      text.value.utf8.count == 64
      && text.value.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    guard isDigest else {
      invalid(text, "`sha256`", "64 digits as `sha256sum` prints them")
      return nil
    }
    return text
  }

  func readArguments(_ node: Node) -> Located<Resource.Arguments>? {
    if case .sequence(let items) = node.content {
      let words = items.compactMap { line($0, "an argument") }
      guard words.count == items.count else { return nil }
      // sudo compares the words joined by blanks, so that one word with a blank would also be two without.
      for word in words where word.value.contains(where: \.isWhitespace) {
        report(
          .invalidValue, "the argument `\(word.value.clipped)` holds a blank", at: word.span,
          help: "sudo cannot tell it from two words: write a pattern, `^…$`")
        return nil
      }
      return Located(words.isEmpty ? .none : .exactly(words.map(\.value)), node.span)
    }
    guard let text = line(node, "`arguments`") else { return nil }
    switch text.value {
    case "none": return Located(.none, text.span)
    case "any": return Located(.any, text.span)
    default:
      if let problem = ArgumentPattern.problem(of: text.value) {
        invalid(text, "`arguments`", "`none`, `any`, a list of words, or one pattern `^…$`", help: problem)
        return nil
      }
      return Located(.pattern(text.value), text.span)
    }
  }

  /// A group that Linux takes; one that writ is to keep itself may not be one that amounts to root.
  private func groupName(_ node: Node, _ what: String, ofTree: Bool) -> Located<String>? {
    guard let text = line(node, what) else { return nil }
    guard LinuxName.isValid(text.value) else {
      report(
        .invalidGroup, "Linux takes no group named `\(text.value.clipped)`", at: text.span, label: "not a group name",
        help: LinuxName.rule)
      return nil
    }
    if ofTree, LinuxName.systemGroups.contains(text.value) {
      report(
        .invalidGroup, "the group `\(text.value)` belongs to the system", at: text.span,
        label: "its members would become those of this tree", help: "choose a group of its own")
      return nil
    }
    return text
  }

  private func readModes(_ node: Node, into tree: inout Resource.Tree) {
    guard let entries = mapping(node, "`mode`") else { return }
    for entry in entries {
      switch entry.key.value {
      case "directories": tree.directories = mode(entry.value, .directories)
      case "files": tree.files = mode(entry.value, .files)
      default: unknownKey(entry.key, known: ["directories", "files"], in: "`mode`")
      }
    }
  }

  private func mode(_ node: Node, _ kind: WrittenMode.Kind) -> Located<UInt16>? {
    guard let text = line(node, "`mode`") else { return nil }
    do throws(WrittenMode.Problem) {
      return Located(try WrittenMode(text.value, for: kind).bits, text.span)
    } catch {
      report(
        .invalidMode, "a tree cannot have the mode `\(text.value.clipped)`", at: text.span, label: error.label(kind),
        help: "what follows from the permissions is \"\(kind.text)\"; a written mode may only narrow it")
      return nil
    }
  }

  /// An absolute path, fit for its purpose.
  func path(_ node: Node, _ what: String, _ purpose: FilePathRule.Purpose) -> Located<String>? {
    guard let text = line(node, what) else { return nil }
    if let problem = FilePathRule.problem(of: text.value, for: purpose) {
      report(
        .unsafePath, "\(what) cannot be `\(text.value.clipped)`", at: text.span, label: problem.label,
        help: problem.help)
      return nil
    }
    return text
  }
}
