/// The one pattern that a command's arguments must match as a whole: a POSIX extended regular expression, which
/// sudoers(5) takes from 1.9.10 on.
enum ArgumentPattern {
  /// sudo refuses longer ones.
  static let longest = 1024

  /// Nil when the pattern is anchored as a whole and its brackets match.
  static func problem(of text: String) -> String? {
    guard text.utf8.first == UInt8(ascii: "^"), text.utf8.last == UInt8(ascii: "$"), text.utf8.count >= 2 else {
      return "begin the pattern with `^` and end it with `$`"
    }
    guard text.utf8.count <= longest else { return "write a pattern of at most \(longest) bytes" }
    // sudo's own reader knows no brackets: the first `$` ends the pattern for it, and what follows a comma is another
    // command. A `#` begins a comment.
    if text.utf8.dropLast().contains(UInt8(ascii: "$")) {
      return "only the end can have a `$`; `.` stands for any character"
    }
    if text.utf8.contains(UInt8(ascii: "#")) { return "sudo takes no `#` in a pattern; `.` stands for any character" }
    var depth = 0
    var bytes = Array(text.utf8.dropFirst().dropLast())[...]
    while let byte = bytes.popFirst() {
      switch byte {
      case UInt8(ascii: "\\"):
        // `\$` at the end would be no anchor at all.
        if bytes.popFirst() == nil { return "the last `$` is escaped, so the pattern is open at its end" }
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"):
        depth -= 1
        if depth < 0 { return "a `)` closes nothing" }
      case UInt8(ascii: "|"):
        // `^a|b$` matches whatever begins with a.
        if depth == 0 { return "put the alternatives in parentheses: `^(a|b)$`" }
      case UInt8(ascii: "["):
        if !skipBracket(&bytes) { return "a `[` is not closed" }
      default: break
      }
    }
    return depth == 0 ? nil : "a `(` is not closed"
  }

  /// A bracket expression: `]` counts as a member when it comes first, and a backslash means itself.
  private static func skipBracket(_ bytes: inout ArraySlice<UInt8>) -> Bool {
    if bytes.first == UInt8(ascii: "^") { bytes.removeFirst() }
    if bytes.first == UInt8(ascii: "]") { bytes.removeFirst() }
    while let byte = bytes.popFirst() {
      if byte == UInt8(ascii: "]") { return true }
      // `[:alpha:]`, `[.x.]`, `[=x=]`
      if byte == UInt8(ascii: "["), let kind = bytes.first,
        [UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "=")].contains(kind)
      {
        bytes.removeFirst()
        while let inner = bytes.popFirst() {
          if inner == kind, bytes.first == UInt8(ascii: "]") {
            bytes.removeFirst()
            break
          }
        }
      }
    }
    return false
  }

  /// True for patterns that everything matches.
  static func isOpen(_ text: String) -> Bool {
    let inner = text.dropFirst().dropLast().filter { $0 != "(" && $0 != ")" }
    return [".*", ".+", ".*.*", ".?.*"].contains(inner)
  }
}
