import Testing
import WritPolicy
import WritSyntax
import WritTestSupport

@Suite struct CheckBackupTests {
  private static func tree(_ backup: String, path: String = "/srv/t") -> String {
    "resources: { t: { hosts: [gpu], tree: \"\(path)\", backup: \(backup) } }"
  }

  private static func two(_ first: String, _ second: String) -> String {
    "resources:\n  a: { hosts: [gpu], \(first) }\n  b: { hosts: [gpu01], \(second) }"
  }

  static let written: [CheckCase] = [
    CheckCase("a whole backup", text: tree("{ every: 1d, keep: 14, to: /srv/backup/t }")),
    CheckCase("the least", text: tree("{ every: 1h, keep: 1, to: /data/t }")),
    CheckCase("a blank in its folder", text: tree("{ every: 1d, keep: 2, to: \"/srv/old things\" }")),
    CheckCase(
      "a backup of personal folders", text: tree("{ every: 1d, keep: 2, to: /srv/b }", path: "/srv/t/{account}")),
    CheckCase("no backup at all", .wrongType, text: tree("«/srv/backup/t»")),
    CheckCase(
      "no period", .missingKey,
      text: "resources: { t: { hosts: [gpu], tree: /srv/t, «backup»: { keep: 1, to: /srv/b } } }"),
    CheckCase(
      "nothing kept and nowhere", .missingKey,
      text: "resources: { t: { hosts: [gpu], tree: /srv/t, «backup»: { every: 1d } } }"),
    CheckCase("a mistyped key", .unknownKey, text: tree("{ «ever»: 1d, keep: 1, to: /srv/b }")),
    CheckCase("a period that is none", .invalidValue, text: tree("{ every: «daily», keep: 1, to: /srv/b }")),
    CheckCase("a short period", .invalidValue, text: tree("{ every: «59m», keep: 1, to: /srv/b }")),
    CheckCase("nothing kept", .invalidValue, text: tree("{ every: 1d, keep: «0», to: /srv/b }")),
    CheckCase("too much kept", .invalidValue, text: tree("{ every: 1d, keep: «10001», to: /srv/b }")),
    CheckCase("a number that is none", .invalidValue, text: tree("{ every: 1d, keep: «-1», to: /srv/b }")),
    CheckCase("a folder of the system", .unsafePath, text: tree("{ every: 1d, keep: 1, to: «/etc/b» }")),
    CheckCase("a folder for all", .unsafePath, text: tree("{ every: 1d, keep: 1, to: «/srv» }")),
    CheckCase("a relative folder", .unsafePath, text: tree("{ every: 1d, keep: 1, to: «srv/b» }")),
    CheckCase("a folder above", .unsafePath, text: tree("{ every: 1d, keep: 1, to: «/srv/b/../t» }")),
    CheckCase(
      "a folder for each person", .unsafePath, text: tree("{ every: 1d, keep: 1, to: «\"/srv/b/{account}\"» }")),
    CheckCase(
      "a backup of a command", .conflictingKeys,
      text: "resources: { t: { hosts: [gpu], command: /opt/t, «backup»: { every: 1d, keep: 1, to: /srv/b } } }"),
  ]

  static let places: [CheckCase] = [
    CheckCase("in its own tree", .backupPlace, text: tree("{ every: 1d, keep: 1, to: «/srv/t/b» }")),
    CheckCase("its own tree", .backupPlace, text: tree("{ every: 1d, keep: 1, to: «/srv/t» }")),
    CheckCase("around its tree", .backupPlace, text: tree("{ every: 1d, keep: 1, to: «/srv/a» }", path: "/srv/a/t")),
    CheckCase(
      "among personal folders", .backupPlace,
      text: tree("{ every: 1d, keep: 1, to: «/srv/p/backup» }", path: "/srv/p/{account}/out")),
    CheckCase("beside it", text: tree("{ every: 1d, keep: 1, to: /srv/t.old }")),
    CheckCase(
      "below another tree", .backupPlace,
      text: two("tree: /srv/a, backup: { every: 1d, keep: 1, to: «/srv/b/old» }", "tree: /srv/b")),
    CheckCase(
      "around another tree", .backupPlace,
      text: two("tree: /srv/a, backup: { every: 1d, keep: 1, to: «/data/b» }", "tree: /data/b/c")),
    CheckCase(
      "two in one folder", .backupPlace,
      text: two(
        "tree: /srv/a, backup: { every: 1d, keep: 1, to: /data/x }",
        "tree: /srv/b, backup: { every: 1d, keep: 1, to: «/data/x» }")),
    CheckCase(
      "one in the other", .backupPlace,
      text: two(
        "tree: /srv/a, backup: { every: 1d, keep: 1, to: /data/x/y }",
        "tree: /srv/b, backup: { every: 1d, keep: 1, to: «/data/x» }")),
    CheckCase(
      "one folder on two hosts",
      text: """
        hosts: { h: { connect: "root:h" } }
        resources:
          a: { hosts: [h], tree: /srv/a, backup: { every: 1d, keep: 1, to: /data/x } }
          b: { hosts: [gpu], tree: /srv/b, backup: { every: 1d, keep: 1, to: /data/x } }
        """),
  ]

  @Test(arguments: written) func `what is wrong with a backup is found`(_ check: CheckCase) { check.expect() }
  @Test(arguments: places) func `snapshots lie beside all trees`(_ check: CheckCase) { check.expect() }

  @Test func `how long and where snapshots are kept is read as written`() throws {
    let text = Self.tree("{ every: 36h, keep: 14, to: /srv/backup/t }", path: "/srv/p/{account}/x")
    let (policy, _) = MarkedText(text).decoded()
    guard case .tree(let tree)? = policy.resources.values.first?.kind else {
      Issue.record("no tree")
      return
    }
    #expect(tree.backup?.every.value == Duration(seconds: 129_600) && tree.backup?.keep.value == 14)
    #expect(tree.backup?.to.value == "/srv/backup/t" && tree.folder == "/srv/p")
  }
}
