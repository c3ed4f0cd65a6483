/// One node of a parsed YAML file, with its place.
///
/// Scalars are text whatever they look like: the schema decides what they mean (so `no`, `0640` and
/// `2026-12-31` are never guessed at).
public struct Node: Sendable {
  public enum Content: Sendable {
    /// `isPlain` is false for quoted and block scalars: a plain empty scalar is "nothing written".
    case scalar(String, isPlain: Bool)
    case sequence([Node])
    case mapping([Entry])
  }

  /// One `key: value` of a mapping.
  public struct Entry: Sendable {
    public var key: Located<String>
    public var value: Node

    public init(key: Located<String>, value: Node) {
      self.key = key
      self.value = value
    }
  }

  public var content: Content
  public var span: SourceSpan

  public init(_ content: Content, _ span: SourceSpan) {
    self.content = content
    self.span = span
  }
}
