/// What a host has that a policy could say, as `writ import` finds it. Texts are the host's own, and hostile.
public struct HostInventory: Sendable {
  public struct Account: Sendable, Hashable {
    public var name: String
    public var uid: UInt32
    public var gid: UInt32
    public var comment: String
    public var home: String
    /// `private`, or what is found instead.
    public var homeFolder: String
    public var shell: String
    /// As plans show it, never a hash.
    public var password: String
    /// Field 8 of shadow(5); empty: without an end.
    public var expires: String
    public var keys: [Line]

    public init(
      name: String, uid: UInt32, gid: UInt32, comment: String, home: String, homeFolder: String, shell: String,
      password: String, expires: String, keys: [Line]
    ) {
      (self.name, self.uid, self.gid, self.comment) = (name, uid, gid, comment)
      (self.home, self.homeFolder, self.shell) = (home, homeFolder, shell)
      (self.password, self.expires, self.keys) = (password, expires, keys)
    }
  }

  public struct Group: Sendable, Hashable {
    public var name: String
    public var gid: UInt32
    /// Also those whose primary group it is, but for the account of its name.
    public var members: [String]
    /// Whether its gid is none that policy may give here.
    public var isSystem: Bool

    public init(name: String, gid: UInt32, members: [String], isSystem: Bool) {
      (self.name, self.gid, self.members, self.isSystem) = (name, gid, members, isSystem)
    }
  }

  /// One line of a file on the host.
  public struct Line: Sendable, Hashable {
    public var file: String
    public var number: Int
    public var text: String

    public init(file: String, number: Int, text: String) {
      (self.file, self.number, self.text) = (file, number, text)
    }

    public var place: String { "\(file):\(number)" }
  }

  /// The root of a tree that was asked for.
  public struct Tree: Sendable, Hashable {
    public var path: String
    /// Nil where the id has no name.
    public var owner: String?
    public var group: String?
    public var mode: UInt32

    public init(path: String, owner: String?, group: String?, mode: UInt32) {
      (self.path, self.owner, self.group, self.mode) = (path, owner, group, mode)
    }
  }

  /// By uid, then name.
  public var accounts: [Account] = []
  /// By name.
  public var groups: [Group] = []
  /// Lines of sudoers and what it includes that are rules, in the order in which sudo reads them.
  public var rules: [Line] = []
  public var trees: [Tree] = []
  /// What was found and could not be read as any of these, in words.
  public var oddities: [String] = []

  public init() {}
}
