/// One line of audit rules, taken apart: the kernel lists a rule otherwise than it was written (auditctl(8)).
struct AuditRule: Hashable {
  /// `always,exit`
  var list: String
  /// `FIELD OPERATOR VALUE`; a watched folder and a watched file are both `file`, since `-w` does not say which.
  var fields: Set<String>

  /// nil for a comment, a setting (`-b 8192`), and whatever is no rule.
  init?(_ line: some StringProtocol) {
    var words = String(line).split { $0 == " " || $0 == "\t" }.map(String.init)[...]
    guard let first = words.first, !first.hasPrefix("#") else { return nil }
    var list: String?
    var fields: Set<String> = []
    while let option = words.popFirst() {
      guard let value = words.popFirst() else { return nil }
      switch option {
      case "-a", "-A":
        let halves = value.split(separator: ",").map(String.init)
        guard halves.count == 2 else { return nil }
        // Either order is taken.
        list = ["always", "never"].contains(halves[0]) ? value : "\(halves[1]),\(halves[0])"
      case "-w":
        list = "always,exit"
        fields.insert("file=\(Self.path(value))")
      case "-p": fields.insert("perm=\(String(value.sorted()))")
      case "-k": fields.insert("key=\(value)")
      case "-S": if value != "all" { fields.insert("syscall=\(value)") }
      case "-F": fields.insert(Self.field(value))
      default: return nil
      }
    }
    guard let list else { return nil }
    self.list = list
    self.fields = fields
  }

  /// All rules of a file, or of `auditctl -l`.
  static func all(in bytes: [UInt8]) -> Set<AuditRule> {
    Set(bytes.split(separator: 10).compactMap { AuditRule(String(decoding: $0, as: UTF8.self)) })
  }

  /// Whether nothing is audited where this is loaded.
  var silencesAll: Bool { list == "never,task" }

  /// What is watched, and whether it is a folder; nil for a rule about something else.
  static func watched(_ line: String) -> (path: String, isFolder: Bool)? {
    for word in line.split(separator: " ") {
      if word.hasPrefix("dir=") { return (String(word.dropFirst(4)), true) }
      if word.hasPrefix("path=") { return (String(word.dropFirst(5)), false) }
    }
    return nil
  }

  private static func field(_ text: String) -> String {
    if text.hasPrefix("dir=") { return "file=" + path(String(text.dropFirst(4))) }
    if text.hasPrefix("path=") { return "file=" + path(String(text.dropFirst(5))) }
    if text.hasPrefix("perm=") { return "perm=" + String(text.dropFirst(5).sorted()) }
    return text
  }

  private static func path(_ text: String) -> String {
    text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
  }
}
