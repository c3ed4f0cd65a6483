/// One line of writ's sudoers file, taken apart as far as the host must judge it: who it lets the command run as, and which.
///
/// The form is the planner's: `ACCOUNT ALL=(RUNAS[,RUNAS]) [NOTAFTER=… ]NOPASSWD: [LOG_OUTPUT: ][sha256:… ]/path
/// [arguments]`. Another form is nil, and so refused: a line that is not understood is not let through.
struct SudoersRule: Equatable {
  var runAs: [String]
  /// Without the backslashes that sudoers(5) wants.
  var command: String
  /// What the program must be, in hexadecimal digits; nil: whatever it is.
  var sha256: String?

  init?(_ line: String) {
    guard let open = line.firstIndex(of: "("), let close = line[open...].firstIndex(of: ")"),
      line[..<open].hasSuffix(" ALL=")
    else { return nil }
    let user = line[..<open].dropLast(" ALL=".count)
    let accounts = line[line.index(after: open)..<close].split(separator: ",", omittingEmptySubsequences: false)
    guard AccountEditor.isAccountName(String(user)), !accounts.isEmpty,
      accounts.allSatisfy({ AccountEditor.isAccountName(String($0)) })
    else { return nil }
    runAs = accounts.map(String.init)
    var rest = line[line.index(after: close)...].drop { $0 == " " }
    while let word = rest.split(separator: " ", maxSplits: 1).first, !word.hasPrefix("/") {
      if word.hasPrefix("sha256:"), word.utf8.count == "sha256:".utf8.count + 64 {
        sha256 = String(word.dropFirst("sha256:".count))
      } else {
        guard
          word.hasPrefix("NOTAFTER=") || word.hasPrefix("NOTBEFORE=") || word == "NOPASSWD:" || word == "LOG_OUTPUT:"
        else { return nil }
      }
      rest = rest.dropFirst(word.count).drop { $0 == " " }
    }
    var command = ""
    var escaped = false
    while let character = rest.first {
      rest = rest.dropFirst()
      if escaped {
        command.append(character)
        escaped = false
      } else if character == "\\" {
        escaped = true
      } else if character == " " {
        break
      } else if "*?[],:=".contains(character) {
        // A wildcard, or another command.
        return nil
      } else {
        command.append(character)
      }
    }
    guard command.hasPrefix("/"), !escaped, Self.isOneCommand(arguments: rest) else { return nil }
    self.command = command
  }

  /// Whether sudo reads the arguments to their end: neither another command after a comma nor another rule after a colon.
  private static func isOneCommand(arguments: Substring) -> Bool {
    // A pattern ends for sudo at its first `$`, brackets or not.
    if arguments.hasPrefix("^") {
      return arguments.hasSuffix("$") && !arguments.dropLast().contains { "$#".contains($0) }
    }
    var escaped = false
    for character in arguments {
      if escaped {
        escaped = false
      } else if character == "\\" {
        escaped = true
      } else if ",:=#*?[]".contains(character) {
        return false
      }
    }
    return !escaped
  }
}
