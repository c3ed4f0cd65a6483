/// What a commit message says beside its text: the subject, who approved, which pull request.
///
/// Claims of whoever wrote the message, like an author's name; approvals that count are signed (design §9).
public struct CommitMessage: Sendable, Hashable {
  public var subject: String
  /// `Approved-by` and `Reviewed-by` trailers, each person once, in order.
  public var approvers: [String]
  public var pullRequest: Int?

  public init(_ message: String) {
    let lines = Self.lines(message)
    subject = lines.first { !$0.allSatisfy(\.isWhitespace) }.map { String(Self.trimmed($0)) } ?? ""
    var approvers: [String] = []
    for (key, value) in Self.trailers(lines)
    where ["approved-by", "reviewed-by"].contains(key.lowercased()) && !value.isEmpty && !approvers.contains(value) {
      approvers.append(value)
    }
    self.approvers = approvers
    pullRequest = Self.pullRequest(in: subject)
  }

  /// Both kinds of line end: `\r\n` is one `Character`.
  private static func lines(_ text: String) -> [Substring] {
    text.split(omittingEmptySubsequences: false) { $0.isNewline }
  }

  private static func trimmed(_ line: Substring) -> Substring {
    var line = line.drop { $0.isWhitespace }
    while line.last?.isWhitespace == true { line.removeLast() }
    return line
  }

  /// The last paragraph's `Key: value` lines, unless it is the first paragraph (git-interpret-trailers(1)). Lines of other form
  /// between them are passed over: merge tools add some.
  static func trailers(_ lines: [Substring]) -> [(key: String, value: String)] {
    let paragraphs = lines.split { trimmed($0).isEmpty }
    guard paragraphs.count > 1, let last = paragraphs.last else { return [] }
    return last.compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let key = line[..<colon]
      let isKey =
        !key.isEmpty
        && key.utf8.allSatisfy { byte in
          UInt8(ascii: "-") == byte || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
      return isKey ? (String(key), String(trimmed(line[line.index(after: colon)...]))) : nil
    }
  }

  /// `Merge pull request #12 from …` and `… (#12)`, as git hosts write them; a merge request of GitLab's is `See merge request …!12`
  /// in the body and not read.
  private static func pullRequest(in subject: String) -> Int? {
    let merge = "Merge pull request #"
    if subject.hasPrefix(merge) {
      return Int(subject.dropFirst(merge.count).prefix { $0.isASCII && $0.isNumber })
    }
    guard subject.hasSuffix(")"), let open = subject.lastIndex(of: "(") else { return nil }
    let inside = subject[subject.index(after: open)...].dropLast()
    guard inside.first == "#", inside.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return Int(inside.dropFirst())
  }
}
