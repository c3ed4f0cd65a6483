internal import WritDigest
internal import WritPolicy
internal import WritSyntax

/// Finds the items of one change, and what each is about.
struct ApprovalCollector {
  private let accepted: Snapshot
  private let head: Snapshot
  private let renames: Renames
  private let now: Instant
  private let difference: AccessDifference
  private var identities: [PrincipalName: Digest] = [:]
  private(set) var subjects: [ApprovalChange.Subject] = []
  /// What anybody has from now on, before or after, in the names of the later policy.
  private lazy var edges: [(key: EdgeKey, targets: [TargetName])] = findEdges()

  init(accepted: Snapshot, head: Snapshot, renames: Renames, from now: Instant) {
    self.accepted = accepted
    self.head = head
    self.renames = renames
    self.now = now
    difference = AccessDifference(base: accepted, head: head, from: now)
  }

  private mutating func add(_ item: ApprovalItem, _ concerns: some Sequence<ApprovalChange.Concern>) {
    let concerns = Array(concerns)
    let none = ApprovalChange.Concern()
    subjects.append(ApprovalChange.Subject(item: item, concerns: concerns.isEmpty ? [none] : concerns))
  }
}

// MARK: Gains

extension ApprovalCollector {
  mutating func addGains() {
    for change in difference.gained {
      guard let edge = head.access[change.key] else { continue }
      add(edge, change.holds, change.targets)
    }
    // Whoever takes over a name takes over what it has.
    for name in head.policy.principals where !accepted.policy.isPrincipal(name) && renames.then(name) != [name] {
      for edge in head.access.edges(of: name) { add(edge, edge.holds.from(now), edge.targets) }
    }
  }

  private mutating func add(_ edge: Edge, _ holds: IntervalSet, _ targets: [TargetName]) {
    let identity = identity(of: edge.principal)
    for target in targets.isEmpty ? [nil] : targets.map(Optional.some) {
      for interval in holds.intervals {
        let gain = ApprovalItem.Gain(
          principal: edge.principal, permission: edge.permission, target: target,
          interval: Interval(interval.start <= now ? .distantPast : interval.start, interval.end),
          control: edge.control, identity: identity)
        add(.gain(gain), [concern(edge.key)])
      }
    }
  }

  private mutating func identity(of name: PrincipalName) -> Digest {
    if let known = identities[name] { return known }
    let policy = accepted.policy.isPrincipal(name) ? accepted.policy : head.policy
    let found = PrincipalIdentity(name, in: policy).digest
    identities[name] = found
    return found
  }

  private func concern(_ key: EdgeKey) -> ApprovalChange.Concern {
    ApprovalChange.Concern(
      principal: key.principal, resource: key.permission.object.resource, operation: key.permission.operation)
  }
}

// MARK: Sensitive changes

extension ApprovalCollector {
  mutating func addSensitive(signers: SensitiveChange?) {
    for change in difference.sensitive where change.kind != .rename { add(change) }
    if let signers { add(signers) }
    for rename in renames.described {
      add(
        SensitiveChange(.rename, "\(rename.what) \(rename.new)", before: [rename.old], after: [rename.new]),
        concerns(ofRenamed: rename.what, rename.new))
    }
  }

  private mutating func add(_ change: SensitiveChange) {
    if change.onlyTakesAway { return }
    add(change, concerns(of: change))
  }

  private mutating func add(_ change: SensitiveChange, _ concerns: [ApprovalChange.Concern]) {
    let item = ApprovalItem.Sensitive(
      kind: change.kind, subject: change.subject, before: change.before.map(Self.exact),
      after: change.after.map(Self.exact))
    add(.sensitive(item), concerns)
  }

  /// The text with `\u{…}` for every character that another sequence of characters may equal, so that equal texts are equal bytes.
  private static func exact(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { out, scalar in
      let isPlain = scalar.isASCII && scalar != "\\" || (0x4e00...0x9fff).contains(scalar.value)
      out += isPlain ? String(scalar) : scalar == "\\" ? "\\\\" : "\\u{\(String(scalar.value, radix: 16))}"
    }
  }

  private mutating func concerns(of change: SensitiveChange) -> [ApprovalChange.Concern] {
    switch change.kind {
    case .control:
      guard let permission = Permission(change.subject) else { return [] }
      return change.principals.map { concern(EdgeKey($0, permission)) }
    case .keys, .account, .uid, .credential, .owner, .email, .userType, .manager:
      return PrincipalName(validating: change.subject).map { concerns(ofPrincipal: $0) } ?? []
    case .tags, .hosts, .extent, .watch, .backup:
      return ResourceName(validating: change.subject).map { concerns(ofResource: $0) } ?? []
    case .host: return HostName(validating: change.subject).map { concerns(on: .host($0)) } ?? []
    case .vault: return VaultName(validating: change.subject).map { concerns(on: .vault($0)) } ?? []
    case .custodians:
      let vault = VaultName(validating: change.subject).map { concerns(on: .vault($0)) } ?? []
      return vault + named(in: change.after)
    case .approvers, .signers: return named(in: change.after)
    case .rename, .settings, .guards, .expiryRules, .separationRules, .approvalRules, .baselines: return []
    }
  }

  private mutating func concerns(ofRenamed what: String, _ name: String) -> [ApprovalChange.Concern] {
    switch what {
    case "principal": PrincipalName(validating: name).map { concerns(ofPrincipal: $0) } ?? []
    case "resource": ResourceName(validating: name).map { concerns(ofResource: $0) } ?? []
    case "host": HostName(validating: name).map { concerns(on: .host($0)) } ?? []
    default: []
    }
  }

  /// Everything that somebody has, before or after.
  private func concerns(ofPrincipal name: PrincipalName) -> [ApprovalChange.Concern] {
    let before = renames.then(name).flatMap { accepted.access.edges(of: $0) }.map { (renames.now($0.key), $0.holds) }
    let all = before + head.access.edges(of: name).map { ($0.key, $0.holds) }
    let found = Set(all.filter { !$0.1.from(now).isEmpty }.map { concern($0.0) })
    return [ApprovalChange.Concern(principal: name)] + found
  }

  private mutating func concerns(ofResource name: ResourceName) -> [ApprovalChange.Concern] {
    let found = Set(edges.filter { $0.key.permission.object.resource == name }.map { concern($0.key) })
    return [ApprovalChange.Concern(resource: name)] + found
  }

  private mutating func concerns(on target: TargetName) -> [ApprovalChange.Concern] {
    Array(Set(edges.filter { $0.targets.contains(target) }.map { concern($0.key) }))
  }

  /// Principals that the first word of a text names: of signers several, with commas.
  private func named(in texts: [String]) -> [ApprovalChange.Concern] {
    let words = texts.compactMap { $0.split(separator: " ").first }.flatMap { $0.split(separator: ",") }
    let names = Set(words.compactMap { PrincipalName(validating: String($0)) })
    return names.filter { head.policy.isPrincipal($0) || accepted.policy.isPrincipal($0) }
      .map { ApprovalChange.Concern(principal: $0) }
  }

  private func findEdges() -> [(key: EdgeKey, targets: [TargetName])] {
    let before = accepted.access.edges.filter { !$0.holds.from(now).isEmpty }
      .map { (renames.now($0.key), $0.targets.map(renames.now)) }
    return before + head.access.edges.filter { !$0.holds.from(now).isEmpty }.map { ($0.key, $0.targets) }
  }
}

extension SensitiveChange {
  /// Whether the change does nothing but take away: a key, a signer, a label. Nothing stands in the way of a revocation.
  ///
  /// What falls away from a tag, a rule or a limit widens access, and is none.
  var onlyTakesAway: Bool {
    guard after.isEmpty else { return false }
    switch kind {
    case .keys, .uid, .hosts, .host, .custodians, .signers, .approvers, .manager: return true
    // Without its key a credential is gone; an address or a forced command less is a limit less.
    case .credential: return before.contains { !$0.hasPrefix("from ") && !$0.hasPrefix("run ") }
    default: return false
    }
  }
}
