/// What a commit message says beside its text: the subject, who approved, who wrote it together, which pull request.
///
/// Claims of whoever wrote the message, like an author's name; approvals that count are signed (design §9).
public struct CommitMessage: Sendable, Hashable {
  /// One trailer that names somebody.
  public struct Person: Sendable, Hashable {
    /// `Approved-by`, as written.
    public var label: String
    /// `Name <e-mail>`, or whatever stands there.
    public var text: String
  }

  /// At most ``subjectLimit`` characters.
  public var subject: String
  /// `Approved-by` and `Reviewed-by` trailers, each person once, in order; at most ``trailerLimit``.
  public var approvals: [Person]
  /// `Co-authored-by` trailers, likewise. Co-authors are authors: they do not approve.
  public var coAuthors: [Person]
  public var request: PullRequest?

  public var approvers: [String] { approvals.map(\.text) }
  public var pullRequest: Int? { request?.number }

  /// Characters of a subject, or of a trailer's value, that are kept; the rest is shown as `…`.
  public static let subjectLimit = 400
  /// Trailers of one kind that are kept.
  public static let trailerLimit = 100
  /// Bytes at the beginning, where the subject is looked for, and at the end, where the trailers are.
  public static let partLimit = 64 << 10

  public init(_ message: String) {
    let bytes = message.utf8
    let isCut = bytes.count > 2 * Self.partLimit
    let head = isCut ? String(decoding: bytes.prefix(Self.partLimit), as: UTF8.self) : message
    let tail = isCut ? String(decoding: bytes.suffix(Self.partLimit), as: UTF8.self) : message
    let lastLines = Self.lines(tail)
    let firstLines = isCut ? Self.lines(head) : lastLines
    subject = firstLines.first { !$0.allSatisfy(\.isWhitespace) }.map { Self.clipped(Self.trimmed($0)) } ?? ""
    let trailers = Self.trailers(lastLines, isCut: isCut)
    approvals = Self.people(trailers, ["approved-by", "reviewed-by"])
    coAuthors = Self.people(trailers, ["co-authored-by"])
    request = PullRequest(subject: subject, trailers: trailers, lastLines: lastLines)
  }

  private static func people(_ trailers: [(key: String, value: String)], _ keys: Set<String>) -> [Person] {
    var found: [Person] = []
    for (key, value) in trailers
    where keys.contains(key.lowercased()) && !value.isEmpty && !found.contains(where: { $0.text == value }) {
      found.append(Person(label: key, text: value))
      if found.count == trailerLimit { break }
    }
    return found
  }

  /// Both kinds of line end: `\r\n` is one `Character`.
  private static func lines(_ text: String) -> [Substring] {
    // Of plain text the bytes say as much, at a fraction of the cost of characters.
    if text.utf8.allSatisfy({ $0 < 0x80 && $0 != 0x0d }) {
      return text.utf8.split(omittingEmptySubsequences: false) { (0x0a...0x0c).contains($0) }.map { Substring($0) }
    }
    return text.split(omittingEmptySubsequences: false) { $0.isNewline }
  }

  private static func trimmed(_ line: Substring) -> Substring {
    var line = line.drop { $0.isWhitespace }
    while line.last?.isWhitespace == true { line.removeLast() }
    return line
  }

  private static func clipped(_ text: Substring) -> String {
    let scalars = text.unicodeScalars
    return scalars.count <= subjectLimit ? String(text) : String(scalars.prefix(subjectLimit)) + "…"
  }

  /// The last paragraph's `Key: value` lines, unless it is the first paragraph (git-interpret-trailers(1)). Lines of other form
  /// between them are passed over: merge tools add some.
  static func trailers(_ lines: [Substring], isCut: Bool = false) -> [(key: String, value: String)] {
    let paragraphs = lines.split { trimmed($0).isEmpty }
    guard isCut || paragraphs.count > 1, let last = paragraphs.last else { return [] }
    return last.compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let key = line[..<colon]
      let isKey =
        !key.isEmpty
        && key.utf8.allSatisfy { byte in
          UInt8(ascii: "-") == byte || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
      return isKey ? (String(key), clipped(trimmed(line[line.index(after: colon)...]))) : nil
    }
  }
}

/// The review that brought a commit, as the git host numbered it.
public struct PullRequest: Sendable, Hashable {
  public enum Form: String, Sendable, Hashable {
    case gitHub = "github"
    case gitLab = "gitlab"
    case bitbucket, gerrit
  }

  public var number: Int
  public var form: Form

  public init(_ number: Int, _ form: Form) {
    self.number = number
    self.form = form
  }

  /// `pull request #12`, `merge request !12`, `Gerrit change 12`.
  public var text: String {
    switch form {
    case .gitHub, .bitbucket: "pull request #\(number)"
    case .gitLab: "merge request !\(number)"
    case .gerrit: "Gerrit change \(number)"
    }
  }

  /// - GitHub: `Merge pull request #12 from …`, and `… (#12)` after a squash.
  /// - Bitbucket: `Merged in BRANCH (pull request #12)`, `Pull request #12: …`, `Merge pull request #12 in …`.
  /// - GitLab: `See merge request GROUP/PROJECT!12` on a line of its own.
  /// - Gerrit: a trailer `Reviewed-on: https://HOST/c/PROJECT/+/12`.
  init?(subject: String, trailers: [(key: String, value: String)], lastLines: [Substring]) {
    guard
      let found = Self.inSubject(subject) ?? lastLines.lazy.compactMap(Self.inLine).first
        ?? trailers.first(where: { $0.key.lowercased() == "reviewed-on" }).flatMap({ Self.gerrit($0.value) })
    else { return nil }
    self = found
  }

  private static func inSubject(_ subject: String) -> PullRequest? {
    if let (number, rest) = number(after: "Merge pull request #", in: subject) {
      return PullRequest(number, rest.hasPrefix(" in ") ? .bitbucket : .gitHub)
    }
    if let (number, rest) = number(after: "Pull request #", in: subject), rest.hasPrefix(":") {
      return PullRequest(number, .bitbucket)
    }
    guard subject.hasSuffix(")"), let open = subject.lastIndex(of: "(") else { return nil }
    let inside = String(subject[subject.index(after: open)...].dropLast())
    for (prefix, form) in [("#", Form.gitHub), ("pull request #", .bitbucket)] {
      if let (number, rest) = number(after: prefix, in: inside), rest.isEmpty { return PullRequest(number, form) }
    }
    return nil
  }

  private static func inLine(_ line: Substring) -> PullRequest? {
    guard line.hasPrefix("See merge request "), let mark = line.lastIndex(of: "!"),
      let (number, rest) = digits(line[line.index(after: mark)...]), rest.allSatisfy(\.isWhitespace)
    else { return nil }
    return PullRequest(number, .gitLab)
  }

  /// The address of a Gerrit change ends with its number.
  static func gerrit(_ url: String) -> PullRequest? {
    guard url.hasPrefix("https://") || url.hasPrefix("http://"), let last = url.split(separator: "/").last,
      let (number, rest) = digits(last), rest.isEmpty
    else { return nil }
    return PullRequest(number, .gerrit)
  }

  private static func number(after prefix: String, in text: String) -> (number: Int, rest: Substring)? {
    text.hasPrefix(prefix) ? digits(text.dropFirst(prefix.count)) : nil
  }

  /// Up to 15 digits: JSON's integers go no further than 2^53.
  private static func digits(_ text: Substring) -> (number: Int, rest: Substring)? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard digits.utf8.count <= 15, let number = Int(digits) else { return nil }
    return (number, text.dropFirst(digits.count))
  }
}
