internal import WritPlan
internal import WritPolicy
internal import WritSyntax

extension PolicyDraft {
  // MARK: what apply would change

  mutating func compareAccounts() {
    for account in order {
      guard let principal = principals[account] else { continue }
      let found = principal.account
      var changes: [String] = []
      func compare(_ what: String, _ now: String, _ then: String) {
        if now != then { changes.append("\(what) `\(now)` → `\(then)`") }
      }
      compare("comment", found.comment, principal.name)
      compare("primary gid", String(found.gid), String(found.uid))
      compare(
        "home", found.home,
        principal.isService ? (Self.isPath(found.home) ? found.home : "/nonexistent") : "/home/\(account)")
      if !principal.isService { compare("home folder", found.homeFolder, "private") }
      compare("shell", found.shell, principal.keys.isEmpty ? "/usr/sbin/nologin" : "/bin/bash")
      compare("password", found.password, "*")
      if principal.roles.isEmpty, !principal.isService { changes = [] }
      if !changes.isEmpty { remark("account \(account): apply changes \(changes.joined(separator: ", "))") }
    }
  }

  static func isPath(_ text: String) -> Bool {
    text.hasPrefix("/") && text.count > 1 && !text.hasSuffix("/")
      && !text.split(separator: "/").contains { $0 == ".." || $0 == "." }
      && !text.contains("//") && text.unicodeScalars.allSatisfy { $0.isASCII && $0.value > 0x20 && $0.value < 0x7f }
  }

  // MARK: writing

  /// In double quotes, as YAML wants it; texts with control characters never come here unescaped.
  static func quoted(_ text: String) -> String {
    quotedScalar(text)
  }

  func entry(_ principal: Principal) -> String {
    var lines = ["  \(principal.name):"]
    let account = principal.account
    if principal.name.filter({ $0 != "." }) != account.name { lines.append("    account: \(account.name)") }
    lines.append("    uid: \(account.uid)")
    if principal.isService {
      lines.append("    owner: \(owner?.text ?? "")")
      if Self.isPath(account.home), account.home != "/nonexistent" {
        lines.append("    home: \(Self.quoted(account.home))")
      }
    } else if let name = account.comment.split(separator: ",", omittingEmptySubsequences: false).first, !name.isEmpty,
      String(name) != principal.name, visible(String(name)) == name
    {
      lines.append("    name: \(Self.quoted(String(name)))")
    }
    if let day = Int(account.expires), day > today {
      lines.append("    until: \"\(Instant(seconds: Int64(day) * 86400).rfc3339)\"")
    }
    if !principal.keys.isEmpty {
      lines.append("    ssh-keys:")
      lines += principal.keys.map { "      - \(Self.quoted($0))" }
    }
    if !principal.roles.isEmpty { lines.append("    roles: [\(principal.roles.joined(separator: ", "))]") }
    return lines.joined(separator: "\n") + "\n"
  }

  mutating func write() {
    yaml = "# What `writ import --host \(host)` found, to be reviewed.\n"
    for (section, isService) in [("people", false), ("service-accounts", true)] {
      let entries = order.compactMap { principals[$0] }.filter { $0.isService == isService }
      if !entries.isEmpty { yaml += "\n\(section):\n" + entries.map(entry).joined() }
    }
    if !roles.isEmpty { yaml += "\nroles:\n" + roles.map { "  \($0.name): { allow: { \($0.allow) } }\n" }.joined() }
    if !resources.isEmpty { yaml += "\nresources:\n" + resources.map { "  \($0.name): { \($0.body) }\n" }.joined() }
  }
}
