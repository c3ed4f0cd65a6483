/// A text as YAML in double quotes, on one line; what is not shown as itself is written as ``visible(_:)`` shows it, so that
/// no text can end its quotes, begin a line, or hide.
public func quotedScalar(_ text: String) -> String {
  "\"" + visible(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
}
