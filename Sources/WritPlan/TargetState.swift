public import WritDigest
public import WritSyntax

/// The kinds of things writ owns on a target. The raw value is what plans, ledger and JSON print.
///
/// Which attributes each kind has is said in ``ObjectState``.
public enum ObjectKind: String, Sendable, Hashable, CaseIterable, Codable {
  // On a Linux host
  case account
  case group
  case membership
  case keys
  case sudoers
  case sshd
  case egress
  case tree
  case ends
  case umask, jupyter
  case audit
  case backup
  // In a vault
  case folder
}

/// What names one object on a target: a Unix account, a group, a tree's path, a vault folder.
public struct ObjectID: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
  public var kind: ObjectKind
  public var name: String

  public init(_ kind: ObjectKind, _ name: String) {
    self.kind = kind
    self.name = name
  }

  /// `group ai-researchers`
  public var description: String { "\(kind.rawValue) \(name)" }

  public static func < (a: ObjectID, b: ObjectID) -> Bool {
    (a.kind.rawValue, a.name) < (b.kind.rawValue, b.name)
  }
}

/// One property of an object.
public enum AttributeValue: Hashable, Sendable, Codable {
  case text(String)
  /// Order means nothing; kept sorted, without duplicates: members, recipients.
  case set([String])
  /// Order means something: lines of a file.
  case lines([String])

  public static func members(_ elements: some Sequence<String>) -> AttributeValue {
    .set(Set(elements).sorted())
  }

  public var json: JSONValue {
    switch self {
    case .text(let text): .string(text)
    case .set(let elements), .lines(let elements): .array(elements.map(JSONValue.string))
    }
  }
}

/// The attributes of one object, as desired or as observed.
///
/// Comparing looks only at the attributes that the desired state names. By kind:
///
/// | kind | name | attributes |
/// | --- | --- | --- |
/// | `account` | account name | `state` (`active` or `retired`), `uid`, `gid` (primary; a group of the account's name), `gecos`, `home`, `home-folder` (`private`: exists, is the account's, 0700; `none`: not looked at), `shell`, `password` (`*` or `!*`), `expires` (shadow day or empty). A retired one names only `state`, `uid`, `shell`, `password`, `expires`. Only in the change that makes an account writ's that is older: `origin` (`older than writ`, then `taken in`) |
/// | `group` | group name | `members` (set of account names), and `origin` likewise |
/// | `membership` | `GROUP/ACCOUNT` | `state` = `member`: one account in a system group that writ does not own otherwise |
/// | `keys` | account name | `lines` of its key file, without the header |
/// | `sudoers`, `sshd`, `ends`, `audit` | `writ` | `lines` of the file, without the header |
/// | `umask` | `common-session` or `common-session-noninteractive` | `lines`: those that are writ's in that file of `/etc/pam.d` |
/// | `jupyter` | `server` or `notebook` | `lines`: those that are writ's in that program's file in `/etc/jupyter` |
/// | `egress` | `writ` | `allowed`, `denied` (sets of uids of the accounts that policy has here: who may connect to what is external, and who not; of live `allowed` are accounts of writ's that nothing holds back and that policy does not want held back), `internal` (set of networks that everybody may reach), `faults` (lines, what is not as these say: `- …` where more gets out than should, `+ …` otherwise; desired: none) |
/// | `tree` | absolute path | `owner` (account), `group`, `directories`, `files` (octal modes), `readers`, `writers` (sets of group names that have an ACL entry of their own), `account-readers`, `account-writers` (sets of account names likewise), `makers` (set of the accounts that may write, and whose own files and folders stay theirs; `account-writers` are among them unsaid), `passers` (set of `FOLDER GROUP`: groups that only pass through a folder between this root and an inner one), `inner` (set of the roots of inner trees, where this one stops), `deviations` (lines, one for each group of inodes that differ: `- …` where the inode gives more than it should, `+ …` where it gives less; desired: none) |
/// | `backup` | resource name | `tree`, `to` (absolute paths), `every` (a duration), `keep` (a number), `faults` (lines, what keeps it from being so: `- …` where more people get at the snapshots than root, `+ …` otherwise; desired: none) |
/// | `folder` | vault folder | `recipients` (set of `PRINCIPAL KEYTYPE BASE64`), `faults` (lines, what in the folder is not as the signed manifest says: `- …` where somebody may read more than they should, `+ …` otherwise; desired: none) |
public struct ObjectState: Hashable, Sendable, Codable {
  public var attributes: [String: AttributeValue]

  public init(_ attributes: [String: AttributeValue]) { self.attributes = attributes }

  public subscript(name: String) -> AttributeValue? {
    get { attributes[name] }
    set { attributes[name] = newValue }
  }

  public func text(_ name: String) -> String? {
    if case .text(let text)? = attributes[name] { text } else { nil }
  }

  /// Elements of a set or lines; empty when absent.
  public func list(_ name: String) -> [String] {
    switch attributes[name] {
    case .set(let elements), .lines(let elements): elements
    default: []
    }
  }

  public var json: JSONValue { .object(attributes.mapValues(\.json)) }
}

/// What a target says of one object.
public enum Observed: Hashable, Sendable, Codable {
  case absent
  case present(ObjectState)
  /// It is there, but writ did not make it and base does not own it: left alone until `import` or `adopt`.
  case foreign(ObjectState)
  /// It could not be read: never taken for absent.
  case unknown(reason: String)

  public var state: ObjectState? {
    switch self {
    case .present(let state), .foreign(let state): state
    case .absent, .unknown: nil
    }
  }
}

/// What a target reported, already old.
public struct LiveState: Sendable {
  public var objects: [ObjectID: Observed]
  /// Things that someone should know of and that no change mends: a hard link to a file outside, a mount inside a tree.
  /// Those with a slug break what the policy says, and count as drift.
  public var notices: [Notice]
  /// Of absent objects, why they cannot be made: a uid that somebody else has.
  public var obstacles: [ObjectID: String] = [:]
  /// Of trees that are there, how much of them differs from what is desired; for guards.
  public var extents: [ObjectID: Extent] = [:]

  /// How much of a tree an apply would change.
  public struct Extent: Sendable, Hashable, Codable {
    /// Inodes that differ.
    public var wrong: Int
    /// Names in the tree, its root among them.
    public var entries: Int
    public init(wrong: Int, entries: Int) {
      self.wrong = wrong
      self.entries = entries
    }
  }

  public struct Notice: Sendable, Hashable, Codable {
    public var object: ObjectID
    public var text: String
    /// What `writ explain` tells more of; nil for what breaks nothing.
    public var finding: Slug?

    public init(_ object: ObjectID, _ text: String, finding: Slug? = nil) {
      self.object = object
      self.text = text
      self.finding = finding
    }
  }

  public init(objects: [ObjectID: Observed] = [:], notices: [Notice] = []) {
    self.objects = objects
    self.notices = notices
  }

  public var digest: Digest {
    var members: [String: JSONValue] = [:]
    for (id, observed) in objects {
      members[id.description] =
        switch observed {
        case .absent: "absent"
        case .present(let state): ["present": state.json]
        case .foreign(let state): ["foreign": state.json]
        case .unknown: "unknown"
        }
    }
    return Digest(of: JSONValue.object(members).canonical)
  }
}

/// What a target shall look like: every object with its causes.
public struct DesiredState: Sendable {
  public struct Entry: Sendable {
    public var state: ObjectState
    /// Why the object is wanted at all, and why each element of its sets is: `["members=wangfang"]`.
    public var causes: [Cause]
    public var elementCauses: [String: [Cause]]

    public init(_ state: ObjectState, causes: [Cause], elementCauses: [String: [Cause]] = [:]) {
      self.state = state
      self.causes = causes
      self.elementCauses = elementCauses
    }
  }

  public var objects: [ObjectID: Entry]

  public init(_ objects: [ObjectID: Entry] = [:]) { self.objects = objects }
}
