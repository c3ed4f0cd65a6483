public import WritSyntax

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
