internal import WritPolicy

/// One line of the coming ends that an apply left on the host: what Linux itself does not end.
///
/// `2026-12-31T16:00:00Z remove member GROUP ACCOUNT`, `… remove acl PATH ACCOUNT`,
/// `… remove egress ACCOUNT`, `… lock ACCOUNT`
struct ComingEnd: Hashable, Sendable {
  enum Action: Hashable, Sendable {
    case removeMember(group: String, account: String)
    case removeACL(path: String, account: String)
    case removeEgress(account: String)
    case lock(account: String)
  }

  /// The first instant without the access.
  var instant: Instant
  var action: Action

  /// Nil for a line that is none.
  init?(_ line: String) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard words.count >= 3, words[0].hasSuffix("Z"), let instant = Instant(rfc3339: words[0]),
      let account = words.last, AccountEditor.isAccountName(account)
    else { return nil }
    self.instant = instant
    switch words[1] {
    case "lock" where words.count == 3:
      action = .lock(account: account)
    case "remove" where words.count == 5 && words[2] == "member" && AccountEditor.isAccountName(words[3]):
      action = .removeMember(group: words[3], account: account)
    case "remove" where words.count >= 5 && words[2] == "acl" && words[3].hasPrefix("/"):
      // A path may hold blanks.
      action = .removeACL(path: words[3..<(words.count - 1)].joined(separator: " "), account: account)
    case "remove" where words.count == 4 && words[2] == "egress":
      action = .removeEgress(account: account)
    default: return nil
    }
  }
}
