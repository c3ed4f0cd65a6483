internal import WritPolicy

/// One line of an `authorized_keys` file as sshd reads it (sshd(8), "AUTHORIZED_KEYS FILE FORMAT").
struct AuthorizedKey: Hashable {
  struct Option: Hashable {
    /// In small letters.
    var name: String
    /// Without its quotes; nil where none is written.
    var value: String?
  }

  var options: [Option]
  /// `type base64`
  var key: String

  /// The lines that let somebody in; comments, and lines that sshd takes for void, are not among them.
  static func all(_ bytes: [UInt8]) -> [AuthorizedKey] {
    bytes.split(separator: 10).compactMap { AuthorizedKey(String(decoding: $0, as: UTF8.self)) }
  }

  /// Nil for a line that sshd does not take: one option that it does not know voids the whole line.
  init?(_ line: String) {
    let text = line.drop { $0 == " " || $0 == "\t" }
    guard !text.isEmpty, !text.hasPrefix("#") else { return nil }
    // First without options, as sshd tries it.
    if let key = Self.key(text) {
      (options, self.key) = ([], key)
      return
    }
    var rest = text
    guard let options = Self.options(&rest), let key = Self.key(rest.drop { $0 == " " || $0 == "\t" }) else {
      return nil
    }
    (self.options, self.key) = (options, key)
  }

  subscript(name: String) -> String? { options.first { $0.name == name }?.value }

  func has(_ name: String) -> Bool { options.contains { $0.name == name } }

  /// A key of an authority, whose certificates let in whomever they name.
  var isAuthority: Bool { has("cert-authority") }

  /// Whether the line lets nobody forward anything.
  var forwardsNothing: Bool {
    guard has("restrict") else { return false }
    return !["port-forwarding", "agent-forwarding", "x11-forwarding", "tunnel"].contains(where: has)
  }

  /// Whether the line's end has passed at `now`.
  func isOver(at now: Instant) -> Bool {
    options.contains { option in
      guard option.name == "expiry-time", let value = option.value, let end = Self.end(value) else { return false }
      return end <= now
    }
  }

  // MARK: parts

  private static let types: Set<String> = [
    "ssh-ed25519", "ssh-rsa", "ssh-dss", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
  ]

  private static func key(_ text: Substring) -> String? {
    let words = text.split(maxSplits: 2) { $0 == " " || $0 == "\t" }
    guard words.count >= 2, types.contains(String(words[0])), words[1].hasPrefix("AAAA") else { return nil }
    return "\(words[0]) \(words[1])"
  }

  private static let flags: Set<String> = [
    "restrict", "cert-authority", "port-forwarding", "no-port-forwarding", "agent-forwarding", "no-agent-forwarding",
    "x11-forwarding", "no-x11-forwarding", "pty", "no-pty", "user-rc", "no-user-rc", "no-touch-required",
    "verify-required",
  ]
  private static let valued: Set<String> = [
    "command", "principals", "from", "expiry-time", "environment", "permitopen", "permitlisten", "tunnel",
  ]

  private static func options(_ rest: inout Substring) -> [Option]? {
    var options: [Option] = []
    while true {
      let name = rest.prefix { $0 != "=" && $0 != "," && $0 != " " && $0 != "\t" }
      rest = rest.dropFirst(name.count)
      let word = name.lowercased()
      if rest.first == "=" {
        rest = rest.dropFirst()
        guard valued.contains(word), let value = quoted(&rest) else { return nil }
        if word == "expiry-time", end(value) == nil { return nil }
        options.append(Option(name: word, value: value))
      } else {
        guard flags.contains(word) else { return nil }
        options.append(Option(name: word, value: nil))
      }
      guard rest.first == "," else { return options }
      rest = rest.dropFirst()
    }
  }

  private static func quoted(_ rest: inout Substring) -> String? {
    guard rest.first == "\"" else { return nil }
    rest = rest.dropFirst()
    var value = ""
    while let character = rest.popFirst() {
      if character == "\\", rest.first == "\"" {
        value.append("\"")
        rest = rest.dropFirst()
      } else if character == "\"" {
        return value
      } else {
        value.append(character)
      }
    }
    return nil
  }

  /// Hours by which a time without `Z`, which is the host's own, may lie beside UTC.
  private static let farthestZone: Int64 = 14

  /// `YYYYMMDD[HHMM[SS]][Z]`: the first instant at which the line is void. A time in a zone that is not known is taken
  /// for the latest that it can be: a line is called over only when it surely is.
  private static func end(_ text: String) -> Instant? {
    let isUTC = text.hasSuffix("Z")
    let digits = isUTC ? text.dropLast() : text[...]
    guard [8, 12, 14].contains(digits.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    var fields = Array(digits + String(repeating: "0", count: 14 - digits.count))
    for place in [4, 7] { fields.insert("-", at: place) }
    fields.insert("T", at: 10)
    for place in [13, 16] { fields.insert(":", at: place) }
    guard let instant = Instant(rfc3339: String(fields) + "Z") else { return nil }
    return isUTC ? instant : Instant(seconds: instant.seconds + farthestZone * 3600)
  }
}
