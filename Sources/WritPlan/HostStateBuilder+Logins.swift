internal import WritPolicy
internal import WritSyntax

extension DesiredState {
  /// The derived group whose members may log in at all.
  public static let loginGroup = "writ-login"
}

extension HostStateBuilder {
  static let loginGroup = DesiredState.loginGroup

  /// Keys, the login group, and the sshd drop-in. Returns which shell each account needs.
  mutating func addLogins() -> [PrincipalName: String] {
    var shells: [PrincipalName: String] = [:]
    let loginResources = resources.filter { if case .login = $0.kind { true } else { false } }
    var forced: [String] = []
    for edge in edges {
      guard let resource = resource(of: edge) else { continue }
      switch resource.kind {
      case .login:
        guard let person = policy.people[edge.principal] else { continue }
        shells[edge.principal] = "/bin/bash"
        addKeys(person.sshKeys.map { $0.value }, options: ["restrict", "pty", "port-forwarding"], edge: edge)
      case .command(let command):
        guard let credential = policy.serviceAccounts[edge.principal]?.credential,
          credential.run?.value == resource.name.value
        else { continue }
        shells[edge.principal] = "/bin/sh"
        forced.append(account(of: edge.principal))
        var options = ["restrict"]
        if !credential.from.isEmpty {
          options.append("from=\"\(credential.from.map(\.value).joined(separator: ","))\"")
        }
        options.append("command=\"\(forcedCommand(command))\"")
        addKeys([credential.key.value], options: options, edge: edge)
      default: continue
      }
    }
    guard !loginResources.isEmpty || !forced.isEmpty else { return shells }
    addDropIn(loginResources, forced: forced)
    return shells
  }

  private mutating func addKeys(_ keys: [String], options: [String], edge: Edge) {
    guard !keys.isEmpty else { return }
    let name = account(of: edge.principal)
    var options = options
    if let end = edge.holds.end(at: instant), end != .distantFuture {
      options.append("expiry-time=\"\(end.compactUTC)Z\"")
    }
    let id = ObjectID(.keys, name)
    let lines = keys.map { "\(options.joined(separator: ",")) \($0) \(edge.principal)" }
    var entry = objects[id] ?? DesiredState.Entry(ObjectState(["lines": .lines([])]), causes: [])
    let old = entry.state.list("lines")
    entry.state["lines"] = .lines(old + lines.filter { !old.contains($0) })
    for line in lines { entry.elementCauses["lines=\(line)", default: []].append(cause(edge)) }
    entry.causes.append(cause(edge))
    objects[id] = entry
    let group = ObjectID(.group, Self.loginGroup)
    add(group, ObjectState(["members": .set([])]), causes: [cause(edge)])
    insert(name, into: "members", of: group, cause: cause(edge))
  }

  /// What the key of a pipeline is forced to: the command through sudo, with the words that the client sent.
  ///
  /// The login shell splits the client's words and does nothing else with them (no second evaluation, no file name
  /// patterns after `set -f`); sudo judges them by the arguments that the policy allows.
  private func forcedCommand(_ command: Resource.Command) -> String {
    let path = Self.quotedForShell(command.path.value)
    let words =
      switch command.arguments?.value {
      case nil, Resource.Arguments.none?: ""
      case .exactly(let words): words.map { " " + Self.quotedForShell($0) }.joined()
      case .pattern, .any: " $SSH_ORIGINAL_COMMAND"
      }
    let line = "set -f; exec /usr/bin/sudo -n -u \(account(ofOwner: command.runAs)) -- \(path)\(words)"
    // authorized_keys takes a double quote in an option only behind a backslash (sshd(8)).
    return line.replacing("\"", with: "\\\"")
  }

  private static func quotedForShell(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return plain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }

  /// `AllowGroups` of several files add up, and a `Match` ends with its file (sshd_config(5)), so the drop-in says who may
  /// log in and where the keys of those lie, and leaves root and other accounts' keys as they are.
  private mutating func addDropIn(_ loginResources: [Resource], forced: [String]) {
    let id = ObjectID(.sshd, "writ")
    var lines = [
      "AllowGroups root \(Self.loginGroup)",
      "Match Group \(Self.loginGroup)",
      "    AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u",
      "    AuthorizedKeysCommand none",
      "    AuthorizedPrincipalsFile none",
      "    PasswordAuthentication no",
      "    KbdInteractiveAuthentication no",
    ]
    if !forced.isEmpty {
      lines.append("Match User \(Set(forced).sorted().joined(separator: ","))")
      lines.append("    DisableForwarding yes")
    }
    let causes = loginResources.map {
      Cause(.required, "login \($0.name.value)", place: policy.sources.place(of: $0.name.span))
    }
    let fallback = [Cause(.required, "pipelines that log in with a forced command")]
    add(id, ObjectState(["lines": .lines(lines)]), causes: causes.isEmpty ? fallback : causes)
    add(
      ObjectID(.group, Self.loginGroup), ObjectState(["members": .set([])]),
      causes: causes.isEmpty ? fallback : causes)
  }

  /// On a host whose policy says nothing of logins, nobody gets in through an account of writ's: without this their own
  /// `~/.ssh/authorized_keys` would count again, and a shell of `nologin` still forwards ports. `DenyUsers` lines add up.
  mutating func denyLogins() {
    let id = ObjectID(.sshd, "writ")
    let accounts = objects.keys.filter { $0.kind == .account }.map(\.name).sorted()
    guard objects[id] == nil, !accounts.isEmpty else { return }
    add(
      id, ObjectState(["lines": .lines(accounts.map { "DenyUsers \($0)" })]),
      causes: [Cause(.required, "accounts that have no login here")])
  }
}
