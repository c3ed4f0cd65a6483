/// How labels are drawn: plain text, or with the colours of a terminal. Colour is never the only signal.
public struct TextStyle: Sendable {
  private var isColoured: Bool

  public static let plain = TextStyle(isColoured: false)
  public static let coloured = TextStyle(isColoured: true)

  public func bold(_ text: String) -> String { drawn(text, "1") }
  public func faint(_ text: String) -> String { drawn(text, "2") }
  public func removed(_ text: String) -> String { drawn(text, "31") }
  public func added(_ text: String) -> String { drawn(text, "32") }
  public func warning(_ text: String) -> String { drawn(text, "33") }
  public func error(_ text: String) -> String { drawn(text, "1;31") }

  private func drawn(_ text: String, _ code: String) -> String {
    isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}
