internal import WritPolicy

/// Whether an account may be used at all on a day, as `pam_unix` decides it from shadow(5).
struct AccountEnd {
  /// The fields of the account's line; nil where it has none.
  var fields: [String]?

  init(_ database: AccountDatabase, _ account: String) { fields = database.shadow[account] }

  /// Why it may not; nil: it may.
  ///
  /// - Parameter withPAM: without it sshd lets the last day itself pass.
  func refusal(at now: Instant, withPAM: Bool = true) -> String? {
    let day = now.seconds / 86_400
    if let end = number(7), end >= 0, withPAM ? day >= end : day > end { return "the account has expired" }
    guard let changed = number(2), changed >= 0 else { return nil }
    if changed == 0 { return "its password must be changed first" }
    if let most = number(4), most >= 0, day - changed > most { return "its password is too old" }
    return nil
  }

  /// Whether the second field takes a password at all.
  var hasPassword: Bool {
    guard let field = fields.flatMap({ $0.count > 1 ? $0[1] : nil }) else { return false }
    return !field.hasPrefix("!") && !field.hasPrefix("*") && (field.isEmpty || field.count >= 13)
  }

  /// A field that begins with `!` refuses keys too where sshd does not use PAM.
  var isLocked: Bool { fields.map { $0.count > 1 && $0[1].hasPrefix("!") } ?? false }

  private func number(_ index: Int) -> Int64? {
    fields.flatMap { $0.count > index ? Int64($0[index]) : nil }
  }
}
