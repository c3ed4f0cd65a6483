internal import WritDigest
internal import WritHistory

/// Where approvals lie on the branch `writ/approvals`, and how much of what anybody may have pushed there is looked at.
enum ApprovalLayout {
  static let branch = "approvals"
  static let folder = "statements/"

  /// Bytes of what one fetch may bring: some ten thousand approvals.
  static let fetchLimit = 256 << 20
  /// One pack, so that the limit is one of everything; what is large in it is never held in memory.
  static let fetchSettings = ["fetch.unpackLimit=1", "core.bigFileThreshold=1m"]
  /// Bytes of the list of files.
  static let listingLimit = 64 << 20
  /// Bytes of one statement: ten thousand items and more.
  static let statementLimit = ApprovalStatement.sizeLimit
  /// Bytes of one armoured signature: an RSA key of 16,384 bits and more.
  static let signatureLimit = 8 << 10
  /// Files that are read by one `git cat-file`.
  static let chunk = 1_000
  /// Approvals by keys that nobody listed are only looked at to say why they do not count.
  static let strangerLimit = 200

  /// `statements/ab/abcd….json`
  static func statement(_ id: Digest) -> String { "\(folder)\(id.hex.prefix(2))/\(id.hex).json" }

  static func signature(_ id: Digest) -> String { statement(id) + ".sig" }

  /// The digest that a path names; nil for any other file.
  static func id(ofStatementAt path: String) -> Digest? {
    guard path.hasSuffix(".json"), let name = path.split(separator: "/").last?.dropLast(5),
      let id = Digest(hex: String(name)), statement(id) == path
    else { return nil }
    return id
  }
}
