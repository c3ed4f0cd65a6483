import Testing
import WritPolicy
import WritSyntax

@Suite struct CheckPrincipalTests {
  static let people: [CheckCase] = [
    CheckCase("two uids", .sharedUID, text: "people: { a: { uid: 2000 }, b: { uid: «2000» } }"),
    CheckCase(
      "a uid of a person and a service account", .sharedUID,
      text: "people: { a: { uid: 2000 } }\nservice-accounts: { s: { owner: li.na, uid: «2000» } }"),
    CheckCase("two addresses", .sharedEmail, text: "people: { a: { email: x@y }, b: { email: «X@Y» } }"),
    CheckCase(
      "two keys, comments apart", .sharedSSHKey,
      text: "people: { a: { ssh-keys: [$KEY1 a] }, b: { ssh-keys: [«$KEY1 b»] } }"),
    CheckCase("one key twice on one person", text: "people: { a: { ssh-keys: [$KEY1 a, $KEY1 b] } }"),
    CheckCase("two written accounts", .sharedAccount, text: "people: { a: { account: x }, b: { account: «x» } }"),
    CheckCase("two accounts by default", .sharedAccount, text: "people: { a.b: {}, «ab»: {} }"),
    CheckCase("a written and a default account", .sharedAccount, text: "people: { ab: {}, c: { account: «ab» } }"),
    CheckCase("an account with a dot", .invalidAccount, text: "people: { a: { account: «a.b» } }"),
    CheckCase("an account of the system", .invalidAccount, text: "people: { a: { account: «root» } }"),
    CheckCase(
      "an account too long", .invalidAccount, text: "people: { a: { account: «aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa» } }"),
    CheckCase("a default account without host access", text: "people: { 7up: {} }"),
    CheckCase(
      "a default account with host access", .invalidAccount,
      text: "people: { «7up»: { uid: 2000, roles: [r] } }\nroles: { r: { allow: { models: read } } }"),
    CheckCase(
      "a default account of the system", .invalidAccount,
      text: "people: { «daemon»: { uid: 2000, roles: [r] } }\nroles: { r: { allow: { models: read } } }"),
    CheckCase("root's uid", .invalidUID, text: "people: { a: { uid: «0» } }"),
    CheckCase("a system uid", .invalidUID, text: "people: { a: { uid: «999» } }"),
    CheckCase("nobody's uid", .invalidUID, text: "people: { a: { uid: «65534» } }"),
    CheckCase("too large a uid", .invalidUID, text: "people: { a: { uid: «2147483647» } }"),
    CheckCase("a uid with a zero before it", .invalidValue, text: "people: { a: { uid: «02000» } }"),
    CheckCase(
      "an invalid uid is not missing too", .invalidUID,
      text: "people: { a: { uid: «5», roles: [r] } }\nroles: { r: { allow: { models: read } } }"),
    CheckCase(
      "no uid with a role on hosts", .missingUID,
      text: "people: { «a»: { roles: [s] } }\nroles: { s: { includes: [r] }, r: { allow: { gpu-login: ssh } } }"),
    CheckCase(
      "no uid with a role in a cycle", .missingUID, .includeCycle,
      text:
        "people: { «a»: { roles: [s] } }\nroles: { s: { includes: [«r»] }, r: { includes: [s], allow: { train: run } } }"
    ),
    CheckCase(
      "no uid with a grant on hosts", .missingUID,
      text: "people: { «a»: {} }\ngrants: [{ to: a, allow: { models: read }, until: 2026-01-01 }]"),
    CheckCase(
      "no uid with what no host enforces",
      text: """
        people: { a: { roles: [r] } }
        roles: { r: { allow: { basic: read, x: push } } }
        resources: { x: { external: git host, operations: [push] } }
        """),
    CheckCase(
      "no uid of a tree's owner", .missingUID,
      text: """
        service-accounts: { «s»: { owner: li.na } }
        resources: { t: { hosts: [gpu], tree: /srv/t, owner: s } }
        """),
    CheckCase(
      "no uid of a run-as account", .missingUID,
      text: """
        service-accounts: { «s»: { owner: li.na } }
        resources: { t: { hosts: [gpu], command: /opt/t, run-as: s } }
        """),
    CheckCase(
      "a manager who is none", .notAPerson,
      text: "service-accounts: { s: { owner: li.na } }\npeople: { a: { manager: «s» } }"),
    CheckCase("one's own manager", .notAPerson, text: "people: { a: { manager: «a» } }"),
  ]

  static let keys: [CheckCase] = [
    CheckCase("not a key", .invalidSSHKey, text: "people: { a: { ssh-keys: [«hello»] } }"),
    CheckCase("an unknown type", .invalidSSHKey, text: "people: { a: { ssh-keys: [«ssh-dss AAAA»] } }"),
    CheckCase("options", .invalidSSHKey, text: "people: { a: { ssh-keys: [«restrict $KEY1»] } }"),
    CheckCase(
      "options with a command", .invalidSSHKey,
      text: "people: { a: { ssh-keys: [«'command=\"ls -l\" $KEY1'»] } }"),
    CheckCase(
      "cut off", .invalidSSHKey, text: "people: { a: { ssh-keys: [«ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEB»] } }"),
    CheckCase("not base64", .invalidSSHKey, text: "people: { a: { ssh-keys: [«ssh-ed25519 AAAA*3Nz»] } }"),
    CheckCase(
      "another type inside", .invalidSSHKey,
      text: "people: { a: { ssh-keys: [«ssh-rsa \(testKey(1).split(separator: " ")[1])»] } }"),
    CheckCase(
      "a private key", .invalidSSHKey, text: "people: { a: { ssh-keys: [«-----BEGIN OPENSSH PRIVATE KEY-----»] } }"),
    CheckCase("a short RSA key", .invalidSSHKey, text: "people: { a: { ssh-keys: [«\(rsaKey(bits: 1024))»] } }"),
    CheckCase("an RSA key", text: "people: { a: { ssh-keys: [\(rsaKey(bits: 2048))] } }"),
    CheckCase(
      "a host's key", .invalidSSHKey, text: "hosts: { h: { connect: \"root:h\", host-keys: [«ssh-ed25519»] } }"),
  ]

  static func rsaKey(bits: Int) -> String {
    "ssh-rsa "
      + base64(
        sshString("ssh-rsa".utf8) + sshString([1, 0, 1]) + sshString([0] + [UInt8](repeating: 0xc5, count: bits / 8)))
  }

  static let serviceAccounts: [CheckCase] = [
    CheckCase("no owner", .missingKey, text: "service-accounts: { «s»: { uid: 2000 } }"),
    CheckCase("nothing written", .missingKey, text: "service-accounts:\n  «s»:"),
    CheckCase(
      "an owner who is no person", .notAPerson, text: "service-accounts: { s: { owner: li.na }, t: { owner: «s» } }"),
    CheckCase("its own owner", .notAPerson, text: "service-accounts: { s: { owner: «s» } }"),
    CheckCase(
      "a credential without end and workload", .missingKey, .missingKey,
      text: "service-accounts: { ««s»»: { owner: li.na, credential: { kind: ssh-key, key: $KEY1 } } }"),
    CheckCase(
      "a credential of another kind", .invalidValue,
      text:
        "service-accounts: { s: { owner: li.na, workload: w, until: 2026-01-01, credential: { kind: «token», key: $KEY1 } } }"
    ),
    CheckCase(
      "a credential without a key", .missingKey,
      text: "service-accounts: { s: { owner: li.na, workload: w, until: 2026-01-01, credential: «{ kind: ssh-key }» } }"
    ),
    CheckCase(
      "a network with bits beyond its prefix", .invalidNetwork,
      text:
        "service-accounts: { s: { owner: li.na, workload: w, until: 2026-01-01, credential: { kind: ssh-key, key: $KEY1, from: [«10.1.2.3/16»] } } }"
    ),
    CheckCase(
      "an empty list of networks", .invalidValue,
      text:
        "service-accounts: { s: { owner: li.na, workload: w, until: 2026-01-01, credential: { kind: ssh-key, key: $KEY1, from: «[]» } } }"
    ),
    CheckCase(
      "a forced login", .wrongResourceKind,
      text:
        "service-accounts: { s: { owner: li.na, uid: 2000, workload: w, until: 2026-01-01, credential: { kind: ssh-key, key: $KEY1, run: «gpu-login» } } }"
    ),
    CheckCase(
      "two accounts for one workload", .sharedWorkload,
      text: "service-accounts: { s: { owner: li.na, workload: w }, t: { owner: li.na, workload: «w» } }"),
    CheckCase(
      "a login by role", .serviceAccountLogin,
      text: """
        service-accounts: { s: { owner: li.na, uid: 2000, roles: [«r»] } }
        roles: { r: { includes: [q] }, q: { allow: { gpu-login: ssh } } }
        """),
    CheckCase(
      "a login by grant", .serviceAccountLogin,
      text: """
        service-accounts: { s: { owner: li.na, uid: 2000 } }
        grants: [{ to: [li.na, «s»], allow: { gpu-login: all }, until: 2026-01-01 }]
        """),
    CheckCase("a home in the system", .unsafePath, text: "service-accounts: { s: { owner: li.na, home: «/etc/s» } }"),
    CheckCase(
      "a person as a tree's owner", .notAServiceAccount,
      text: "resources: { t: { hosts: [gpu], tree: /srv/t, owner: «li.na» } }"),
    CheckCase(
      "a person behind a command", .notAServiceAccount,
      text: "resources: { t: { hosts: [gpu], command: /opt/t, run-as: «li.na» } }"),
  ]

  @Test(arguments: people) func `what is wrong with people is found`(_ check: CheckCase) { check.expect() }
  @Test(arguments: keys) func `what is wrong with ssh keys is found`(_ check: CheckCase) { check.expect() }
  @Test(arguments: serviceAccounts) func `what is wrong with service accounts is found`(_ check: CheckCase) {
    check.expect()
  }
}
