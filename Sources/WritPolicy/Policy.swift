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
