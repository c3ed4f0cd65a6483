public import WritDigest
public import WritPolicy

/// One thing that an approval may name: an access gained on one target for one stretch of time, or one sensitive change.
///
/// Identity is everything in it, and ``json`` gives a digest of that. What is lost is no item: nothing stands in the way of a
/// revocation.
public enum ApprovalItem: Hashable, Sendable {
  case gain(Gain)
  case sensitive(Sensitive)

  /// An edge, for a time, on one target, enforced in one way, for whoever has the keys it has now.
  public struct Gain: Hashable, Sendable {
    /// As the change calls it.
    public var principal: PrincipalName
    public var permission: Permission
    /// Nil: declared and not enforced.
    public var target: TargetName?
    /// ``Instant/distantPast`` for what begins with the change; ``Instant/distantFuture`` where no end is written.
    public var interval: Interval
    /// How the permission is enforced after the change.
    public var control: Digest
    /// The account, uid and keys of the principal as accepted, or as the change makes them for one that is new or renamed.
    ///
    /// So an approval does not outlive the key of the person it was given for; a key changed along with the access is an item
    /// of its own.
    public var identity: Digest

    public init(
      principal: PrincipalName, permission: Permission, target: TargetName?, interval: Interval, control: Digest,
      identity: Digest
    ) {
      self.principal = principal
      self.permission = permission
      self.target = target
      self.interval = interval
      self.control = control
      self.identity = identity
    }

    public var key: EdgeKey { EdgeKey(principal, permission) }

    /// Whether both are the same access on the same target, enforced alike for the same keys, whenever.
    func isSame(_ other: Gain) -> Bool {
      key == other.key && target == other.target && control == other.control && identity == other.identity
    }
  }

  /// A sensitive change, wholly: what goes and what comes.
  public struct Sensitive: Hashable, Sendable {
    public var kind: SensitiveKind
    public var subject: String
    /// Sorted, each once.
    public var before: [String]
    public var after: [String]

    public init(kind: SensitiveKind, subject: String, before: [String], after: [String]) {
      self.kind = kind
      self.subject = subject
      self.before = Self.ordered(before)
      self.after = Self.ordered(after)
    }

    private static func ordered(_ texts: [String]) -> [String] {
      Set(texts).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Whether everything that `self` does, `other` does too.
    func isPart(of other: Sensitive) -> Bool {
      kind == other.kind && subject == other.subject && Set(before).isSubset(of: other.before)
        && Set(after).isSubset(of: other.after)
    }
  }

  /// What brings two items near one another.
  enum Subject: Hashable, Sendable {
    case edge(EdgeKey)
    case change(SensitiveKind, String)
  }

  var subject: Subject {
    switch self {
    case .gain(let gain): .edge(gain.key)
    case .sensitive(let change): .change(change.kind, change.subject)
    }
  }

  /// Whether one is about the same access or the same subject as the other, at least for some of the time.
  ///
  /// Every item of a whole change is touched by an item of one of its steps: what arises in between, arises in one of them.
  public func touches(_ other: ApprovalItem) -> Bool {
    switch (self, other) {
    case (.gain(let a), .gain(let b)):
      a.key == b.key && a.target == b.target
        && max(a.interval.start, b.interval.start) < min(a.interval.end, b.interval.end)
    case (.sensitive(let a), .sensitive(let b)): a.kind == b.kind && a.subject == b.subject
    default: false
    }
  }
}

extension ApprovalItem: Comparable {
  /// Gains first, by principal, permission and target; then sensitive changes by kind and subject. By bytes, so that everybody
  /// sorts alike.
  public static func < (a: ApprovalItem, b: ApprovalItem) -> Bool {
    switch (a, b) {
    case (.gain(let a), .gain(let b)):
      if a.key != b.key { return a.key < b.key }
      if a.target != b.target { return (a.target?.description ?? "") < (b.target?.description ?? "") }
      return (a.interval.start, a.interval.end, a.control, a.identity)
        < (b.interval.start, b.interval.end, b.control, b.identity)
    case (.sensitive(let a), .sensitive(let b)):
      return a.texts.lexicographicallyPrecedes(b.texts) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    case (.gain, .sensitive): return true
    case (.sensitive, .gain): return false
    }
  }

  /// `items`, sorted and each once.
  public static func ordered(_ items: some Sequence<ApprovalItem>) -> [ApprovalItem] { Set(items).sorted() }
}

extension ApprovalItem.Sensitive {
  fileprivate var texts: [String] { [kind.rawValue, subject, "\(before.count)"] + before + after }
}
