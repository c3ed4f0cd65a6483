import Testing
import WritTestSupport

@testable import WritHostLinux

/// Random trees under random rules, judged by `find` and `getfacl` and a second reading of the rules that shares no code
/// with the first.
@Suite(.enabled(if: TreeSandbox.isRoot, "needs root: changes owners"))
struct TreeLawTests {
  @Test(arguments: 1...10)
  func `a mended tree is right in every inode, by another's opinion too, and stays untouched`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let sandbox = try TreeSandbox()
    try sandbox.bash(Self.tree(&random))
    let inner = Self.rule("/srv/t/a/b", &random)
    var outer = Self.rule("/srv/t", &random)
    if Bool.random(using: &random) {
      outer.passers = ["/srv/t", "/srv/t/a"].map { TreeRule.Passer(folder: $0, group: TreeSandbox.others) }
    }
    let engine = try sandbox.engine(outer, inner)
    let before = try Facts(sandbox)

    for path in ["/srv/t", "/srv/t/a/b"] { #expect(try engine.mend(path, narrowOnly: true).isDone) }
    let narrowed = engine.scan()
    for path in ["/srv/t", "/srv/t/a/b"] {
      #expect(try narrowed.report(path).lines().allSatisfy { $0.hasPrefix("+ ") })
    }

    for path in ["/srv/t", "/srv/t/a/b"] { #expect(try engine.mend(path).isDone) }
    let scan = engine.scan()
    for path in ["/srv/t", "/srv/t/a/b"] {
      #expect(try scan.report(path).lines() == [])
      #expect(try scan.report(path).isComplete)
    }

    let after = try Facts(sandbox)
    #expect(after.files.count == before.files.count && before.files.count > 10)
    for file in after.files {
      let opinions = Set(after.names(of: file).map { naive($0, before, outer, inner) })
      let isForeign = file.kind != "d" && after.names(of: file).count < file.links
      if isForeign || opinions.count > 1 {
        #expect(file.text == before.file(file.path)?.text, "\(file.path) was to be left alone")
      } else {
        #expect(opinions.first == file.text, "\(file.path)")
      }
    }

    let ctimes = try sandbox.ctimes()
    for path in ["/srv/t", "/srv/t/a/b"] { #expect(try engine.mend(path).changed == 0) }
    #expect(try sandbox.ctimes() == ctimes)
  }

  // MARK: Random trees and rules

  private static func tree(_ random: inout SeededGenerator) -> String {
    let owners = ["0", "\(TreeSandbox.owner)", "\(TreeSandbox.stranger)"]
    let groups = ["0", "\(TreeSandbox.readers)", "\(TreeSandbox.writers)", "\(TreeSandbox.others)"]
    let rights = ["---", "r--", "r-x", "rw-", "rwx", "--x"]
    func one(_ values: [String]) -> String { values.randomElement(using: &random) ?? "" }
    var script = "mkdir -p srv/t/a/b\n"
    var folders = ["srv/t", "srv/t/a", "srv/t/a/b"]
    var files: [String] = []
    for index in 0..<22 {
      let path = one(folders) + "/n\(index)"
      switch Int.random(in: 0..<10, using: &random) {
      case 0...2:
        script += "mkdir \(path)\n"
        folders.append(path)
      case 3 where !files.isEmpty: script += "ln \(one(files)) \(path)\n"
      case 4: script += "ln -s /etc/hostname \(path); chown -h \(one(owners)):\(one(groups)) \(path)\n"
      case 5: script += "mkfifo \(path)\n"
      default:
        script += "touch \(path)\n"
        files.append(path)
      }
    }
    if let file = files.first { script += "ln \(file) srv/outside\n" }
    for path in folders + files {
      let mode = String(UInt16.random(in: 0...0o7777, using: &random), radix: 8)
      script += "chown \(one(owners)):\(one(groups)) \(path); chmod \(mode) \(path)\n"
      if Bool.random(using: &random) {
        script += "setfacl -m u:\(one(owners)):\(one(rights)),g:\(one(groups)):\(one(rights)) \(path)\n"
        if Bool.random(using: &random) { script += "setfacl -m m::\(one(rights)) \(path)\n" }
      }
    }
    for path in folders where Bool.random(using: &random) {
      script += "setfacl -d -m u:\(one(owners)):\(one(rights)),o::\(one(rights)) \(path)\n"
    }
    return script + "chmod 755 srv\n"
  }

  private static func rule(_ path: String, _ random: inout SeededGenerator) -> TreeRule {
    func some(_ ids: [UInt32]) -> [UInt32] { ids.filter { _ in Int.random(in: 0..<3, using: &random) == 0 } }
    return TreeSandbox.rule(path) {
      $0.directories = [0o2750, 0o2770, 0o700, 0o2710].randomElement(using: &random) ?? 0
      $0.files = [0o640, 0o660, 0o600, 0o440].randomElement(using: &random) ?? 0
      $0.readers = some([TreeSandbox.others, 62_010])
      $0.writers = some([TreeSandbox.writers, 62_011])
      $0.accountReaders = some([TreeSandbox.stranger, 61_010])
      $0.accountWriters = some([61_011, 61_012])
      $0.makers = Set(some([TreeSandbox.stranger, 61_011]))
    }
  }

  // MARK: The second opinion

  /// What `find` and `getfacl` say of everything below the tree.
  private struct Facts {
    struct File {
      var kind: Character
      var inode: String
      var links: Int
      var path: String
      var ownerExecutes: Bool
      /// Owner and group, then flags and entries as getfacl prints them.
      var text: String
    }

    var files: [File] = []

    init(_ sandbox: TreeSandbox) throws {
      var blocks: [String: [String]] = [:]
      for block in try sandbox.bash("getfacl -RPnpE srv/t").split(separator: "\n\n") {
        var lines = block.split(separator: "\n").map(String.init)
        blocks[String(lines.removeFirst().dropFirst("# file: ".count))] = Array(lines.dropFirst(2))
      }
      for line in try sandbox.bash("find srv/t -printf '%y %i %n %U:%G %m %p\\n'").split(separator: "\n") {
        let words = line.split(separator: " ").map(String.init)
        files.append(
          File(
            kind: words[0].first ?? "?", inode: words[1], links: Int(words[2]) ?? 0, path: words[5],
            ownerExecutes: (Int(words[4], radix: 8) ?? 0) & 0o100 != 0,
            text: ([words[3]] + (blocks[words[5]] ?? [])).joined(separator: " ")))
      }
    }

    func names(of file: File) -> [File] { files.filter { $0.inode == file.inode } }
    func file(_ path: String) -> File? { files.first { $0.path == path } }
  }

  /// What the rules say of one name, put together as text.
  private func naive(_ file: Facts.File, _ before: Facts, _ outer: TreeRule, _ inner: TreeRule) -> String {
    let isInner = file.path == "srv/t/a/b" || file.path.hasPrefix("srv/t/a/b/")
    let rule = isInner ? inner : outer
    var owner = rule.owner
    if !["srv/t", "srv/t/a", "srv/t/a/b"].contains(file.path),
      let maker = (before.file(file.path)?.text.prefix { $0 != ":" }).flatMap({ UInt32($0) }),
      rule.makers.contains(maker)
    {
      owner = maker
    }
    let ids = "\(owner):\(rule.group)"
    if file.kind == "l" { return ids }
    let isFolder = file.kind == "d"
    let executes = file.kind == "f" && file.ownerExecutes

    func letters(_ bits: UInt16) -> String {
      (bits & 4 > 0 ? "r" : "-") + (bits & 2 > 0 ? "w" : "-") + (bits & 1 > 0 ? "x" : "-")
    }
    func kept(_ bits: UInt16) -> UInt16 { executes && bits & 4 > 0 ? bits | 1 : bits }
    let mode = isFolder ? rule.directories : rule.files
    let reading = isFolder ? UInt16(5) : kept(4)
    let writing = isFolder ? UInt16(7) : kept(6)
    let isOnTheWay = ["srv/t", "srv/t/a"].contains(file.path)

    func list(_ passing: Bool) -> [String] {
      var users: [UInt32: UInt16] = [:]
      var groups: [UInt32: UInt16] = [:]
      for id in rule.accountReaders { users[id] = reading }
      for id in rule.accountWriters { users[id] = writing }
      if !rule.writers.isEmpty || !rule.accountWriters.isEmpty { users[rule.owner] = kept(mode >> 6 & 7) }
      for id in rule.readers { groups[id] = reading }
      for id in rule.writers { groups[id] = writing }
      if passing && isOnTheWay && !outer.passers.isEmpty {
        groups[TreeSandbox.others, default: 0] |= 1
      }
      let own = kept(mode >> 3 & 7)
      var lines = ["user::" + letters(kept(mode >> 6 & 7))]
      lines += users.sorted { $0.key < $1.key }.map { "user:\($0.key):" + letters($0.value) }
      lines.append("group::" + letters(own))
      lines += groups.sorted { $0.key < $1.key }.map { "group:\($0.key):" + letters($0.value) }
      if !users.isEmpty || !groups.isEmpty {
        lines.append("mask::" + letters((Array(users.values) + Array(groups.values)).reduce(own, |)))
      }
      return lines + ["other::---"]
    }

    var parts = [ids]
    if isFolder {
      let flags = "-" + (mode & 0o2000 > 0 ? "s" : "-") + (isOnTheWay ? "t" : "-")
      if flags != "---" { parts.append("# flags: " + flags) }
      parts += list(true) + list(false).map { "default:" + $0 }
    } else {
      parts += list(false)
    }
    return parts.joined(separator: " ")
  }
}

/// The kernel's opinion: who gets what, asked as somebody who has only those ids.
@Suite(.enabled(if: TreeSandbox.isRoot, "needs root: changes owners"))
struct TreeKernelTests {
  @Test func `everybody may do what the rule says and nothing else`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash(
      "cd srv/t; mkdir -p d/e; touch f d/g d/e/h; chmod 755 d/g; chmod 777 d; chmod 666 f; chmod 755 ../..")
    let engine = try sandbox.engine(
      TreeSandbox.rule {
        $0.writers = [TreeSandbox.writers]
        $0.accountReaders = [61_010]
        $0.accountWriters = [61_011]
      })
    #expect(try engine.mend("/srv/t").isDone)
    let nobody: UInt32 = 65_000
    let cases: [(uid: UInt32, gid: UInt32, may: String)] = [
      (TreeSandbox.owner, nobody, "rw"), (nobody, TreeSandbox.readers, "r"), (nobody, TreeSandbox.writers, "rw"),
      (61_010, nobody, "r"), (61_011, nobody, "rw"), (TreeSandbox.stranger, nobody, ""),
      (nobody, TreeSandbox.others, ""),
    ]
    for (uid, gid, may) in cases {
      let reached = try sandbox.bash(
        """
        as="setpriv --reuid \(uid) --regid \(gid) --clear-groups"
        for p in srv/t/f srv/t/d/g srv/t/d/e/h; do for o in r w; do $as test -$o $p && echo -n $o || true; done; done
        $as test -x srv/t/d/g && echo -n x || true
        $as touch srv/t/d/new 2>/dev/null && echo -n n || true; rm -f srv/t/d/new
        """)
      let expected = may.isEmpty ? "" : "\(may)\(may)\(may)x" + (may == "rw" ? "n" : "")
      #expect(reached == expected, "\(uid):\(gid)")
    }
  }
}
