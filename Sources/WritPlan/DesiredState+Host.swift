internal import WritDigest
internal import WritSyntax
public import WritPolicy

extension DesiredState {
  /// What a Linux host shall look like under `policy` at one instant (design §4, §6).
  ///
  /// Pure: the same policy, access and instant give the same objects. `access` is the policy's own.
  public static func host(
    _ host: HostName, policy: Policy, access: Access, at instant: Instant
  ) -> DesiredState {
    var builder = HostStateBuilder(host: host, policy: policy, access: access, instant: instant)
    return builder.build()
  }
}

/// Gathers the objects of one host, part by part.
struct HostStateBuilder {
  let host: HostName
  let policy: Policy
  let instant: Instant
  /// The edges that hold here and now, by the kind of control that enforces them.
  let edges: [Edge]
  /// Resources whose hosts include this one, by name.
  let resources: [Resource]
  var objects: [ObjectID: DesiredState.Entry] = [:]
  /// Elements of sets while they are gathered: putting each into its sorted place at once would be quadratic.
  private(set) var gathered: [ObjectID: [String: Set<String>]] = [:]

  init(host: HostName, policy: Policy, access: Access, instant: Instant) {
    self.host = host
    self.policy = policy
    self.instant = instant
    let target = TargetName.host(host)
    edges = access.edges.filter { $0.holds.contains(instant) && $0.targets.contains(target) }
    resources = policy.resources.values
      .filter { policy.hosts(matching: $0.hosts).contains(host) }
      .sorted { $0.name.value < $1.name.value }
  }

  mutating func build() -> DesiredState {
    addTrees()
    addMemberships()
    let logins = addLogins()
    addSudoers()
    addAccounts(logins: logins)
    addEgress()
    denyLogins()
    addEnds()
    addBaselines()
    addWatches()
    addBackups()
    for (id, attributes) in gathered {
      for (name, elements) in attributes { objects[id]?.state[name] = .members(elements) }
    }
    return DesiredState(objects)
  }

  func resource(of edge: Edge) -> Resource? { policy.resources[edge.permission.object.resource] }

  func account(of principal: PrincipalName) -> String { policy.account(of: principal) }

  /// The account behind an owner or run-as; `root` where none is written.
  func account(ofOwner owner: Located<PrincipalName>?) -> String {
    owner.map { account(of: $0.value) } ?? "root"
  }

  func cause(_ edge: Edge) -> Cause { .granted(edge, at: instant, in: policy) }

  mutating func add(_ id: ObjectID, _ state: ObjectState, causes: [Cause]) {
    if objects[id] == nil { objects[id] = DesiredState.Entry(state, causes: causes) }
  }

  /// Puts one element into a set of an object that is there, with its cause.
  mutating func insert(_ element: String, into attribute: String, of id: ObjectID, cause: Cause) {
    guard objects[id] != nil else { return }
    gathered[id, default: [:]][attribute, default: []].insert(element)
    objects[id]?.elementCauses["\(attribute)=\(element)", default: []].append(cause)
  }
}

extension Cause {
  /// The written line that gives an edge, as it holds at `instant`.
  public static func granted(_ edge: Edge, at instant: Instant, in policy: Policy) -> Cause {
    let derivation = edge.derivations.first { $0.holds.contains(instant) } ?? edge.derivations.first
    var text = "\(edge.principal) has \(edge.permission)"
    if let derivation {
      switch derivation.origin {
      case .assignment, .grantedRole:
        text += " through " + derivation.roles.map(\.text).joined(separator: " > ")
        if derivation.origin == .grantedRole { text += " (exception)" }
      case .grant: text += " by exception"
      case .custodian: text += " as custodian"
      }
    }
    let end = edge.holds.end(at: instant).flatMap { $0 == .distantFuture ? nil : $0 }
    return Cause(
      .granted, text, edge: edge.key, place: derivation.map { policy.sources.place(of: $0.entry) }, until: end)
  }
}
