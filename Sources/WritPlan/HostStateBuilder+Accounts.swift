internal import WritPolicy
internal import WritSyntax

extension HostStateBuilder {
  /// Memberships of system groups that writ does not own otherwise; several resources on one group form a union.
  mutating func addMemberships() {
    for edge in edges {
      guard let resource = resource(of: edge), case .unixGroup(let group) = resource.kind else { continue }
      let id = ObjectID(.membership, "\(group.value)/\(account(of: edge.principal))")
      if objects[id] == nil {
        add(id, ObjectState(["state": .text("member")]), causes: [cause(edge)])
      } else {
        let another = cause(edge)
        objects[id]?.causes.append(another)
      }
    }
  }

  /// One line for each (person, run-as, command): names of people, never groups, since sudo takes a group from the
  /// process and so from a session that is older than the revocation.
  mutating func addSudoers() {
    let id = ObjectID(.sudoers, "writ")
    var lines: [(text: String, cause: Cause)] = []
    for edge in edges {
      guard let resource = resource(of: edge), case .command(let command) = resource.kind else { continue }
      var line = "\(account(of: edge.principal)) ALL=(\(account(ofOwner: command.runAs))) "
      if let end = edge.holds.end(at: instant), end != .distantFuture {
        // Inclusive to the second (sudoers(5)), so the last instant with access is one second before the end.
        line += "NOTAFTER=\(Instant(seconds: end.seconds - 1).compactUTC)Z "
      }
      line += "NOPASSWD: "
      if command.logsOutput?.value == true { line += "LOG_OUTPUT: " }
      if let digest = command.sha256 { line += "sha256:\(digest.value) " }
      line += "\(Self.sudoersText(command.path.value))\(Self.sudoersArguments(command.arguments?.value))"
      lines.append((line, cause(edge)))
    }
    guard !lines.isEmpty else { return }
    lines.sort { $0.text < $1.text }
    var entry = DesiredState.Entry(
      ObjectState(["lines": .lines(lines.map(\.text))]), causes: [lines[0].cause])
    for line in lines { entry.elementCauses["lines=\(line.text)", default: []].append(line.cause) }
    objects[id] = entry
  }

  /// The characters that sudoers(5) wants behind a backslash in commands and arguments, wildcards among them: what
  /// policy writes as a word is that word. Quotes stand for themselves there, and a backslash before one is an error.
  private static func sudoersText(_ word: String) -> String {
    var out = ""
    for character in word {
      if ",:=\\*?[]!# ".contains(character) { out.append("\\") }
      out.append(character)
    }
    return out
  }

  private static func sudoersArguments(_ arguments: Resource.Arguments?) -> String {
    switch arguments {
    case nil, Resource.Arguments.none?: " \"\""
    case .exactly(let words): words.isEmpty ? " \"\"" : words.map { " " + escapedFirst(sudoersText($0)) }.joined()
    case .pattern(let pattern): " " + pattern
    case .any: ""
    }
  }

  private static func escapedFirst(_ word: String) -> String { word.hasPrefix("^") ? "\\" + word : word }

  /// Every account that an edge, a tree or a command on this host needs.
  mutating func addAccounts(logins: [PrincipalName: String]) {
    var needed: [PrincipalName: [Cause]] = [:]
    for edge in edges where needed[edge.principal] == nil { needed[edge.principal] = [cause(edge)] }
    for resource in resources {
      let owner: Located<PrincipalName>?
      switch resource.kind {
      case .tree(let tree): owner = tree.owner
      case .command(let command): owner = command.runAs
      default: owner = nil
      }
      guard let owner else { continue }
      needed[owner.value, default: []].append(
        Cause(.required, "resource \(resource.name.value) needs it", place: policy.sources.place(of: owner.span)))
    }
    for (principal, causes) in needed {
      guard let uid = policy.uid(of: principal) else { continue }
      let name = account(of: principal)
      let service = policy.serviceAccounts[principal]
      let end = policy.activity(of: principal).end(at: instant)
      let expires = end.flatMap { $0 == .distantFuture ? nil : String(($0.seconds + 86399) / 86400) } ?? ""
      add(
        ObjectID(.account, name),
        ObjectState([
          "state": .text("active"), "uid": .text(String(uid)), "gid": .text(String(uid)),
          "gecos": .text(principal.text),
          "home": .text(service == nil ? "/home/\(name)" : service?.home?.value ?? "/nonexistent"),
          "home-folder": .text(service == nil ? "private" : "none"),
          "shell": .text(logins[principal] ?? "/usr/sbin/nologin"), "password": .text("*"),
          // Field 8 of shadow(5) counts UTC days and refuses from that day's first second on: rounded up, never early.
          "expires": .text(expires),
        ]), causes: causes)
    }
  }

  /// The ends that Linux itself does not keep, left for `writ-agent expire` (design §6).
  mutating func addEnds() {
    // By what ends. One group named by several resources ends for a member with the latest of them.
    var latest: [String: (end: Instant, cause: Cause)] = [:]
    func note(_ end: Instant?, _ what: @autoclosure () -> String, _ edge: Edge) {
      guard let end, end != .distantFuture else { return }
      let what = what()
      guard latest[what].map({ $0.end < end }) ?? true else { return }
      latest[what] = (end, cause(edge))
    }
    for edge in edges {
      guard let resource = resource(of: edge) else { continue }
      let name = account(of: edge.principal)
      let end = edge.holds.end(at: instant)
      switch resource.kind {
      case .tree(let tree):
        if let folder = edge.permission.object.folder {
          if folder != edge.principal {
            note(end, "remove acl \(tree.path(for: account(of: folder))) \(name)", edge)
          }
        } else {
          note(end, "remove member \(group(of: edge)) \(name)", edge)
        }
      case .unixGroup(let group): note(end, "remove member \(group.value) \(name)", edge)
      case .login: note(end, "remove member \(Self.loginGroup) \(name)", edge)
      case .egress: note(end, "remove egress \(name)", edge)
      case .command, .external: break
      }
      note(policy.activity(of: edge.principal).end(at: instant), "lock \(name)", edge)
    }
    if latest.isEmpty { return }
    let open = openMemberships()
    let kept = latest.filter { !open.contains($0.key) }
      .map { (line: "\($0.value.end.rfc3339) \($0.key)", cause: $0.value.cause) }
      .sorted { $0.line < $1.line }
    guard let first = kept.first else { return }
    var entry = DesiredState.Entry(ObjectState(["lines": .lines(kept.map(\.line))]), causes: [first.cause])
    for end in kept { entry.elementCauses["lines=\(end.line)"] = [end.cause] }
    objects[ObjectID(.ends, "writ")] = entry
  }

  /// The derived group that an edge to a shared tree puts its principal into.
  private func group(of edge: Edge) -> String {
    let name = edge.permission.object.resource
    return (edge.permission.operation == .write ? policy.writersGroup(of: name) : policy.readersGroup(of: name)) ?? ""
  }

  /// Memberships that some other edge gives without an end.
  private func openMemberships() -> Set<String> {
    var open: Set<String> = []
    for edge in edges where edge.holds.end(at: instant) == .distantFuture {
      guard let resource = resource(of: edge) else { continue }
      let name = account(of: edge.principal)
      switch resource.kind {
      case .tree where edge.permission.object.folder == nil: open.insert("remove member \(group(of: edge)) \(name)")
      case .unixGroup(let group): open.insert("remove member \(group.value) \(name)")
      case .login: open.insert("remove member \(Self.loginGroup) \(name)")
      case .egress: open.insert("remove egress \(name)")
      default: continue
      }
    }
    return open
  }
}
