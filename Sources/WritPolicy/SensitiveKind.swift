/// What kind of change adds or takes no access and yet moves what access means (design §3, §9).
///
/// The raw values are words of `change:` in approval rules, of reports and of what approvers sign, so a case is never renamed.
public enum SensitiveKind: String, Sendable, Hashable, CaseIterable {
  /// How a permission is enforced.
  case control
  /// What else a tree takes in: another one inside it is no longer described, so that its own readers get that too;
  /// or egress of a host is restricted no longer.
  case extent
  case keys, account, uid, credential, owner
  case userType = "user-type"
  /// An e-mail address: commits name their authors by it, and nobody approves their own.
  case email
  /// Who is the manager of somebody.
  case manager
  /// An earlier name, `previously`.
  case rename
  case tags
  /// The hosts and labels of a resource, as written.
  case hosts
  /// What is written about one host.
  case host
  case vault, custodians, signers
  /// Who holds a role that may approve.
  case approvers
  case settings, guards
  case expiryRules = "expiry-rules"
  case separationRules = "separation-rules"
  case approvalRules = "approval-rules"
  case baselines = "host-baselines"
  /// Whether changes of a tree are written into the audit log.
  case watch
  /// Whether, how often and where snapshots of a tree are kept.
  case backup
}

/// A word of `change:`: one kind of sensitive change, or several that belong together.
public struct ChangeWord: Sendable, Hashable {
  public let text: String
  public let kinds: Set<SensitiveKind>

  /// Nil when no change is called that.
  public init?(_ text: String) {
    guard let kinds = Self.words[text] else { return nil }
    self.text = text
    self.kinds = kinds
  }

  /// Every word with what it stands for. A group that has the name of one of its kinds stands for the whole group.
  public static let words: [String: Set<SensitiveKind>] = {
    var words = Dictionary(uniqueKeysWithValues: SensitiveKind.allCases.map { ($0.rawValue, Set([$0])) })
    words["any"] = Set(SensitiveKind.allCases)
    words["rules"] = [.approvalRules, .approvers, .expiryRules, .separationRules, .guards, .settings]
    words["identities"] = [.keys, .credential, .account, .uid, .email, .rename, .owner, .userType, .manager]
    words["keys"] = [.keys, .credential]
    words["controls"] = [.control, .extent, .watch, .backup]
    words["hosts"] = [.hosts, .host, .baselines]
    words["vaults"] = [.vault, .custodians]
    for (plural, kind) in [
      ("accounts", SensitiveKind.account), ("uids", .uid), ("credentials", .credential),
      ("owners", .owner), ("emails", .email), ("user-types", .userType), ("managers", .manager), ("renames", .rename),
      ("previously", .rename), ("baselines", .baselines), ("watches", .watch),
      ("backups", .backup),
    ] {
      words[plural] = [kind]
    }
    return words
  }()
}
