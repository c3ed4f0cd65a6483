import Testing
import WritPolicy
import WritSyntax

@Suite struct CheckResourceTests {
  static func tree(_ path: String) -> String { "resources: { t: { hosts: [gpu], tree: \(path), group: tt } }" }
  static func command(_ rest: String) -> String { "resources: { t: { hosts: [gpu], \(rest) } }" }

  static let forms: [CheckCase] = [
    CheckCase("nothing to enforce", .missingKey, text: "resources: { «t»: { hosts: [gpu] } }"),
    CheckCase("two things", .conflictingKeys, text: "resources: { t: { hosts: [gpu], tree: /srv/t, «login»: ssh } }"),
    CheckCase("no hosts", .missingKey, text: "resources: { «t»: { tree: /srv/t } }"),
    CheckCase("an empty list of hosts", .invalidValue, text: "resources: { t: { hosts: «[]», tree: /srv/t } }"),
    CheckCase(
      "hosts of what is not enforced", .conflictingKeys,
      text: "resources: { t: { «hosts»: [gpu], external: x, operations: [push] } }"),
    CheckCase("no operations", .missingKey, text: "resources: { «t»: { external: x } }"),
    CheckCase("an operation named all", .invalidName, text: "resources: { t: { external: x, operations: [«all»] } }"),
    CheckCase(
      "a key of another kind", .conflictingKeys,
      text: "resources: { t: { hosts: [gpu], login: ssh, «run-as»: root } }"),
    CheckCase("a login by another way", .invalidValue, text: "resources: { t: { hosts: [gpu], login: «telnet» } }"),
    CheckCase("egress to anything else", .invalidValue, text: "resources: { t: { hosts: [gpu], egress: «internal» } }"),
    CheckCase("egress nowhere", .missingKey, text: "resources: { «t»: { egress: external } }"),
    CheckCase("a host over ssh without a key", .missingKey, text: "hosts: { «h»: { connect: \"ssh://writ@h\" } }"),
    CheckCase("a host over ssh as nobody", .invalidValue, text: "hosts: { h: { connect: «\"ssh://h\"» } }"),
    CheckCase("a host over nothing", .invalidValue, text: "hosts: { h: { connect: «serial» } }"),
    CheckCase("a host without a connection", .missingKey, text: "hosts: { «h»: { labels: [x] } }"),
    CheckCase(
      "two hosts in one folder", .sharedConnection,
      text: "hosts: { h: { connect: \"root:a\" }, i: { connect: «\"root:a\"» } }"),
    CheckCase(
      "a watch of a command", .conflictingKeys,
      text: "resources: { t: { hosts: [gpu], command: /opt/t, «watch»: key } }"),
    CheckCase(
      "a watch with a blank", .invalidValue, text: "resources: { t: { hosts: [gpu], tree: /srv/t, watch: «a b» } }"),
    CheckCase(
      "a watch with a rule in it", .invalidValue,
      text: "resources: { t: { hosts: [gpu], tree: /srv/t, watch: «\"k,task\"» } }"),
    CheckCase(
      "a watch with a long key", .invalidValue,
      text: "resources: { t: { hosts: [gpu], tree: /srv/t, watch: «a234567890123456789012345678901x» } }"),
    CheckCase(
      "a watch with a key of writ's", .invalidValue,
      text: "resources: { t: { hosts: [gpu], tree: /srv/t, watch: «writ-ssh» } }"),
    CheckCase(
      "a watch of a path with a blank", .unsafePath,
      text: "resources: { t: { hosts: [gpu], tree: «/opt/a b», watch: key } }"),
    CheckCase(
      "watches",
      text: """
        resources:
          t: { hosts: [gpu], tree: /srv/t, watch: conda_env_write }
          p: { hosts: [gpu], tree: "/srv/p/{account}", watch: a23456789012345678901234567890x }
        """),
    CheckCase(
      "keys of a personal tree", .conflictingKeys, .conflictingKeys,
      text: """
        resources: { t: { hosts: [gpu], tree: "/srv/p/{account}", «group»: x, «mode»: { files: "0600" } } }
        """),
  ]

  static let paths: [CheckCase] =
    [
      "srv/t", "/", "/srv/../etc", "/srv/./t", "/srv//t", "/srv/t/", "/etc", "/etc/ssh", "/usr/local/t", "/home",
      "/root/t",
      "/var", "/var/lib", "/lib64/t", "/proc/1", "/run/t", "/srv", "/opt", "/tmp", "\"/{account}\"",
      "\"/var/{account}\"",
      "\"/srv/x{account}\"", "\"/srv/{account}/{account}\"", "\"/srv/{user}\"",
    ].map { CheckCase("the tree \($0)", .unsafePath, text: "resources: { t: { hosts: [gpu], tree: «\($0)» } }") }
    + ["/srv/t", "/var/lib/models", "/data", "\"/home/{account}/work\"", "/opt/a b"].map {
      CheckCase("the tree \($0)", text: "resources: { t: { hosts: [gpu], tree: \($0) } }")
    }
    + ["train", "/opt/../bin/sh", "/opt/t/", "/opt/a b", "\"/opt/*\"", "\"/opt/a,b\"", "\"/opt/a:b\""].map {
      CheckCase("the command \($0)", .unsafePath, text: "resources: { t: { hosts: [gpu], command: «\($0)» } }")
    } + [
      CheckCase(
        "one folder twice", .duplicatePath,
        text: "resources: { t: { hosts: [gpu01], tree: /srv/t }, u: { hosts: [gpu], tree: «/srv/t» } }"),
      CheckCase(
        "one folder on two hosts",
        text: """
          hosts: { h: { connect: "root:h" } }
          resources: { t: { hosts: [gpu01], tree: /srv/t }, u: { hosts: [h], tree: /srv/t } }
          """),
      CheckCase(
        "a tree in a tree",
        text: "resources: { t: { hosts: [gpu], tree: /srv/t }, u: { hosts: [gpu], tree: /srv/t/u } }"),
      CheckCase(
        "a tree that is somebody's folder", .duplicatePath,
        text: "resources: { t: { hosts: [gpu], tree: «/srv/outputs/lina» } }"),
      CheckCase(
        "a tree beside the folders of people", text: "resources: { t: { hosts: [gpu], tree: /srv/outputs/shared } }"),
    ]

  static let modes: [CheckCase] =
    ["2755", "2770", "6750", "3750", "0750", "99", "u+rwx", "12750", "02750"].map {
      CheckCase(
        "directories \($0)", .invalidMode,
        text: "resources: { t: { hosts: [gpu], tree: /srv/t, mode: { directories: «\($0)» } } }")
    }
    + ["0644", "0660", "4640", "2640", "0641", "0740"].map {
      CheckCase(
        "files \($0)", .invalidMode, text: "resources: { t: { hosts: [gpu], tree: /srv/t, mode: { files: «\($0)» } } }")
    }
    + ["0640", "640", "0600", "0440", "0400"].map {
      CheckCase("files \($0)", text: "resources: { t: { hosts: [gpu], tree: /srv/t, mode: { files: \"\($0)\" } } }")
    }

  static let groups: [CheckCase] = [
    CheckCase(
      "a group with a dot", .invalidGroup, text: "resources: { t: { hosts: [gpu], tree: /srv/t, group: «a.b» } }"),
    CheckCase("a group by default", .invalidGroup, text: "resources: { «a.b»: { hosts: [gpu], tree: /srv/t } }"),
    CheckCase(
      "no group by default for a personal tree",
      text: "resources: { a.b: { hosts: [gpu], tree: \"/srv/t/{account}\" } }"),
    CheckCase(
      "the writers' group by default", .invalidGroup,
      text: "resources: { «a2345678901234567890123456789012»: { hosts: [gpu], tree: /srv/t } }"),
    CheckCase(
      "a group of the system", .invalidGroup,
      text: "resources: { t: { hosts: [gpu], tree: /srv/t, writers: «docker» } }"),
    CheckCase(
      "a group of the system by default", .invalidGroup, text: "resources: { «video»: { hosts: [gpu], tree: /srv/t } }"),
    CheckCase(
      "readers who are writers", .groupConflict,
      text: "resources: { t: { hosts: [gpu], tree: /srv/t, group: a, writers: «a» } }"),
    CheckCase(
      "a system group that follows from a tree", .groupConflict,
      text: "resources: { t: { hosts: [gpu], tree: /srv/t, group: a }, u: { hosts: [gpu], unix-group: «a» } }"),
    CheckCase("a group that is none", .invalidGroup, text: "resources: { u: { hosts: [gpu], unix-group: «A B» } }"),
    CheckCase(
      "a group that amounts to root", .needsPrivileged, text: "resources: { u: { hosts: [gpu], unix-group: «docker» } }"
    ),
    CheckCase("the same, meant", text: "resources: { u: { hosts: [gpu], unix-group: docker, privileged: true } }"),
  ]

  static let commands: [CheckCase] =
    [
      "/bin/bash", "/usr/bin/vim.basic", "/usr/bin/less", "/usr/bin/python3.11", "/usr/bin/env", "/usr/bin/tee",
      "/usr/bin/gawk",
    ]
    .map { CheckCase("the command \($0)", .needsPrivileged, text: command("command: «\($0)»")) }
    + [
      CheckCase(
        "a word that is two to sudo", .invalidValue, text: command("command: /opt/x, arguments: [--all, «\"a b\"»]")),
      CheckCase("a shell, meant", text: command("command: /bin/bash, privileged: true")),
      CheckCase("a shell, said not to be", .needsPrivileged, text: command("command: «/bin/bash», privileged: false")),
      CheckCase(
        "a shell with any arguments is one finding", .needsPrivileged,
        text: command("command: «/bin/sh», arguments: any")),
      CheckCase("any arguments", .needsPrivileged, text: command("command: /opt/t, arguments: «any»")),
      CheckCase("an open pattern", .needsPrivileged, text: command("command: /opt/t, arguments: «\"^.*$\"»")),
      CheckCase(
        "a digest in large letters", .invalidValue,
        text: command("command: /opt/t, sha256: «\(String(repeating: "A", count: 64))»")),
      CheckCase("a digest that is short", .invalidValue, text: command("command: /opt/t, sha256: «abc»")),
      CheckCase(
        "a digest", text: command("command: /opt/t, log-output: true, sha256: \(String(repeating: "a", count: 64))")),
      CheckCase("half a log", .invalidValue, text: command("command: /opt/t, log-output: «stderr»")),
      CheckCase("no arguments", text: command("command: /opt/t, arguments: none")),
      CheckCase("exact words", text: command("command: /opt/t, arguments: [start, \"--now\"]")),
      CheckCase(
        "alternatives in parentheses", text: command("command: /opt/t, arguments: \"^(a|b[|(]|[^]x]) [[:alpha:]]$\"")),
      CheckCase("an empty word", .invalidValue, text: command("command: /opt/t, arguments: [«\"\"»]")),
    ]
    + [
      "start", "\"^start\"", "\"start$\"", "\"^a|b$\"", "\"^a\\\\$\"", "\"^(a$\"", "\"^a)$\"", "\"^[a$\"",
      "\"^a$, /bin/sh ^b$\"", "\"^[$, /bin/sh ^b]$\"", "\"^a#b$\"",
    ].map {
      CheckCase("the arguments \($0)", .invalidValue, text: command("command: /opt/t, arguments: «\($0)»"))
    }

  static let vaults: [CheckCase] = [
    CheckCase("no folder", .missingKey, text: "sharing-groups: { «x»: { vault: team } }"),
    CheckCase(
      "a folder that leads out", .unsafePath, text: "sharing-groups: { x: { vault: team, folder: «a/../../b» } }"),
    CheckCase("an absolute folder", .unsafePath, text: "sharing-groups: { x: { vault: team, folder: «/a» } }"),
    CheckCase(
      "one folder twice", .overlappingFolders,
      text: "sharing-groups: { x: { vault: team, folder: a }, y: { vault: team, folder: «a» } }"),
    CheckCase(
      "a folder inside another", .overlappingFolders,
      text:
        "sharing-groups: { x: { vault: team, folder: «a/b/c» }, y: { vault: team, folder: a }, z: { vault: team, folder: a-b } }"
    ),
    CheckCase("MFA", .vaultCannot, text: "sharing-groups: { x: { vault: team, folder: a, mfa: «required» } }"),
    CheckCase(
      "an approval", .vaultCannot, text: "sharing-groups: { x: { vault: team, folder: a, approval: «each-view» } }"),
    CheckCase("use without read", .vaultCannot, text: "roles: { r: { allow: { basic: «use» } } }"),
    CheckCase(
      "use by grant", .vaultCannot, text: "grants: [{ to: li.na, allow: { basic: [«use», read] }, until: 2026-01-01 }]"),
    CheckCase("use denied", text: "roles: { r: { deny: { basic: use } } }"),
    CheckCase(
      "a secret's name", .invalidName,
      text: "sharing-groups: { x: { vault: team, folder: a, secrets: { «../x»: {} } } }"),
  ]

  static let grants: [CheckCase] = [
    CheckCase("a grant without end", .missingKey, text: "grants: [{ to: «li.na», allow: { models: read } }]"),
    CheckCase("a grant to nobody", .missingKey, text: "grants: [{ «allow»: { models: read }, until: 2026-01-01 }]"),
    CheckCase(
      "a grant to an empty list", .invalidValue,
      text: "grants: [{ to: «[]», allow: { models: read }, until: 2026-01-01 }]"),
    CheckCase("a grant of nothing", .missingKey, text: "grants: [{ to: «li.na», until: 2026-01-01 }]"),
    CheckCase(
      "a grant of no permissions", .invalidValue, text: "grants: [{ to: li.na, allow: «{}», until: 2026-01-01 }]"),
    CheckCase(
      "a grant of both", .conflictingKeys,
      text: "grants: [{ to: li.na, role: member, «allow»: { models: read }, until: 2026-01-01 }]"),
    CheckCase(
      "a grant that denies", .unknownKey, .missingKey,
      text: "grants: [{ «deny»: { models: read }, to: «li.na», until: 2026-01-01 }]"),
    CheckCase("a test without a subject", .missingKey, text: "tests: [{ name: «t», can: { models: read } }]"),
    CheckCase("a test without a claim", .missingKey, text: "tests: [{ name: «t», who: {} }]"),
    CheckCase("a test without a name", .missingKey, text: "tests: [«{ who: {}, can: { models: read } }»]"),
    CheckCase("only with cannot", .conflictingKeys, text: "tests: [{ name: t, only: [], «cannot»: { models: read } }]"),
    CheckCase(
      "a test of two subjects", .conflictingKeys,
      text: "tests: [{ name: t, who: {}, «only»: [], can: { models: read } }]"),
    CheckCase(
      "a who that is no who", .unknownKey, text: "tests: [{ name: t, who: { «tags»: x }, can: { models: read } }]"),
  ]

  @Test(arguments: forms) func `what is wrong with forms is found`(_ check: CheckCase) { check.expect() }
  @Test(arguments: paths) func `what is wrong with paths is found`(_ check: CheckCase) { check.expect() }
  @Test(arguments: modes) func `what is wrong with modes is found`(_ check: CheckCase) { check.expect() }
  @Test(arguments: groups) func `what is wrong with groups is found`(_ check: CheckCase) { check.expect() }
  @Test(arguments: commands) func `what is wrong with commands is found`(_ check: CheckCase) { check.expect() }
  @Test(arguments: vaults) func `what is wrong with vaults is found`(_ check: CheckCase) { check.expect() }
  @Test(arguments: grants) func `what is wrong with grants and tests is found`(_ check: CheckCase) { check.expect() }

  /// Settings are once in a policy, so these come without the common file.
  @Test(arguments: [
    ("vaults: { v: { kind: «openbao», address: x } }", [Slug.invalidValue]),
    ("vaults: { «v»: { kind: age } }", [.missingKey]),
    ("vaults: { v: { kind: age, path: p, custodians: [«nobody»] } }", [.unknownPrincipal]),
    ("vaults: { v: { kind: age, path: p, custodians: [«b»] } }\npeople: { b: {} }", [.custodianWithoutKey]),
    ("vaults: { v: { kind: age, path: p, custodians: [b] } }\npeople: { b: { ssh-keys: [«x»] } }", [.invalidSSHKey]),
    ("timezone: «Mars/Olympus»\npeople: { b: { until: 2026-03-29T02:30 } }", [.unknownTimezone]),
    ("internal-networks: [«10.0.0.0/33», «'fd00::1::/8'», 10.0.0.1, '::1']", [.invalidNetwork, .invalidNetwork]),
    (
      "internal-networks: [10.0.0.0/8, «0.0.0.0/1», 128.0.0.0/1]\nhosts: { h: { connect: \"root:h\" } }\n"
        + "resources: { net: { hosts: [h], egress: external } }", [.egressWithoutEffect]
    ), ("internal-networks: [0.0.0.0/0]", []),
    (
      "internal-networks: [0.0.0.0/1, «'::/0'»]\nhosts: { h: { connect: \"root:h\" } }\n"
        + "resources: { net: { hosts: [h], egress: external } }", [.egressWithoutEffect]
    ),
    ("branch: «refs..heads»", [.invalidValue]), ("«threshold»: 2", [.unknownKey]),
    ("key-threshold: «0»", [.invalidValue]),
    ("signers: «\"\"»", [.invalidValue]),
  ])
  func `what is wrong with settings is found`(text: String, slugs: [Slug]) {
    let marked = MarkedText("settings:\n  " + text)
    let (_, findings) = marked.decoded()
    #expect(findings.map(\.slug) == slugs, "\(findings.map(\.message))")
    #expect(findings.map(\.span) == marked.marks)
  }
}
