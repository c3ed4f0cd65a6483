/// Who may sign, by which keys: the `allowed_signers` file of ssh-keygen(1), read more strictly than OpenSSH reads it.
///
/// OpenSSH skips a line it cannot read and lets the freest of several lines for one key count; both turn a slip into a
/// different meaning. Here a pattern as a principal, `cert-authority`, an unknown option, a key listed twice and any
/// unreadable line are errors.
public struct AllowedSigners: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    /// Exact names; never empty.
    public var principals: [String]
    public var key: PublicKey
    /// Exact names; nil: every namespace.
    public var namespaces: [String]?
    /// `YYYYMMDD[HHMM[SS]][Z]`, local time without `Z`.
    public var validAfter: String?
    public var validBefore: String?

    public init(
      principals: [String], key: PublicKey, namespaces: [String]? = nil, validAfter: String? = nil,
      validBefore: String? = nil
    ) {
      self.principals = principals
      self.key = key
      self.namespaces = namespaces
      self.validAfter = validAfter
      self.validBefore = validBefore
    }
  }

  public struct ReadingError: Error, Hashable, Sendable {
    /// From 1; of entries that were not read from a file, their position.
    public var line: Int
    public var reason: String
  }

  public let entries: [Entry]

  /// - Throws: ``ReadingError`` for what a file could not say either.
  public init(_ entries: [Entry]) throws(ReadingError) {
    var seen: Set<PublicKey> = []
    for (index, entry) in entries.enumerated() {
      try Self.check(entry, line: index + 1)
      guard seen.insert(entry.key).inserted else { throw ReadingError(line: index + 1, reason: "key listed twice") }
    }
    self.entries = entries
  }

  /// Keys listed for `principal`.
  public func entries(of principal: String) -> [Entry] { entries.filter { $0.principals.contains(principal) } }

  /// Whom `key` belongs to; empty for an unknown key.
  public func principals(of key: PublicKey) -> [String] { entries.first { $0.key == key }?.principals ?? [] }

  /// The file, one line for each entry in order. Reading it again gives an equal value.
  public var text: String { entries.map { $0.line + "\n" }.joined() }

  static func check(_ entry: Entry, line: Int) throws(ReadingError) {
    guard !entry.principals.isEmpty, entry.principals.allSatisfy(isExactName) else {
      throw ReadingError(line: line, reason: "principals must be exact names without `*`, `?`, `!`")
    }
    if let namespaces = entry.namespaces {
      guard !namespaces.isEmpty, namespaces.allSatisfy(isExactName) else {
        throw ReadingError(line: line, reason: "namespaces must be exact names without `*`, `?`, `!`")
      }
    }
    for date in [entry.validAfter, entry.validBefore].compactMap(\.self) {
      guard isDate(date) else { throw ReadingError(line: line, reason: "a date is YYYYMMDD[HHMM[SS]][Z]") }
    }
  }

  /// Printable ASCII without what has a meaning of its own in the file.
  private static func isExactName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.first != UInt8(ascii: "#")
      && name.utf8.allSatisfy { (0x21...0x7e).contains($0) && !"*?!,\"\\".utf8.contains($0) }
  }

  private static func isDate(_ text: String) -> Bool {
    let digits = text.hasSuffix("Z") ? text.dropLast() : text[...]
    return [8, 12, 14].contains(digits.utf8.count)
      && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}

extension AllowedSigners.Entry {
  /// As the file has it, without line feed.
  public var line: String { line(principals: principals, namespaces: namespaces, dates: true) }

  func line(principals: [String], namespaces: [String]?, dates: Bool) -> String {
    var options: [String] = []
    if let namespaces { options.append("namespaces=\"\(namespaces.joined(separator: ","))\"") }
    if dates, let validAfter { options.append("valid-after=\"\(validAfter)\"") }
    if dates, let validBefore { options.append("valid-before=\"\(validBefore)\"") }
    return [principals.joined(separator: ","), options.joined(separator: ","), key.description]
      .filter { !$0.isEmpty }.joined(separator: " ")
  }
}
