import Glibc
import WritSystem
import WritTestSupport

/// What a sandbox host and a vault show, read without any code of the product. Numbers that each host gives itself are
/// shown as names, retired accounts are left out, and so are the header lines that name a commit.
struct Shown: Equatable, Sendable {
  /// By what it is about: `passwd ann`, `group readers`, `file /etc/writ/ends`, `path /opt/envs`, `vault lab/basic`.
  var facts: [String: String] = [:]

  /// One line for each fact that differs; only those for which `isCompared`.
  func differences(from other: Shown, where isCompared: (String) -> Bool = { _ in true }) -> [String] {
    Set(facts.keys).union(other.facts.keys).filter(isCompared).sorted().compactMap { key in
      facts[key] == other.facts[key] ? nil : "\(key):\n    \(facts[key] ?? "-")\n    \(other.facts[key] ?? "-")"
    }
  }
}

extension World {
  static let managedFolders = ["/opt", "/srv", "/data"]

  /// An account that is in use, as the sandbox host has it.
  struct Account {
    var name: String
    var uid: String
    var gid: String
    /// Numbers of all its groups.
    var groups: [String]
  }

  func fields(_ file: String) throws -> [[String]] {
    String(decoding: try FileContents.read(host + file), as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// Accounts of the policy's that are not retired.
  func activeAccounts() throws -> [Account] {
    let retired = try retiredAccounts()
    let groups = try fields("/etc/group")
    return try fields("/etc/passwd").filter { Int($0[2]) ?? 0 >= 1000 && $0[0] != "nobody" && !retired.contains($0[0]) }
      .map { line in
        let more = groups.filter { $0[3].split(separator: ",").map(String.init).contains(line[0]) }.map { $0[2] }
        return Account(name: line[0], uid: line[2], gid: line[3], groups: [line[3]] + more)
      }
  }

  private func retiredAccounts() throws -> Set<String> {
    Set(try fields("/etc/shadow").filter { $0[1] == "!*" && $0[7] == "1" }.map { $0[0] })
  }

  func shown() throws -> Shown {
    var shown = Shown()
    let retired = try retiredAccounts()
    for file in ["passwd", "shadow"] {
      for line in try fields("/etc/" + file) where !retired.contains(line[0]) {
        // The day of the last change of a password is no part of the policy.
        let kept = file == "shadow" ? Array(line[..<2] + line[3...]) : line
        shown.facts["\(file) \(line[0])"] = kept.joined(separator: ":")
      }
    }
    let derived = 50000...59999
    for file in ["group", "gshadow"] {
      for line in try fields("/etc/" + file) where !retired.contains(line[0]) {
        var line = line
        if file == "group", let number = Int(line[2]), derived.contains(number) { line[2] = "derived" }
        line[3] = line[3].split(separator: ",").sorted().joined(separator: ",")
        shown.facts["\(file) \(line[0])"] = line.joined(separator: ":")
      }
    }
    try addFiles(&shown)
    try addTrees(&shown)
    try addVault(&shown)
    return shown
  }

  private func addFiles(_ shown: inout Shown) throws {
    let listed = try run(
      "/usr/bin/find",
      [
        "etc/ssh/authorized_keys.d", "etc/ssh/sshd_config.d", "etc/sudoers.d", "etc/writ/ends", "home", "-maxdepth",
        "1",
      ]
      .filter { $0 != "etc/writ/ends" || access(host + "/" + $0, F_OK) == 0 }
        + ["-printf", "%y %m %U %G %p\\n"], in: host)
    let retired = try retiredAccounts()
    for line in listed.output.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 4).map(String.init)
      let path = "/" + parts[4]
      if path.hasPrefix("/home/"), retired.contains(String(path.dropFirst(6))) { continue }
      var text = parts[..<4].joined(separator: " ")
      if parts[0] == "f" {
        text += String(decoding: try FileContents.read(host + path), as: UTF8.self).split(separator: "\n")
          .filter { !$0.hasPrefix("# writ ") }.map { "\n    " + $0 }.joined()
      }
      shown.facts["file \(path)"] = text
    }
  }

  private func addTrees(_ shown: inout Shown) throws {
    let found = try run(
      "/usr/bin/getfacl", ["-n", "-R", "-P", "-p"] + Self.managedFolders.map { host + $0 })
    let users = Dictionary(try fields("/etc/passwd").map { ($0[2], $0[0]) }) { first, _ in first }
    let groups = Dictionary(try fields("/etc/group").map { ($0[2], $0[0]) }) { first, _ in first }
    for block in found.output.split(separator: "\n\n") {
      var path = ""
      var text: [String] = []
      for line in block.split(separator: "\n").map(String.init) {
        if line.hasPrefix("# file: ") {
          path = String(line.dropFirst("# file: ".count + host.count))
        } else if line.hasPrefix("# owner: ") {
          text.append(users[String(line.dropFirst(9))] ?? line)
        } else if line.hasPrefix("# group: ") {
          text.append(groups[String(line.dropFirst(9))] ?? line)
        } else {
          var words = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
          let at = words.first == "default" ? 1 : 0
          if words.count > at + 1, !words[at + 1].isEmpty {
            words[at + 1] = (words[at] == "user" ? users : groups)[words[at + 1]] ?? words[at + 1]
          }
          text.append(words.joined(separator: ":"))
        }
      }
      // Entries stand in order of their numbers, which differ.
      shown.facts["path \(path)"] =
        text[..<min(2, text.count)].joined(separator: " ") + " "
        + text.dropFirst(2).sorted().joined(separator: " ")
    }
  }

  private func addVault(_ shown: inout Shown) throws {
    guard access(vault, F_OK) == 0 else { return }
    let found = try run("/usr/bin/find", [vault, "-name", ".age-recipients", "-printf", "%P\\n"])
    for path in found.output.split(separator: "\n").map(String.init) {
      let text = String(decoding: try FileContents.read(vault + "/" + path), as: UTF8.self)
      let keys = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.sorted()
      shown.facts["vault " + path.dropLast("/.age-recipients".count)] = keys.joined(separator: " ")
    }
  }

  /// What the kernel lets each account in use do with each path: `rwx`, by `ACCOUNT PATH`.
  func kernelAccess(_ paths: [String]) throws -> [String: String] {
    guard !paths.isEmpty else { return [:] }
    let script = """
      for p; do
        r=-; w=-; x=-
        [ -r "$p" ] && r=r; [ -w "$p" ] && w=w; [ -x "$p" ] && x=x
        echo "$r$w$x"
      done
      """
    var access: [String: String] = [:]
    for account in try activeAccounts() {
      let found = try run(
        "/usr/bin/setpriv",
        [
          "--reuid", account.uid, "--regid", account.gid, "--groups", account.groups.joined(separator: ","),
          "--inh-caps=-all", "--bounding-set=-all", "/bin/sh", "-c", script, "sh",
        ] + paths.map { host + $0 }, in: "/")
      let answers = found.output.split(separator: "\n").map(String.init)
      guard answers.count == paths.count else { throw Failure(description: found.errors) }
      for (path, answer) in zip(paths, answers) { access["\(account.name) \(path)"] = answer }
    }
    return access
  }
}
