/// What one file tree shall look like, in numbers: names were resolved by whoever made the rule.
///
/// The rule binds every inode from ``path`` down, the root of the tree included, as far as the roots of ``inner`` trees,
/// mount points and links to files outside.
public struct TreeRule: Sendable, Hashable {
  /// A group that may pass through one folder, and no more, because it reads an inner tree further down.
  public struct Passer: Sendable, Hashable {
    /// Absolute; the tree's root or a folder between it and an inner root.
    public var folder: String
    public var group: UInt32

    public init(folder: String, group: UInt32) {
      self.folder = folder
      self.group = group
    }
  }

  /// Who keeps what is theirs in a tree that is closed. What anybody else owns there was given by hand, and becomes root's:
  /// whoever owns a folder could go on using it, and open it to others.
  public struct Keepers: Sendable, Hashable {
    /// Whose tree it was; nil: an account that is no more.
    public var owner: UInt32?
    /// Those who could make files: they keep those, but not the tree's root nor folders on the way to an inner root.
    public var makers: Set<UInt32>

    public init(owner: UInt32?, makers: Set<UInt32>) {
      self.owner = owner
      self.makers = makers
    }
  }

  /// Absolute, below the host's root, without `.`, `..` or empty components.
  public var path: String
  public var owner: UInt32
  public var group: UInt32
  /// Mode of directories, with the setgid bit: `0o2750`.
  public var directories: UInt16
  /// Mode of files that their owner may not execute: `0o640`. Those that the owner may keep the execute bit, for every
  /// class that may read.
  public var files: UInt16
  /// Groups with an ACL entry of their own, beside ``group``.
  public var readers: [UInt32]
  public var writers: [UInt32]
  /// Accounts with an ACL entry of their own, beside ``owner``.
  public var accountReaders: [UInt32]
  public var accountWriters: [UInt32]
  /// Accounts that may write, and to which stays what they made: files and folders below the tree's root, those on the
  /// way to an inner root apart.
  public var makers: Set<UInt32>
  /// Roots of other trees further down, where this one stops. Every folder on the way to one is sticky: whoever may write
  /// there could otherwise put another folder in its place.
  public var inner: [String]
  public var passers: [Passer]
  /// A tree that policy no longer has: group root, nothing for group and others, no ACL; ``keepers`` keep what is theirs.
  /// Of the other properties only ``path`` and ``inner`` count.
  public var isClosed: Bool
  /// Of a closed tree, whose files stay theirs. nil: everybody's.
  public var keepers: Keepers?
  /// Whether nobody makes the tree where it is not there.
  public var isOptional = false

  public init(
    path: String, owner: UInt32, group: UInt32, directories: UInt16, files: UInt16, readers: [UInt32] = [],
    writers: [UInt32] = [], accountReaders: [UInt32] = [], accountWriters: [UInt32] = [], makers: Set<UInt32> = [],
    inner: [String] = [], passers: [Passer] = []
  ) {
    self.path = path
    self.owner = owner
    self.group = group
    self.directories = directories
    self.files = files
    self.readers = readers
    self.writers = writers
    self.accountReaders = accountReaders
    self.accountWriters = accountWriters
    self.makers = makers
    self.inner = inner
    self.passers = passers
    isClosed = false
  }

  public static func closed(path: String, inner: [String] = [], keepers: Keepers? = nil) -> TreeRule {
    var rule = TreeRule(path: path, owner: 0, group: 0, directories: 0o700, files: 0o600, inner: inner)
    rule.isClosed = true
    rule.keepers = keepers
    return rule
  }
}

/// An absolute path taken apart. Trees are never found by handing a path to the kernel whole.
struct TreePath: Hashable, Sendable {
  var components: [[UInt8]]

  /// Folders that no rule may cover whole, whatever the host's limits say.
  static let forbiddenRoots: Set<String> = [
    "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/tmp",
    "/usr", "/var",
  ]

  init(_ path: String) throws(TreeError) {
    let bytes = Array(path.utf8)
    guard bytes.first == UInt8(ascii: "/"), !bytes.contains(0) else { throw .badPath(path) }
    components = bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
    if components == [[]] { components = [] }
    for component in components where component.isEmpty || component == [0x2e] || component == [0x2e, 0x2e] {
      throw .badPath(path)
    }
  }

  /// The components below `other`; nil where this path is not that one or further down.
  func below(_ other: TreePath) -> ArraySlice<[UInt8]>? {
    guard components.starts(with: other.components) else { return nil }
    return components.dropFirst(other.components.count)
  }
}
