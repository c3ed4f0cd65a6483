public import WritSyntax

/// A whole policy at one commit, decoded, its names resolved and its times made instants.
///
/// Dictionaries are keyed by name; each entry's `name.span` says where it was written. Only a policy without error
/// findings may be evaluated.
public struct Policy: Sendable {
  public var sources: SourceTable
  public var settings = Settings()
  public var hosts: [HostName: Host] = [:]
  public var people: [PrincipalName: Person] = [:]
  public var serviceAccounts: [PrincipalName: ServiceAccount] = [:]
  public var roles: [RoleName: Role] = [:]
  public var sharingGroups: [ResourceName: SharingGroup] = [:]
  public var resources: [ResourceName: Resource] = [:]
  /// In file and line order.
  public var grants: [Grant] = []
  public var expiryRules: [ExpiryRule] = []
  public var approvalRules: [ApprovalRule] = []
  public var separationRules: [SeparationRule] = []
  public var guards = Guards()
  public var baselines: [BaselineName: HostBaseline] = [:]
  public var tests: [PolicyTest] = []
  /// Sections and lists that are written and hold nothing; one that is left out is not among them.
  public var emptyLists: Set<ListPlace> = []

  public init(sources: SourceTable) { self.sources = sources }
}

public struct Settings: Sendable {
  public struct Vault: Sendable {
    public var name: Located<VaultName>
    public var kind: Kind
    public init(name: Located<VaultName>, kind: Kind) {
      self.name = name
      self.kind = kind
    }
    public enum Kind: Sendable {
      /// A folder of age files; `path` is relative to the policy folder or absolute.
      case age(path: Located<String>, custodians: [Located<PrincipalName>])
    }
  }

  public var span: SourceSpan?
  public var organisation: Located<String>?
  /// IANA name; nil means UTC.
  public var timezone: Located<String>?
  public var internalNetworks: [Located<String>] = []
  /// The `allowed_signers` file, relative to the policy folder.
  public var signers: Located<String>?
  /// The branch whose commits are applied; `main` when not written.
  public var branch: Located<String>?
  /// How many of the signers must sign a change of the signers; see ``keyThreshold``.
  public var writtenKeyThreshold: Located<Int>?
  public var vaults: [VaultName: Vault] = [:]

  public init() {}

  /// `key-threshold`: 1 where it is not written.
  public var keyThreshold: Int { writtenKeyThreshold?.value ?? 1 }
}

public struct Host: Sendable {
  public enum Connection: Sendable, Hashable {
    case local
    /// A directory laid out like a host's root; relative to the policy folder or absolute.
    case root(String)
    /// Another machine, on which an agent works.
    case ssh(SSHAddress)
  }

  public var name: Located<HostName>
  public var connection: Located<Connection>
  public var labels: [Located<HostName>]
  /// `type base64`, without comments.
  public var hostKeys: [Located<String>]
  public var previously: [Located<HostName>]

  public init(
    name: Located<HostName>, connection: Located<Connection>, labels: [Located<HostName>] = [],
    hostKeys: [Located<String>] = [], previously: [Located<HostName>] = []
  ) {
    self.name = name
    self.connection = connection
    self.labels = labels
    self.hostKeys = hostKeys
    self.previously = previously
  }
}

public enum UserType: String, Sendable, Hashable, CaseIterable {
  case employee, contractor, intern, external
}

/// `from`/`until` as written, made instants; a missing one is open.
public struct Term: Sendable {
  public var from: Located<Instant>?
  /// The first instant without access.
  public var until: Located<Instant>?

  public init(from: Located<Instant>? = nil, until: Located<Instant>? = nil) {
    self.from = from
    self.until = until
  }

  public var interval: Interval {
    Interval(from?.value ?? .distantPast, until?.value ?? .distantFuture)
  }
}

/// A principal holds a role.
public struct Assignment: Sendable {
  public var role: Located<RoleName>
  public var term: Term
  public var reason: Located<String>?
  /// The whole entry.
  public var span: SourceSpan

  public init(role: Located<RoleName>, term: Term = Term(), reason: Located<String>? = nil, span: SourceSpan) {
    self.role = role
    self.term = term
    self.reason = reason
    self.span = span
  }
}

public struct Person: Sendable {
  public var name: Located<PrincipalName>
  public var fullName: Located<String>?
  public var email: Located<String>?
  public var userType: UserType = .employee
  /// As written; see ``Policy/account(of:)``.
  public var account: Located<String>?
  public var uid: Located<UInt32>?
  /// `type base64`, comments dropped.
  public var sshKeys: [Located<String>] = []
  public var manager: Located<PrincipalName>?
  public var roles: [Assignment] = []
  public var term = Term()
  public var suspended: Located<Bool>?
  public var previously: [Located<PrincipalName>] = []

  public init(name: Located<PrincipalName>) { self.name = name }
}

public struct ServiceAccount: Sendable {
  /// How a pipeline logs in: one key with a forced command.
  public struct Credential: Sendable {
    public var span: SourceSpan
    /// `type base64`.
    public var key: Located<String>
    /// Addresses the key may be used from (CIDR); empty = anywhere.
    public var from: [Located<String>]
    /// The command resource that the key is forced to.
    public var run: Located<ResourceName>?
    public var rotateEvery: Located<Duration>?

    public init(
      span: SourceSpan, key: Located<String>, from: [Located<String>] = [], run: Located<ResourceName>? = nil,
      rotateEvery: Located<Duration>? = nil
    ) {
      self.span = span
      self.key = key
      self.from = from
      self.run = run
      self.rotateEvery = rotateEvery
    }
  }

  public var name: Located<PrincipalName>
  public var email: Located<String>?
  public var account: Located<String>?
  public var uid: Located<UInt32>?
  public var home: Located<String>?
  public var owner: Located<PrincipalName>?
  public var workload: Located<String>?
  public var roles: [Assignment] = []
  public var term = Term()
  public var credential: Credential?
  public var suspended: Located<Bool>?
  public var previously: [Located<PrincipalName>] = []

  public init(name: Located<PrincipalName>) { self.name = name }
}

/// `{ resource: operation }` as a role, grant or test writes it; one rule for each operation.
public struct PermissionRule: Sendable, Hashable {
  /// What stands before the colon.
  public enum Scope: Sendable, Hashable {
    /// The resource; for an `{account}` tree, one's own folder.
    case whole
    /// `outputs/sun.hao`
    case folder(PrincipalName)
    /// `outputs/others`: all folders but one's own.
    case others
  }
  public enum Operations: Sendable, Hashable {
    case one(Operation)
    /// `all`: every operation that the resource's kind has.
    case all
  }

  public var resource: Located<ResourceName>
  public var scope: Scope
  public var operation: Located<Operations>

  public init(resource: Located<ResourceName>, scope: Scope, operation: Located<Operations>) {
    self.resource = resource
    self.scope = scope
    self.operation = operation
  }
}

public struct Role: Sendable {
  public var name: Located<RoleName>
  public var description: Located<String>?
  public var includes: [Located<RoleName>] = []
  public var allow: [PermissionRule] = []
  public var deny: [PermissionRule] = []
  public var previously: [Located<RoleName>] = []

  public init(name: Located<RoleName>) { self.name = name }
}

public struct SharingGroup: Sendable {
  public struct Secret: Sendable {
    public var name: Located<String>
    public var kind: Located<String>?
    public var rotateEvery: Located<Duration>?
    public init(name: Located<String>, kind: Located<String>? = nil, rotateEvery: Located<Duration>? = nil) {
      self.name = name
      self.kind = kind
      self.rotateEvery = rotateEvery
    }
  }

  public var name: Located<ResourceName>
  public var vault: Located<VaultName>
  /// Relative path of one or more components, each `[A-Za-z0-9][A-Za-z0-9._-]*`.
  public var folder: Located<String>
  public var tags: [Located<String>] = []
  public var mfa: Located<String>?
  public var approval: Located<String>?
  /// In the order written.
  public var secrets: [Secret] = []
  public var previously: [Located<ResourceName>] = []

  public init(name: Located<ResourceName>, vault: Located<VaultName>, folder: Located<String>) {
    self.name = name
    self.vault = vault
    self.folder = folder
  }
}

public struct Resource: Sendable {
  public struct Tree: Sendable {
    /// Absolute, normal (no `.`/`..`/`//`/trailing slash), perhaps with one `{account}` component.
    public var path: Located<String>
    /// `root` (nil) or a service account.
    public var owner: Located<PrincipalName>?
    /// As written; default the resource's name.
    public var group: Located<String>?
    /// As written; default the group with `-w`.
    public var writers: Located<String>?
    /// Written modes, which may only narrow what follows from the permissions.
    public var directories: Located<UInt16>?
    public var files: Located<UInt16>?
    /// The audit key of writes and attribute changes below it.
    public var watch: Located<String>?
    /// Snapshots of everything below it, kept on the host.
    public var backup: Backup?

    public init(path: Located<String>) { self.path = path }

    public var isPersonal: Bool { path.value.split(separator: "/").contains("{account}") }

    /// Its root; of a personal tree the folder that they all lie in.
    public var folder: String {
      "/" + path.value.split(separator: "/").prefix { $0 != "{account}" }.joined(separator: "/")
    }
  }

  /// `backup: { every: 1d, keep: 14, to: /srv/backup/envs }`
  public struct Backup: Sendable {
    /// The longest time between two snapshots.
    public var every: Located<Duration>
    /// How many snapshots are kept.
    public var keep: Located<Int>
    /// The folder that holds them: absolute, normal, root's alone.
    public var to: Located<String>

    public init(every: Located<Duration>, keep: Located<Int>, to: Located<String>) {
      self.every = every
      self.keep = keep
      self.to = to
    }
  }

  public enum Arguments: Sendable, Hashable, Codable {
    case none
    case exactly([String])
    /// Anchored: `^…$`.
    case pattern(String)
    case any
  }

  public struct Command: Sendable {
    public var path: Located<String>
    public var arguments: Located<Arguments>?
    /// `root` (nil) or a service account.
    public var runAs: Located<PrincipalName>?
    /// 64 small hexadecimal digits: the one content that the program may have.
    public var sha256: Located<String>?
    /// Whether sudo keeps what the command writes to its terminal.
    public var logsOutput: Located<Bool>?
    public init(path: Located<String>, arguments: Located<Arguments>? = nil, runAs: Located<PrincipalName>? = nil) {
      self.path = path
      self.arguments = arguments
      self.runAs = runAs
    }
  }

  public enum Kind: Sendable {
    case tree(Tree)
    case command(Command)
    /// `login: ssh`
    case login(Located<String>)
    case unixGroup(Located<String>)
    /// `egress: external`: connections to whatever is neither the host itself nor an internal network.
    case egress(Located<String>)
    case external(description: Located<String>, operations: [Located<Operation>])
  }

  public var name: Located<ResourceName>
  public var kind: Kind
  /// Host names or labels, as written.
  public var hosts: [Located<HostName>] = []
  public var tags: [Located<String>] = []
  public var privileged: Located<Bool>?
  public var previously: [Located<ResourceName>] = []

  public init(name: Located<ResourceName>, kind: Kind) {
    self.name = name
    self.kind = kind
  }
}

/// A time-boxed exception.
public struct Grant: Sendable {
  public enum Content: Sendable {
    case permissions([PermissionRule])
    case role(Located<RoleName>)
  }

  public var to: [Located<PrincipalName>]
  public var content: Content
  public var term: Term
  public var reason: Located<String>?
  /// The whole entry.
  public var span: SourceSpan

  public init(
    to: [Located<PrincipalName>], content: Content, term: Term, reason: Located<String>? = nil, span: SourceSpan
  ) {
    self.to = to
    self.content = content
    self.term = term
    self.reason = reason
    self.span = span
  }
}

/// Which access a rule or a test is about: every key given must match, a list means any of them.
public struct Match: Sendable {
  public enum PrincipalKind: String, Sendable, Hashable, CaseIterable {
    case person
    case serviceAccount = "service-account"
  }

  public var span: SourceSpan
  public var principal: [Located<PrincipalName>]?
  public var kind: [Located<PrincipalKind>]?
  public var userType: [Located<UserType>]?
  public var role: [Located<RoleName>]?
  public var resource: [Located<ResourceName>]?
  public var operation: [Located<Operation>]?
  public var tags: [Located<String>]?
  /// Kinds of sensitive change; in approval rules only.
  public var change: [Located<ChangeWord>]?

  public init(span: SourceSpan) { self.span = span }

  /// Whether nothing but `change` is written, so that it is about no access in particular.
  public var namesNoAccess: Bool {
    principal == nil && kind == nil && userType == nil && role == nil && resource == nil && operation == nil
      && tags == nil
  }
}

public struct ExpiryRule: Sendable {
  public var span: SourceSpan
  public var match: Match
  public var maxDuration: Located<Duration>?
  public var requireReason: Bool
  public var warnBefore: Located<Duration>?

  public init(
    span: SourceSpan, match: Match, maxDuration: Located<Duration>? = nil, requireReason: Bool = false,
    warnBefore: Located<Duration>? = nil
  ) {
    self.span = span
    self.match = match
    self.maxDuration = maxDuration
    self.requireReason = requireReason
    self.warnBefore = warnBefore
  }
}

public struct SeparationRule: Sendable {
  public var span: SourceSpan
  public var roles: [Located<RoleName>]
  public var atMost: Located<Int>

  public init(span: SourceSpan, roles: [Located<RoleName>], atMost: Located<Int>) {
    self.span = span
    self.roles = roles
    self.atMost = atMost
  }
}

public struct Guards: Sendable {
  public var span: SourceSpan?
  /// Share of edges that one apply may remove, in percent; default 25.
  public var maxRemovalPercent: Located<Int>?
  public var minAdministrators: Located<Int>?
  public var administratorRoles: [Located<RoleName>] = []

  public init() {}
}

/// One entry of `tests:`.
public struct PolicyTest: Sendable {
  public enum Subject: Sendable {
    /// Everybody who matches.
    case who(Match)
    /// Nobody but these.
    case only([Located<PrincipalName>])
  }
  public enum Claim: Sendable {
    case can([PermissionRule])
    case cannot([PermissionRule])
  }

  public var name: Located<String>
  public var subject: Subject
  /// `only` goes with `can`.
  public var claims: [Claim]
  public var span: SourceSpan

  public init(name: Located<String>, subject: Subject, claims: [Claim], span: SourceSpan) {
    self.name = name
    self.subject = subject
    self.claims = claims
    self.span = span
  }
}
