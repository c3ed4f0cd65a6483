internal import WritSyntax
public import WritPolicy

/// What the policy promises of one host at one instant, in words that the host itself can be asked about.
///
/// Pure, and made from the edges alone: what is planned and applied has no part in it.
public struct HostPromise: Sendable, Codable {
  /// Who may read and write one tree, by account name.
  public struct Tree: Sendable, Hashable, Codable {
    /// As permissions name it: `conda-envs`, `outputs/wang.fang`.
    public var object: String
    /// Absolute on the host.
    public var path: String
    /// Roots of other trees within it.
    public var inner: [String]
    /// May do everything, because the tree is theirs.
    public var owner: String
    public var readers: Set<String>
    public var writers: Set<String>
    /// Whether policy wants it to be there: nobody makes the folder of a person who has none.
    public var isWanted = true
  }

  /// Who belongs to one system group of those that policy speaks of, by account name.
  public struct Membership: Sendable, Hashable, Codable {
    /// Resources on that group, in order.
    public var resources: [ResourceName]
    public var group: String
    public var members: Set<String>
  }

  /// Who may log in over ssh, and with which keys.
  public struct Login: Sendable, Hashable, Codable {
    /// Resources that say so, in order; none: nobody may.
    public var resources: [ResourceName] = []
    /// By account name, as `type base64`.
    public var keys: [String: Set<String>] = [:]
  }

  /// A command and who may have sudo run it, by account name.
  public struct Command: Sendable, Hashable, Codable {
    public var resource: ResourceName
    public var path: String
    public var arguments: Resource.Arguments
    public var runAs: String
    public var runners: Set<String>
  }

  /// A key that runs one command and gives nothing else.
  public struct Pipeline: Sendable, Hashable, Codable {
    public var account: String
    /// `type base64`
    public var key: String
    /// Whence it may be used; empty: from anywhere.
    public var networks: Set<String>
    public var command: ResourceName
    public var path: String
    public var runAs: String

    /// Whether a forced command ends in this one, by sudo and as the right account, and in nothing else.
    public func isForced(_ text: String) -> Bool {
      let words = text.split(separator: " ")
      guard let sudo = words.firstIndex(of: "/usr/bin/sudo"), words.count > sudo + 4 else { return false }
      let before = words[..<sudo].joined(separator: " ")
      let quoted = words[sudo + 5].filter { $0 != "'" }
      return ["", "exec", "set -f; exec"].contains(before)
        && Array(words[(sudo + 1)..<(sudo + 5)]) == ["-n", "-u", runAs[...], "--"] && quoted == path
        && !words[(sudo + 6)...].joined().contains { ";|&`(<>\n".contains($0) }
    }
  }

  /// Who may connect to what is external, of all whom policy names.
  public struct Egress: Sendable, Hashable, Codable {
    /// In order, never empty.
    public var resources: [ResourceName]
    /// By account name.
    public var allowed: Set<String>
  }

  /// A tree of which snapshots are kept.
  public struct Backup: Sendable, Hashable, Codable {
    public var resource: ResourceName
    /// Absolute on the host.
    public var tree: String
    public var to: String
    /// Seconds between two snapshots.
    public var every: Int64
  }

  /// By object.
  public private(set) var trees: [Tree] = []
  /// By group.
  public private(set) var memberships: [Membership] = []
  public private(set) var login = Login()
  /// By resource.
  public private(set) var commands: [Command] = []
  public private(set) var pipelines: [Pipeline] = []
  /// Nil where policy says nothing of it.
  public private(set) var egress: Egress?
  /// By resource.
  public private(set) var backups: [Backup] = []
  /// Everybody whom the policy names, by account name, also who has nothing on this host.
  public private(set) var principals: [String: PrincipalName] = [:]
  /// Resources of this host about which nothing is asked, in order.
  public private(set) var others: [ResourceName] = []
  /// Baselines of this host, about which nothing is asked either, in order.
  public private(set) var baselines: [BaselineName] = []

  public init(_ host: HostName, policy: Policy, access: Access, at instant: Instant) {
    for principal in policy.principals { principals[policy.account(of: principal)] = principal }
    baselines = policy.baselines(of: host).map(\.name.value)
    let target = TargetName.host(host)
    let edges = Dictionary(
      grouping: access.edges.filter { $0.holds.contains(instant) && $0.targets.contains(target) },
      by: \.permission.object.resource)
    let here = policy.resources.values.filter { policy.hosts(matching: $0.hosts).contains(host) }
      .sorted { $0.name.value < $1.name.value }
    var groups: [String: Membership] = [:]
    for resource in here {
      if case .tree(let tree) = resource.kind, let backup = tree.backup {
        backups.append(
          Backup(
            resource: resource.name.value, tree: tree.folder, to: backup.to.value,
            every: backup.every.value.seconds))
      }
      let found = edges[resource.name.value] ?? []
      switch resource.kind {
      case .tree(let tree) where tree.isPersonal: addFolders(of: tree, resource.name.value, policy, found)
      case .tree(let tree):
        trees.append(
          Tree(
            object: resource.name.value.text, path: tree.path.value, inner: [],
            owner: tree.owner.map { policy.account(of: $0.value) } ?? "root",
            readers: Self.accounts(found, .read, policy), writers: Self.accounts(found, .write, policy)))
      case .unixGroup(let group):
        var known = groups[group.value] ?? Membership(resources: [], group: group.value, members: [])
        known.resources.append(resource.name.value)
        known.members.formUnion(Self.accounts(found, .member, policy))
        groups[group.value] = known
      case .login: addLogin(resource.name.value, policy, found)
      case .command(let command): add(command, resource.name.value, policy, found)
      case .egress:
        var known = egress ?? Egress(resources: [], allowed: [])
        known.resources.append(resource.name.value)
        known.allowed.formUnion(Self.accounts(found, .connect, policy))
        egress = known
      default: others.append(resource.name.value)
      }
    }
    memberships = groups.values.sorted { $0.group < $1.group }
    trees.sort { $0.object < $1.object }
    for index in trees.indices {
      trees[index].inner = trees.map(\.path).filter { $0.hasPrefix(trees[index].path + "/") }
    }
  }

  /// One private folder for everybody, whether or not they have it now: of one that nobody has, everybody is kept out but
  /// its own account, whose files they are, and whoever may use the folders of others.
  private mutating func addFolders(of tree: Resource.Tree, _ name: ResourceName, _ policy: Policy, _ found: [Edge]) {
    let byFolder = Dictionary(grouping: found) { $0.permission.object.folder ?? $0.principal }
    for person in policy.principals {
      let account = policy.account(of: person)
      let edges = byFolder[person] ?? []
      trees.append(
        Tree(
          object: "\(name)/\(person)", path: tree.path(for: account), inner: [], owner: account,
          readers: Self.accounts(edges, .read, policy), writers: Self.accounts(edges, .write, policy),
          isWanted: edges.contains { $0.principal == person }))
    }
  }

  private mutating func addLogin(_ name: ResourceName, _ policy: Policy, _ found: [Edge]) {
    login.resources.append(name)
    for edge in found where edge.permission.operation == .ssh {
      let keys = policy.people[edge.principal].map { $0.sshKeys.map(\.value) } ?? []
      login.keys[policy.account(of: edge.principal), default: []].formUnion(keys)
    }
  }

  private mutating func add(
    _ command: Resource.Command, _ name: ResourceName, _ policy: Policy, _ found: [Edge]
  ) {
    let runAs = command.runAs.map { policy.account(of: $0.value) } ?? "root"
    commands.append(
      Command(
        resource: name, path: command.path.value, arguments: command.arguments?.value ?? .none, runAs: runAs,
        runners: Self.accounts(found, .run, policy)))
    for edge in found where edge.permission.operation == .run {
      guard let credential = policy.serviceAccounts[edge.principal]?.credential, credential.run?.value == name else {
        continue
      }
      pipelines.append(
        Pipeline(
          account: policy.account(of: edge.principal), key: credential.key.value,
          networks: Set(credential.from.map(\.value)), command: name, path: command.path.value, runAs: runAs))
    }
  }

  private static func accounts(_ edges: [Edge], _ operation: WritPolicy.Operation, _ policy: Policy) -> Set<String> {
    Set(edges.filter { $0.permission.operation == operation }.map { policy.account(of: $0.principal) })
  }
}
