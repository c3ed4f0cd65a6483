internal import WritPolicy
internal import WritSyntax

/// Who is the same person as whom, over both policies of a change.
///
/// Two names are one person when `previously` links them, or when they share an account, a uid, an e-mail address or a key: what is
/// ambiguous counts as the same, so that nobody approves twice or their own under another name.
struct ApprovalPeople {
  private let known: KnownIdentities
  private var parent: [PrincipalName: PrincipalName] = [:]
  /// By the one name that stands for an account: the people who answer for it.
  private var owners: [PrincipalName: Set<PrincipalName>] = [:]
  /// By the one name that stands for somebody: all names.
  private var names: [PrincipalName: [PrincipalName]] = [:]

  init(_ policies: [Policy]) {
    known = KnownIdentities(policies)
    var marks: [String: PrincipalName] = [:]
    for policy in policies {
      for person in policy.people.values {
        for old in person.previously { join(old.value, person.name.value) }
        for mark in Self.marks(of: person, in: policy) {
          if let other = marks.updateValue(person.name.value, forKey: mark) { join(other, person.name.value) }
        }
      }
      for account in policy.serviceAccounts.values {
        for old in account.previously { join(old.value, account.name.value) }
      }
    }
    for policy in policies {
      for account in policy.serviceAccounts.values {
        if let owner = account.owner { owners[person(account.name.value), default: []].insert(person(owner.value)) }
      }
    }
    for name in Set(policies.flatMap(\.principals)).sorted() { names[person(name), default: []].append(name) }
  }

  private static func marks(of person: Person, in policy: Policy) -> [String] {
    var marks = ["account " + policy.account(of: person.name.value)]
    if let uid = person.uid { marks.append("uid \(uid.value)") }
    if let email = person.email { marks.append("email " + email.value.lowercased()) }
    return marks + person.sshKeys.map { "key " + $0.value }
  }

  private mutating func join(_ a: PrincipalName, _ b: PrincipalName) {
    let (a, b) = (person(a), person(b))
    if a != b { parent[max(a, b)] = min(a, b) }
  }

  /// One name that stands for the person.
  func person(_ name: PrincipalName) -> PrincipalName {
    var name = name
    while let next = parent[name] { name = next }
    return name
  }

  /// Whether somebody may be the person who approves as `name`, or answer for the account that somebody is.
  func mayBe(_ somebody: Identity, _ name: PrincipalName) -> Bool {
    if known.comparison(somebody, .principal(name)).mayBeSame { return true }
    switch known.person(somebody) {
    case .unknown: return false
    case .known(let other): return people(behind: other).contains(person(name))
    case .ambiguous(let others): return others.contains { people(behind: $0).contains(person(name)) }
    }
  }

  /// The person, and of a service account those who answer for it too: who acts through a pipeline acts oneself.
  func people(behind name: PrincipalName) -> Set<PrincipalName> {
    let person = person(name)
    return (owners[person] ?? []).union([person])
  }

  /// Every name that the person has in either policy, sorted.
  func names(of name: PrincipalName) -> [PrincipalName] { names[person(name)] ?? [name] }
}
