internal import WritPlan

/// Which lines this host lets anybody put into files that sshd, PAM and Jupyter read.
///
/// The policy language says no others, but plans come from another machine; and one line of these files may run a program as root
/// or let anybody in. So each is held against the few forms that there are.
struct ManagedLines {
  let kind: ObjectKind
  let limits: HostLimits

  /// Why the host does not take them; nil where it does.
  func refusal(of lines: [String]) -> String? {
    var block: SshdBlock?
    for line in lines {
      let isTaken =
        switch kind {
        case .keys: isKey(line)
        case .sshd: isSshd(line, &block)
        case .umask: isUmask(line)
        case .jupyter: isJupyter(line)
        default: false
        }
      // A control character could end the line for whoever reads the file.
      guard isTaken, line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
        return "`\(line.visible)` is no line that writ puts there"
      }
    }
    return nil
  }

  // MARK: keys

  private static let keyOptions: Set<String> = ["restrict", "pty", "port-forwarding", "from", "command", "expiry-time"]

  /// One key that is restricted, and no authority, whose certificates could name anybody.
  private func isKey(_ line: String) -> Bool {
    guard let key = AuthorizedKey(line) else { return false }
    return key.has("restrict") && key.options.allSatisfy { Self.keyOptions.contains($0.name) }
  }

  // MARK: sshd

  private enum SshdBlock { case login, forced }

  private static let loginSettings: Set<String> = [
    "AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u", "AuthorizedKeysCommand none", "AuthorizedPrincipalsFile none",
    "PasswordAuthentication no", "KbdInteractiveAuthentication no",
  ]

  private func isSshd(_ line: String, _ block: inout SshdBlock?) -> Bool {
    let words = line.split(separator: " ").map(String.init)
    guard let keyword = words.first else { return false }
    if line.hasPrefix(" ") {
      let setting = words.joined(separator: " ")
      return switch block {
      case .login: Self.loginSettings.contains(setting)
      case .forced: setting == "DisableForwarding yes"
      case nil: false
      }
    }
    switch (keyword, words.count) {
    // What comes after a `Match` belongs to it, indented or not.
    case ("AllowGroups", 2...) where block == nil:
      return Set(words.dropFirst()).isSubset(of: limits.keepLogin + ["root", DesiredState.loginGroup])
    case ("DenyUsers", 2) where block == nil: return AccountEditor.isAccountName(words[1])
    case ("Match", 3) where words[1] == "Group":
      block = .login
      return words[2] == DesiredState.loginGroup
    case ("Match", 3) where words[1] == "User":
      block = .forced
      return words[2].split(separator: ",", omittingEmptySubsequences: false).allSatisfy {
        AccountEditor.isAccountName(String($0))
      }
    default: return false
    }
  }

  // MARK: sessions and notebooks

  private func isUmask(_ line: String) -> Bool {
    let (start, end) = ("session optional pam_umask.so umask=", " nousergroups")
    guard line.hasPrefix(start), line.hasSuffix(end), line.utf8.count == start.utf8.count + 3 + end.utf8.count else {
      return false
    }
    return line.dropFirst(start.count).prefix(3).allSatisfy { ("0"..."7").contains($0) }
  }

  private func isJupyter(_ line: String) -> Bool {
    guard let program = ["c.ServerApp.", "c.NotebookApp."].first(where: line.hasPrefix) else { return false }
    let setting = line.dropFirst(program.count)
    if ["ip = \"127.0.0.1\"", "allow_remote_access = False", "open_browser = False"].contains(setting) { return true }
    let port = setting.dropFirst("port = ".count)
    return setting.hasPrefix("port = ") && port.allSatisfy(\.isASCIIDigit) && UInt16(port) != nil
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
