extension AllowedSigners {
  /// Reads a file. Empty lines and lines that begin with `#` say nothing.
  ///
  /// - Throws: ``ReadingError`` with the line.
  public init(reading bytes: [UInt8]) throws(ReadingError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ReadingError(line: 1, reason: "not UTF-8")
    }
    // A carriage return would join two lines into one character and hide the second behind the comment of the first.
    if let position = bytes.firstIndex(where: { ($0 < 0x20 && $0 != 0x09 && $0 != 0x0a) || $0 == 0x7f }) {
      throw ReadingError(
        line: bytes[..<position].count { $0 == 0x0a } + 1, reason: "control character in the line")
    }
    var entries: [Entry] = []
    var seen: Set<PublicKey> = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let number = index + 1
      let fields = line.split { $0 == " " || $0 == "\t" }
      guard let first = fields.first, !first.hasPrefix("#") else { continue }
      let entry = try Self.entry(fields, line: number)
      guard seen.insert(entry.key).inserted else { throw ReadingError(line: number, reason: "key listed twice") }
      entries.append(entry)
    }
    self.init(checked: entries)
  }

  private init(checked entries: [Entry]) { self.entries = entries }

  private static func entry(_ fields: [Substring], line: Int) throws(ReadingError) -> Entry {
    guard fields.count >= 3 else { throw ReadingError(line: line, reason: "principals, key type and key expected") }
    let principals = fields[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let hasOptions = !PublicKey.knownTypes.contains(String(fields[1]))
    let start = hasOptions ? 2 : 1
    guard fields.count >= start + 2, let key = PublicKey("\(fields[start]) \(fields[start + 1])") else {
      throw ReadingError(line: line, reason: "unusable key or unknown option")
    }
    var entry = Entry(principals: principals, key: key)
    if hasOptions { try read(options: fields[1], into: &entry, line: line) }
    try check(entry, line: line)
    return entry
  }

  private static func read(options: Substring, into entry: inout Entry, line: Int) throws(ReadingError) {
    for option in split(options) {
      let halves = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2, halves[1].count >= 2, halves[1].hasPrefix("\""), halves[1].hasSuffix("\"") else {
        throw ReadingError(
          line: line,
          reason: option == "cert-authority" ? "cert-authority is not allowed" : "an option is NAME=\"VALUE\"")
      }
      let value = String(halves[1].dropFirst().dropLast())
      switch halves[0] {
      case "namespaces" where entry.namespaces == nil:
        entry.namespaces = value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      case "valid-after" where entry.validAfter == nil: entry.validAfter = value
      case "valid-before" where entry.validBefore == nil: entry.validBefore = value
      default: throw ReadingError(line: line, reason: "option unknown or given twice")
      }
    }
  }

  /// At commas outside quotes.
  private static func split(_ options: Substring) -> [String] {
    var parts = [""]
    var quoted = false
    for character in options {
      if character == "\"" { quoted.toggle() }
      if character == ",", !quoted {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    return parts
  }
}
