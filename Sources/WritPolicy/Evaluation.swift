internal import WritDigest
internal import WritSyntax

/// A policy made ready for evaluating: names are numbers in name order, roles are closed once.
///
/// The numbers keep the work small: a policy of 10,000 people has several hundred thousand edges, and a dictionary of
/// strings for each would cost more than everything else.
struct Evaluation {
  /// A permission as one number that sorts like ``Permission``: resource, folder (0 = none), operation.
  struct Key: Hashable, Comparable {
    var bits: UInt64

    init(resource: Int, folder: Int?, operation: Int) {
      bits = UInt64(resource) << 40 | UInt64((folder ?? -1) + 1) << 16 | UInt64(operation)
    }

    init(bits: UInt64) { self.bits = bits }

    var resource: Int { Int(bits >> 40) }
    var folder: Int? {
      let number = Int(bits >> 16 & 0xff_ffff)
      return number == 0 ? nil : number - 1
    }
    var operation: Int { Int(bits & 0xffff) }

    func with(folder: Int) -> Key { Key(resource: resource, folder: folder, operation: operation) }

    static func < (a: Key, b: Key) -> Bool { a.bits < b.bits }
  }

  /// Which permissions one rule is about, before it is known whose rule it is.
  struct Selector {
    enum Reach {
      /// `key` itself.
      case exact
      /// The principal's own folder.
      case own
      /// All folders but the principal's own.
      case others
    }
    var key: Key
    var reach: Reach
  }

  /// One permission of a closed role.
  struct Rule {
    var selector: Selector
    /// The line that says so.
    var span: SourceSpan
    /// From the closed role to the role that holds the line.
    var chain: [RoleName]
  }

  /// A class because it is handed out for every assignment, and never changes.
  final class ClosedRole {
    let allow: [Rule]
    let deny: [Rule]
    /// Every role it brings, itself among them.
    let roles: [RoleName]

    init(allow: [Rule] = [], deny: [Rule] = [], roles: [RoleName] = []) {
      self.allow = allow
      self.deny = deny
      self.roles = roles
    }
  }

  /// What an edge says of its permission, whoever holds it.
  struct Detail {
    var permission: Permission
    var targets: [TargetName]
    var control: Digest
  }

  /// Its numbers below stay what they are when ``PolicyFollower`` puts a later policy here.
  var policy: Policy
  private(set) var principals: [PrincipalName]
  private(set) var number: [PrincipalName: Int]
  private(set) var resources: [ResourceName]
  private(set) var ladders: [OperationLadder]
  private(set) var personal: [Bool]
  private(set) var operations: [Operation]

  private var resourceNumber: [ResourceName: Int]
  private var operationNumber: [Operation: Int]
  private var closed: [RoleName: ClosedRole] = [:]
  private var details: [Key: Detail] = [:]
  /// Those of the details, for whoever asks for nothing else.
  private var controls: [Key: Digest] = [:]
  private var targets: [[TargetName]?]

  init(_ policy: Policy) {
    self.policy = policy
    principals =
      (Array(policy.people.keys) + policy.serviceAccounts.keys.filter { policy.people[$0] == nil }).sorted()
    number = Self.numbers(principals)
    resources = Set(policy.resources.keys).union(policy.sharingGroups.keys).sorted()
    resourceNumber = Self.numbers(resources)
    let ladders = resources.map { policy.ladder(of: $0) ?? .sharingGroup }
    self.ladders = ladders
    personal = resources.map { policy.isPersonal($0) }
    operations = Set(ladders.flatMap(\.operations)).sorted()
    operationNumber = Self.numbers(operations)
    targets = Array(repeating: nil, count: resources.count)
  }

  private static func numbers<Name: Hashable>(_ names: [Name]) -> [Name: Int] {
    Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
  }
}

// MARK: Following a policy

extension Evaluation {
  /// Gives somebody new a number. Numbers made later do not sort like names, which only the order of edges asks for.
  mutating func admit(_ principal: PrincipalName) {
    guard number[principal] == nil else { return }
    number[principal] = principals.count
    principals.append(principal)
  }

  /// Gives a new resource a number; a known one keeps its own, and is enforced as the policy now says.
  mutating func admit(_ resource: ResourceName) {
    if let known = resourceNumber[resource] {
      targets[known] = nil
      details = details.filter { $0.key.resource != known }
      controls = controls.filter { $0.key.resource != known }
      return
    }
    let ladder = policy.ladder(of: resource) ?? .sharingGroup
    resourceNumber[resource] = resources.count
    resources.append(resource)
    ladders.append(ladder)
    personal.append(policy.isPersonal(resource))
    targets.append(nil)
    for operation in ladder.operations where operationNumber[operation] == nil {
      operationNumber[operation] = operations.count
      operations.append(operation)
    }
  }

  /// The resources that a role, or one that it includes, says anything about.
  mutating func resources(of role: RoleName) -> Set<Int> {
    let closed = closedRole(role)
    return Set((closed.allow + closed.deny).map(\.selector.key.resource))
  }

  func number(of resource: ResourceName) -> Int? { resourceNumber[resource] }

  /// The numbers of now; they mean the same later.
  var permissionNumbers: PermissionNumbers {
    PermissionNumbers(principals: principals, resources: resources, operations: operations)
  }

  /// Forgets what followed from roles that say something else now.
  mutating func forget(_ roles: some Sequence<RoleName>) { for role in roles { closed[role] = nil } }

  /// Forgets how somebody's folder is enforced, which names the account.
  mutating func forgetFolders() {
    guard personal.contains(true) else { return }
    details = details.filter { $0.key.folder == nil }
    controls = controls.filter { $0.key.folder == nil }
  }
}

// MARK: Permissions

extension Evaluation {
  enum Sense { case allow, deny, named }

  /// The permissions that `rule` is about. Unknown names and operations that the resource lacks select nothing.
  func selectors(of rule: PermissionRule, _ sense: Sense) -> [Selector] {
    guard let resource = resourceNumber[rule.resource.value] else { return [] }
    let chosen =
      switch sense {
      case .allow: ladders[resource].allowed(by: rule.operation.value)
      case .deny: ladders[resource].denied(by: rule.operation.value)
      case .named: ladders[resource].named(by: rule.operation.value)
      }
    var folder: Int?
    var reach = Selector.Reach.exact
    if personal[resource] {
      switch rule.scope {
      case .whole: reach = .own
      case .others: reach = .others
      case .folder(let owner):
        guard let owner = number[owner] else { return [] }
        folder = owner
      }
    } else if rule.scope != .whole {
      return []
    }
    return chosen.compactMap { operationNumber[$0] }
      .map { Selector(key: Key(resource: resource, folder: folder, operation: $0), reach: reach) }
  }

  /// Nil when the policy knows no such resource, folder or operation.
  func key(of permission: Permission) -> Key? {
    guard let resource = resourceNumber[permission.object.resource],
      let operation = operationNumber[permission.operation],
      ladders[resource].operations.contains(permission.operation),
      personal[resource] == (permission.object.folder != nil)
    else { return nil }
    guard let owner = permission.object.folder else {
      return Key(resource: resource, folder: nil, operation: operation)
    }
    guard let folder = number[owner] else { return nil }
    return Key(resource: resource, folder: folder, operation: operation)
  }

  func permission(of key: Key) -> Permission { permissionNumbers[key.bits] }

  mutating func detail(of key: Key) -> Detail {
    if let known = details[key] { return known }
    let permission = permission(of: key)
    let found = Detail(
      permission: permission, targets: targets(of: key.resource),
      control: Control(policy: policy).digest(of: permission.object, permission.operation))
    details[key] = found
    return found
  }

  /// How it is enforced, without the rest of the detail.
  mutating func control(of key: Key) -> Digest {
    if let known = controls[key] { return known }
    let found = detail(of: key).control
    controls[key] = found
    return found
  }

  private mutating func targets(of resource: Int) -> [TargetName] {
    if let known = targets[resource] { return known }
    let found = policy.targets(of: resources[resource])
    targets[resource] = found
    return found
  }
}

// MARK: Roles

extension Evaluation {
  /// How many include chains between two roles are told apart. Diamonds stacked on one another have exponentially many, and
  /// nobody reads more than a few: the shortest are kept, in name order where they are equally long.
  static let chainLimit = 8

  /// The role with all it includes. A name that is no role's closes to nothing.
  mutating func closedRole(_ name: RoleName) -> ClosedRole {
    if let known = closed[name] { return known }
    var (allow, deny, roles): ([Rule], [Rule], [RoleName]) = ([], [], [])
    for (role, chains) in chains(from: name).sorted(by: { $0.key < $1.key }) {
      roles.append(role)
      guard let entry = policy.roles[role] else { continue }
      for rule in entry.allow {
        for selector in selectors(of: rule, .allow) {
          for chain in chains {
            allow.append(Rule(selector: selector, span: rule.operation.span, chain: chain))
          }
        }
      }
      for rule in entry.deny {
        for selector in selectors(of: rule, .deny) {
          deny.append(Rule(selector: selector, span: rule.operation.span, chain: chains[0]))
        }
      }
    }
    let result = ClosedRole(allow: allow, deny: deny, roles: roles)
    closed[name] = result
    return result
  }

  /// Every role reached from `start`, each with its shortest chains, breadth first; a chain never meets a role twice.
  private func chains(from start: RoleName) -> [RoleName: [[RoleName]]] {
    guard policy.roles[start] != nil else { return [:] }
    var found: [RoleName: [[RoleName]]] = [start: [[start]]]
    var front = [[start]]
    while !front.isEmpty {
      var next: [[RoleName]] = []
      for chain in front {
        guard let last = chain.last, let entry = policy.roles[last] else { continue }
        for included in Set(entry.includes.map(\.value))
        where policy.roles[included] != nil && !chain.contains(included) {
          next.append(chain + [included])
        }
      }
      next.sort { $0.lexicographicallyPrecedes($1) }
      front = []
      for chain in next {
        guard let last = chain.last else { continue }
        let known = found[last, default: []]
        if known.count < Self.chainLimit {
          found[last] = known + [chain]
          front.append(chain)
        }
      }
    }
    return found
  }
}
