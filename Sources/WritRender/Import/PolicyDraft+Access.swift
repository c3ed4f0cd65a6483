internal import WritPlan
internal import WritPolicy

extension PolicyDraft {
  // MARK: trees and groups

  /// The groups that became those of trees.
  mutating func addTrees(_ inventory: HostInventory) -> Set<String> {
    var placed: Set<String> = []
    for tree in inventory.trees {
      let name = Self.unique("\(host)-\(Self.part(String(tree.path.dropFirst())))", &known.resources)
      var body = "hosts: [\(host)], tree: \(Self.quoted(tree.path))"
      if let owner = tree.owner, owner != "root" {
        if let principal = principals[owner], principal.isService {
          body += ", owner: \(principal.name)"
        } else {
          remark("tree \(tree.path): its owner \(owner) is no service account, so it becomes root's")
        }
      }
      let group = inventory.groups.first { $0.name == tree.group }
      var members: [String] = []
      if let group, !group.isSystem, LinuxName.isValid(group.name), principals[group.name] == nil,
        placed.insert(group.name).inserted
      {
        body += ", group: \(group.name)"
        members = group.members.filter { principals[$0] != nil }
        for other in group.members where principals[other] == nil {
          remark(
            "tree \(tree.path): \(other) of group \(group.name) is not in this draft, and is taken out of the group")
        }
      } else {
        remark(
          "tree \(tree.path): group \(tree.group ?? "without a name") can be no tree's, so it gets one of its own, and nobody reads it yet"
        )
      }
      if tree.mode & 0o007 != 0 {
        remark("tree \(tree.path): everybody else may use it now; the policy has no place for that")
      }
      resources.append((name, body))
      if !members.isEmpty { give(members, name, tree.mode & 0o020 != 0 ? "write" : "read") }
    }
    return placed
  }

  mutating func addGroups(_ inventory: HostInventory, except placed: Set<String>) {
    for group in inventory.groups where !placed.contains(group.name) && principals[group.name] == nil {
      let members = group.members.filter { principals[$0] != nil }
      guard !members.isEmpty else { continue }
      guard LinuxName.isValid(group.name) else {
        remark(
          "group \(group.name): the policy takes no such name; its members \(members.joined(separator: ", ")) stay in it"
        )
        continue
      }
      let primary = members.filter { principals[$0]?.account.gid == group.gid }
      for member in primary {
        remark("group \(group.name) is the primary group of \(member), who gets one of their own and stays a member")
      }
      let name = Self.unique("\(host)-\(Self.part(group.name))", &known.resources)
      let isRoot = LinuxName.rootGroups.contains(group.name)
      resources.append((name, "hosts: [\(host)], unix-group: \(group.name)" + (isRoot ? ", privileged: true" : "")))
      if isRoot {
        remark(
          "group \(group.name) amounts to root; the host takes changes of it only with `root-groups: \(group.name)` in /etc/writ/limits"
        )
      }
      give(members, name, "member")
    }
  }

  // MARK: sudo

  /// `USER ALL=(RUNAS) NOPASSWD: /path word…` and `""` for no arguments; everything else is listed.
  mutating func add(_ rule: HostInventory.Line) {
    let words = rule.text.split { $0 == " " || $0 == "\t" }.map(String.init)
    func isPlain(_ word: String) -> Bool {
      !word.isEmpty
        && word.unicodeScalars.allSatisfy {
          $0.isASCII && ($0.properties.isAlphabetic || "0123456789/._-+@".unicodeScalars.contains($0))
        }
    }
    guard words.count >= 5, words[1].hasPrefix("ALL=("), words[1].hasSuffix(")"), words[2] == "NOPASSWD:",
      let person = principals[words[0]], words[3].hasPrefix("/"),
      words[3...].dropFirst().allSatisfy({ isPlain($0) || $0 == "\"\"" }),
      isPlain(words[3]), words[4] != "\"\"" || words.count == 5
    else { return remark("\(rule.place): this rule of sudo has no place in the policy: \(rule.text)") }
    let runAs = String(words[1].dropFirst(5).dropLast())
    guard runAs == "root" || principals[runAs]?.isService == true else {
      return remark("\(rule.place): it runs as \(runAs), who is no service account of this draft: \(rule.text)")
    }
    let file = words[3].split(separator: "/").last.map(String.init) ?? ""
    let name = Self.unique("\(host)-\(Self.part(file))", &known.resources)
    var body = "hosts: [\(host)], command: \(Self.quoted(words[3]))"
    if words[4] != "\"\"" { body += ", arguments: [\(words[4...].map(Self.quoted).joined(separator: ", "))]" }
    if runAs != "root" { body += ", run-as: \(principals[runAs]?.name ?? runAs)" }
    if PrivilegedPrograms.kind(of: words[3]) != nil { body += ", privileged: true" }
    resources.append((name, body))
    give([person.account.name], name, "run")
    remark("\(rule.place): the rule is in the policy now, and stays in that file too until it is taken out there")
  }
}
