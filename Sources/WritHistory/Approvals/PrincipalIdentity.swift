internal import WritDigest
internal import WritPolicy
internal import WritSyntax

/// What makes somebody that somebody on a target: the account, the uid, and the keys.
struct PrincipalIdentity {
  private let account: String
  private let uid: UInt32?
  private let keys: [String]

  init(_ name: PrincipalName, in policy: Policy) {
    account = policy.account(of: name)
    uid = policy.uid(of: name)
    keys = (SensitiveChange.keys(policy, name) + SensitiveChange.credential(policy, name) { $0 }).sorted()
  }

  var digest: Digest {
    let members: JSONValue = .members([
      "account": .string(account), "uid": uid.map { .integer(Int($0)) },
      "keys": .array(keys.map(JSONValue.string)),
    ])
    return Digest(of: members.canonical)
  }
}
