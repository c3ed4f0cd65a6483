public import WritPolicy
internal import WritSyntax

/// The people of one policy or of several, and by what they are known: name, former names, e-mails, keys.
///
/// People are compared, not strings. What a policy says is certain; what only looks alike (the local part of an e-mail in
/// another domain, a full name) makes an identity ambiguous. So does one e-mail or key that belongs to two people, and a
/// `previously` that joins two people whom another of the policies tells apart.
///
/// Give every policy that matters: for the approval of a change the accepted one and the new one, so that neither can make
/// two people of one or one of two.
public struct KnownIdentities: Sendable {
  /// Everybody defined in any of the policies.
  private var defined: Set<PrincipalName> = []
  /// A former name, and whose it was.
  private var renamed: [PrincipalName: PrincipalName] = [:]
  /// Pairs, the smaller name first, that one policy joins and another tells apart.
  private var disputed: Set<[PrincipalName]> = []
  private var byEmail: [String: Set<PrincipalName>] = [:]
  private var byKey: [String: Set<PrincipalName>] = [:]
  /// What only looks alike: local parts, accounts, names.
  private var byLogin: [String: Set<PrincipalName>] = [:]
  private var byFullName: [String: Set<PrincipalName>] = [:]
  /// Who answers for a service account.
  private var owners: [PrincipalName: Set<PrincipalName>] = [:]

  public init(_ policies: [Policy]) {
    for policy in policies { defined.formUnion(policy.principals) }
    for policy in policies { addFormerNames(policy, all: policies) }
    disputed = Set(disputed.map { $0.map(now).sorted() })
    for policy in policies { add(policy) }
  }

  public init(_ policy: Policy) { self.init([policy]) }

  private mutating func addFormerNames(_ policy: Policy, all policies: [Policy]) {
    let written =
      policy.people.values.map { ($0.name.value, $0.previously) }
      + policy.serviceAccounts.values.map { ($0.name.value, $0.previously) }
    for (name, olds) in written.sorted(by: { $0.0 < $1.0 }) {
      // Renamed and renamed back, in two policies: one person under both names.
      for old in olds.map(\.value) where now(old) != now(name) {
        let isTwo = policies.contains { $0.isPrincipal(old) && $0.isPrincipal(name) }
        if isTwo || renamed[old].map({ $0 != name }) == true {
          disputed.insert([old, name].sorted())
          if let other = renamed[old] { disputed.insert([other, name].sorted()) }
        } else {
          renamed[old] = name
        }
      }
    }
  }

  private mutating func add(_ policy: Policy) {
    for person in policy.people.values {
      let name = now(person.name.value)
      for key in person.sshKeys { byKey[Self.bare(key.value), default: []].insert(name) }
      if let full = person.fullName { byFullName[Mailbox.folded(full.value), default: []].insert(name) }
      add(name, person.email?.value, [person.name.value] + person.previously.map(\.value), policy)
    }
    for account in policy.serviceAccounts.values {
      let name = now(account.name.value)
      if let credential = account.credential { byKey[Self.bare(credential.key.value), default: []].insert(name) }
      if let owner = account.owner { owners[name, default: []].insert(now(owner.value)) }
      add(name, account.email?.value, [account.name.value] + account.previously.map(\.value), policy)
    }
  }

  private mutating func add(_ name: PrincipalName, _ email: String?, _ names: [PrincipalName], _ policy: Policy) {
    var logins = names.map(\.text) + names.prefix(1).map { policy.account(of: $0) }
    if let email {
      byEmail[Mailbox.folded(email), default: []].insert(name)
      if let local = Mailbox(name: "", email: email).localPart { logins.append(local) }
    }
    for login in logins {
      if let squeezed = Mailbox.squeezed(Mailbox.folded(login)) { byLogin[squeezed, default: []].insert(name) }
    }
  }

  /// What somebody is called now. Chains of renames are followed; there are no circles.
  private func now(_ name: PrincipalName) -> PrincipalName {
    var name = name
    while let next = renamed[name] { name = next }
    return name
  }

  /// `type base64`, without a comment.
  private static func bare(_ key: String) -> String {
    key.split { $0.isWhitespace }.prefix(2).joined(separator: " ")
  }

  // MARK: Questions

  /// Who somebody is.
  public func person(_ identity: Identity) -> IdentifiedPerson {
    switch identity {
    case .principal(let name): defined.contains(now(name)) ? .known(now(name)) : .unknown
    case .key(let key): Self.person(byKey[Self.bare(key)] ?? [])
    case .mailbox(let mailbox, let mapped): person(mailbox, mapped)
    }
  }

  /// The policy comes before the mailmap, so that nobody becomes somebody else by a line of the mailmap.
  private func person(_ written: Mailbox, _ mapped: Mailbox?) -> IdentifiedPerson {
    let certain = certain(written)
    if !certain.isEmpty { return Self.person(certain) }
    let alike = alike(written)
    guard let mapped else { return alike.isEmpty ? .unknown : .ambiguous(alike.sorted()) }
    let meant = self.certain(mapped)
    if meant.count == 1, alike.isSubset(of: meant) { return Self.person(meant) }
    let all = alike.union(meant).union(self.alike(mapped))
    return all.isEmpty ? .unknown : .ambiguous(all.sorted())
  }

  private static func person(_ found: Set<PrincipalName>) -> IdentifiedPerson {
    guard let first = found.first else { return .unknown }
    return found.count == 1 ? .known(first) : .ambiguous(found.sorted())
  }

  /// By e-mail; where there is none, by a name that is one of the policy's.
  private func certain(_ mailbox: Mailbox) -> Set<PrincipalName> {
    if !mailbox.email.isEmpty { return byEmail[Mailbox.folded(mailbox.email)] ?? [] }
    guard let name = PrincipalName(validating: Mailbox.folded(mailbox.name)) else { return [] }
    return defined.contains(now(name)) ? [now(name)] : []
  }

  private func alike(_ mailbox: Mailbox) -> Set<PrincipalName> {
    let name = Mailbox.folded(mailbox.name)
    return (mailbox.localPart.flatMap { byLogin[$0] } ?? [])
      .union(Mailbox.squeezed(name).flatMap { byLogin[$0] } ?? [])
      .union(byFullName[name] ?? [])
  }

  /// Whether two identities are one person; the order does not matter.
  public func comparison(_ a: Identity, _ b: Identity) -> IdentityComparison {
    switch (person(a), person(b)) {
    case (.known(let x), .known(let y)): return comparison(x, y)
    case (.known(let x), .ambiguous(let some)), (.ambiguous(let some), .known(let x)):
      return some.contains { comparison($0, x).mayBeSame } ? .ambiguous : .different
    case (.ambiguous(let some), .ambiguous(let others)):
      if isShared(a) || isShared(b) { return .ambiguous }
      if Self.isOneMailbox(a, b) { return .same }
      return some.contains { x in others.contains { comparison(x, $0).mayBeSame } } ? .ambiguous : .different
    case (.unknown, _), (_, .unknown): return Self.strangers(a, b)
    }
  }

  private func comparison(_ x: PrincipalName, _ y: PrincipalName) -> IdentityComparison {
    if x == y { return .same }
    if disputed.contains([x, y].sorted()) { return .ambiguous }
    let hands = (owners[x] ?? [x]).union([x])
    return hands.isDisjoint(with: (owners[y] ?? [y]).union([y])) ? .different : .oneHand
  }

  /// Whether two people have the e-mail or key.
  private func isShared(_ identity: Identity) -> Bool {
    switch identity {
    case .principal: false
    case .key(let key): (byKey[Self.bare(key)]?.count ?? 0) > 1
    case .mailbox(let mailbox, _): (byEmail[Mailbox.folded(mailbox.email)]?.count ?? 0) > 1
    }
  }

  private static func isOneMailbox(_ a: Identity, _ b: Identity) -> Bool {
    guard case .mailbox(let x, let xMapped) = a, case .mailbox(let y, let yMapped) = b else { return false }
    let emails = Set([x, xMapped ?? x].map { Mailbox.folded($0.email) }).subtracting([""])
    return !emails.isDisjoint(with: [y, yMapped ?? y].map { Mailbox.folded($0.email) })
  }

  /// At least one of the two is nobody known. A key tells nothing of whose it is, and neither does an author without a name.
  private static func strangers(_ a: Identity, _ b: Identity) -> IdentityComparison {
    if case .principal(let x) = a, case .principal(let y) = b { return x == y ? .same : .different }
    if case .key(let x) = a, case .key(let y) = b, bare(x) == bare(y) { return .same }
    if isOneMailbox(a, b) { return .same }
    if isNameless(a) || isNameless(b) { return .ambiguous }
    return handles(a).isDisjoint(with: handles(b)) ? .different : .ambiguous
  }

  private static func isNameless(_ identity: Identity) -> Bool {
    switch identity {
    case .principal: false
    case .key: true
    case .mailbox(let mailbox, _): mailbox.localPart == nil && mailbox.name.allSatisfy(\.isWhitespace)
    }
  }

  /// Logins and names, for looking alike.
  private static func handles(_ identity: Identity) -> Set<String> {
    switch identity {
    case .principal(let name): Set([Mailbox.squeezed(name.text)].compactMap(\.self))
    case .key: []
    case .mailbox(let mailbox, let mapped):
      Set(
        [mailbox, mapped].compactMap(\.self).flatMap {
          [$0.localPart, Mailbox.squeezed(Mailbox.folded($0.name)), Mailbox.folded($0.name)]
        }.compactMap(\.self)
      ).subtracting([""])
    }
  }
}
