public import WritPolicy
public import WritSyntax

/// Finds what the policy would have to say so that one drifted object of a host is as the policy wants it.
///
/// Pure, and never trusted: whoever uses it evaluates the edited policy and compares what it wants with what the host shows.
/// Texts from the host are hostile. Of them only names that the policy has already, numbers, keys that were read as keys, and
/// paths in quotes get into an edit.
public struct AdoptionSteps {
  let host: HostName
  let policy: Policy
  let access: Access
  let desired: DesiredState
  let live: LiveState
  let instant: Instant
  let terms: AdoptionTerms

  /// - Parameters:
  ///   - desired: what `policy` wants of the host at `instant`.
  ///   - live: what the host shows, looked at with `desired`.
  public init(
    host: HostName, policy: Policy, access: Access, desired: DesiredState, live: LiveState, at instant: Instant,
    terms: AdoptionTerms
  ) {
    self.host = host
    self.policy = policy
    self.access = access
    self.desired = desired
    self.live = live
    self.instant = instant
    self.terms = terms
  }

  /// One step for each respect in which the object differs; none where it does not.
  public func steps(for id: ObjectID) -> [AdoptionStep] {
    let wanted = desired.objects[id]?.state
    let seen: ObjectState?
    switch live.objects[id] {
    case nil, .unknown: return [AdoptionStep("", problem: "what the host shows of it is not known")]
    case .foreign:
      return [AdoptionStep("", problem: "it was there before writ: `import` and `apply --take-in` are for that")]
    case .absent: seen = nil
    case .present(let state): seen = state
    }
    if let wanted, let seen, wanted == ObjectState(seen.attributes.filter({ wanted[$0.key] != nil })) { return [] }
    if wanted == nil, seen == nil { return [] }
    switch id.kind {
    case .membership: return membership(id, wanted, seen)
    case .keys: return keys(id, wanted?.list("lines") ?? [], seen?.list("lines") ?? [])
    case .sudoers: return sudoers(wanted?.list("lines") ?? [], seen?.list("lines") ?? [])
    default: break
    }
    guard let wanted, let seen else {
      let words = seen == nil ? "it is gone from the host" : "the policy does not want it there"
      return [AdoptionStep(words, problem: "the policy says by its accesses what is on a host, and not one by one")]
    }
    switch id.kind {
    case .group: return group(id, wanted, seen)
    case .account: return account(id, wanted, seen)
    case .tree: return tree(id, wanted, seen)
    case .umask, .jupyter: return baseline(id, wanted.list("lines"), seen.list("lines"))
    default: return [AdoptionStep("it was changed", problem: Self.reason(id.kind))]
    }
  }

  private static func reason(_ kind: ObjectKind) -> String {
    switch kind {
    case .sshd: "what sshd is told follows from the logins, and has no words of its own in the policy"
    case .egress: "what the kernel lets out follows from the accesses, and is put back as they say"
    case .ends: "the ends follow from the accesses, and have no words of their own in the policy"
    case .audit: "the audit rules follow from the watched trees, and have no words of their own in the policy"
    default: "the policy has no words for it"
    }
  }

  // MARK: what several kinds share

  /// Whose account it is by the policy; nil for one that the policy does not name.
  func principal(_ account: String) -> PrincipalName? { policy.principals.first { policy.account(of: $0) == account } }

  func entry(_ principal: PrincipalName) -> (source: SourceID, path: [String])? { policy.entry(principal) }

  /// Resources of this host of one kind.
  func resources(_ isMeant: (Resource) -> Bool) -> [Resource] {
    policy.resources.values.filter { policy.hosts(matching: $0.hosts).contains(host) && isMeant($0) }
      .sorted { $0.name.value < $1.name.value }
  }

  func differing(_ wanted: [String], _ seen: [String]) -> (added: [String], gone: [String]) {
    let (old, new) = (Set(wanted), Set(seen))
    return (seen.filter { !old.contains($0) }, wanted.filter { !new.contains($0) })
  }
}

extension Policy {
  /// Where a principal's entry is: its file, and the keys that lead to it.
  public func entry(_ principal: PrincipalName) -> (source: SourceID, path: [String])? {
    if let person = people[principal] { return (person.name.span.source, ["people", principal.text]) }
    return serviceAccounts[principal].map { ($0.name.span.source, ["service-accounts", principal.text]) }
  }
}
