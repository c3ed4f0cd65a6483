internal import WritSyntax

extension PolicyDecoder {
  /// Longest key of an audit rule (auditctl(8)).
  static let auditKeyLimit = 31
  /// Keys that begin so are those of writ's own watches.
  static let ownAuditKeys = "writ-"

  func auditKey(_ node: Node) -> Located<String>? {
    guard let text = line(node, "`watch`") else { return nil }
    let isPlain = text.value.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard isPlain, text.value.utf8.count <= Self.auditKeyLimit else {
      invalid(
        text, "`watch`", "a key for the audit log",
        help: "letters, digits, `_`, `-` and `.`, \(Self.auditKeyLimit) at most")
      return nil
    }
    if text.value.hasPrefix(Self.ownAuditKeys) {
      invalid(
        text, "`watch`", "another key", help: "those that begin with `\(Self.ownAuditKeys)` are writ's own watches")
      return nil
    }
    return text
  }

  /// auditctl(8) takes a rule apart at its blanks, and knows no way to quote one.
  func checkWatched(_ path: Located<String>, _ watch: Located<String>) {
    guard path.value.contains(" ") else { return }
    report(
      .unsafePath, "a tree with a blank in its path cannot be watched", at: path.span, label: "a blank",
      related: [.init(watch.span, "watched")], help: "take `watch` out, or move the tree")
  }
}
