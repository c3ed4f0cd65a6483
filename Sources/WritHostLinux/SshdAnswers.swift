internal import WritSystem

/// What holds for one account in sshd's own words: `sshd -T -C user=…`, which looks into `Match` as a login would.
struct SshdAnswers {
  /// Whence the account comes, as far as the configuration asks: an address for documentation (RFC 5737).
  static let address = "192.0.2.1"
  static let program = "/usr/sbin/sshd"

  private var values: [String: [String]] = [:]

  /// - Parameter text: one keyword and its value a line.
  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let halves = line.split(separator: " ", maxSplits: 1)
      guard let keyword = halves.first else { continue }
      values[keyword.lowercased(), default: []].append(halves.count > 1 ? String(halves[1]) : "")
    }
  }

  /// Asks sshd itself.
  ///
  /// - Parameter configuration: the file that sshd reads.
  /// - Parameter hostKey: a key for the moment, where the host's own cannot be read.
  /// - Throws: ``HostError/refused(tool:complaint:)`` with what sshd said instead of an answer.
  init(account: String, configuration: String, hostKey: String?) throws(HostError) {
    let arguments =
      ["-T", "-f", configuration] + (hostKey.map { ["-h", $0] } ?? [])
      + ["-C", "user=\(account),host=\(Self.address),addr=\(Self.address)"]
    let result = try hostErrors { try Program(Self.program, arguments).run() }
    guard result.succeeded else {
      let lines = result.errorText.split(separator: "\n").map { String($0).visible }
      throw .refused(tool: "sshd -T", complaint: lines.joined(separator: "; "))
    }
    self.init(result.outputText)
  }

  /// The value of a keyword that has one; empty where sshd says nothing of it.
  subscript(keyword: String) -> String { values[keyword]?.first ?? "" }

  /// All words of all lines of a keyword.
  func words(_ keyword: String) -> [String] {
    (values[keyword] ?? []).flatMap { $0.split(separator: " ").map(String.init) }
  }

  func isOn(_ keyword: String) -> Bool { self[keyword] == "yes" }

  func isSet(_ keyword: String) -> Bool { !["", "none"].contains(self[keyword]) }

  /// Why the lists of accounts and groups shut the account out, in the order in which sshd asks them; nil: they do not.
  func refusal(of account: String, groups: [String]) -> String? {
    func names(_ keyword: String, _ candidates: [String], orAlways: Bool = false) -> Bool {
      words(keyword).contains { word in
        // `NAME@HOST` depends on whence somebody comes: such a word refuses nobody here, and lets in.
        let halves = word.split(separator: "@", maxSplits: 1).map(String.init)
        if halves.count > 1, !orAlways { return false }
        return candidates.contains { Self.matches($0, halves.first ?? "") }
      }
    }
    if names("denyusers", [account]) { return "DenyUsers names it" }
    if !words("allowusers").isEmpty, !names("allowusers", [account], orAlways: true) {
      return "AllowUsers does not name it"
    }
    if names("denygroups", groups) { return "DenyGroups names a group of its" }
    if !words("allowgroups").isEmpty, !names("allowgroups", groups) { return "AllowGroups names no group of its" }
    return nil
  }

  /// Patterns as sshd has them: `*` and `?`, nothing else (ssh_config(5), "PATTERNS").
  static func matches(_ text: String, _ pattern: String) -> Bool {
    var (t, p) = (Array(text.utf8)[...], Array(pattern.utf8)[...])
    var back: (t: ArraySlice<UInt8>, p: ArraySlice<UInt8>)?
    while let byte = t.first {
      if p.first == UInt8(ascii: "*") {
        p = p.dropFirst()
        back = (t, p)
      } else if let wanted = p.first, wanted == byte || wanted == UInt8(ascii: "?") {
        (t, p) = (t.dropFirst(), p.dropFirst())
      } else if let last = back {
        t = last.t.dropFirst()
        p = last.p
        back = (t, p)
      } else {
        return false
      }
    }
    return p.allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
