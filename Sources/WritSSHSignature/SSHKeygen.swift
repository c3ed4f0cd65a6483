internal import WritSystem

/// The one program that this module runs.
enum SSHKeygen {
  static let path = "/usr/bin/ssh-keygen"

  /// Seconds; a security key waits for a touch, but not for ever.
  static let timeLimit = 60

  static func run(_ arguments: [String], agentSocket: String? = nil, input: [UInt8] = []) throws(SignatureError)
    -> Program.Result
  {
    var environment = Program.plainEnvironment
    // Never ask for a passphrase: there may be no terminal, and a stopped program is a hanging one.
    environment["SSH_ASKPASS_REQUIRE"] = "force"
    environment["SSH_ASKPASS"] = "/bin/false"
    environment["SSH_AUTH_SOCK"] = agentSocket
    do {
      return try Program(
        path, arguments, environment: environment, input: input, timeLimit: timeLimit, outputLimit: 1 << 20
      ).run()
    } catch { throw .program(error) }
  }

  /// What the program said, on one line, with control characters made visible.
  static func complaint(_ result: Program.Result) -> String {
    // ssh frames its warnings in lines of `@`.
    let lines = result.errorText.split(whereSeparator: \.isNewline).filter {
      !$0.allSatisfy(\.isWhitespace) && !$0.hasPrefix("@")
    }
    let text = lines.joined(separator: "; ").prefix(500)
    return String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : Character($0) })
  }
}
