/// How much a finding weighs. Only an error makes a policy invalid.
public enum Severity: String, Sendable, Hashable, Comparable, CaseIterable {
  case error, warning, note

  public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }

  private var rank: Int {
    switch self {
    case .error: 0
    case .warning: 1
    case .note: 2
    }
  }
}

/// A problem in what people wrote.
///
/// Texts are lower case without a full stop, in plain words, with people's text in backticks.
public struct Finding: Sendable, Hashable {
  /// A second place that explains the first.
  public struct Related: Sendable, Hashable {
    public var span: SourceSpan
    public var label: String

    public init(_ span: SourceSpan, _ label: String) {
      self.span = span
      self.label = label
    }
  }

  public var slug: Slug
  public var severity: Severity
  /// The first line; stands alone.
  public var message: String
  /// The smallest span that shows the problem.
  public var span: SourceSpan
  /// Short words beside the caret; only points. May be empty.
  public var label: String
  public var related: [Related]
  /// One thing to do. May be empty.
  public var help: String

  public init(
    _ slug: Slug, _ severity: Severity = .error, _ message: String, at span: SourceSpan,
    label: String = "", related: [Related] = [], help: String = ""
  ) {
    self.slug = slug
    self.severity = severity
    self.message = message
    self.span = span
    self.label = label
    self.related = related
    self.help = help
  }
}

extension [Finding] {
  public var hasErrors: Bool { contains { $0.severity == .error } }

  /// By file and line, then severity and slug; the same input gives the same order.
  public func inOrder() -> [Finding] {
    sorted {
      ($0.span, $0.severity, $0.slug.rawValue, $0.message)
        < ($1.span, $1.severity, $1.slug.rawValue, $1.message)
    }
  }
}
