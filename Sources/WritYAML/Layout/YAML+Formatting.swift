public import WritSyntax

extension YAML {
  /// A file in the one form that `fmt` knows.
  public enum Formatted: Sendable {
    /// Its bytes; the same as before where it has that form already.
    case text([UInt8])
    /// It does not parse without findings, and is left alone.
    case findings([Finding])
    /// It holds something that no policy needs and that is not laid out: the line, and what it is.
    case unsupported(line: Int, reason: String)
  }

  /// Lays a file out anew. What it says stays equal, and every comment stays, in order and beside what it was beside.
  public static func formatted(_ file: SourceFile, id: SourceID, rules: LayoutRules) -> Formatted {
    let (root, findings) = parse(file, id: id)
    if findings.hasErrors { return .findings(findings) }
    do {
      let printed = try printed(file, id: id, rules)
      for text in [printed, String(printed.dropLast())] {
        let bytes = Array(text.utf8)
        let (again, problems) = parse(SourceFile(path: file.path, bytes: bytes), id: id)
        if problems.isEmpty, again?.says == root?.says { return .text(bytes) }
      }
      return .unsupported(line: 1, reason: "something whose meaning would change")
    } catch {
      return .unsupported(line: error.line, reason: error.reason)
    }
  }

  private static func printed(
    _ file: SourceFile, id: SourceID, _ rules: LayoutRules
  ) throws(LayoutReader.Unsupported) -> String {
    let result = file.bytes.withUnsafeBufferPointer { whole -> Result<Layout, LayoutReader.Unsupported> in
      var reader = LayoutReader(SourceText(whole, id: id))
      do throws(LayoutReader.Unsupported) { return .success(try reader.layout()) } catch { return .failure(error) }
    }
    return LayoutPrinter.text(try result.get(), rules: rules)
  }
}

extension Node {
  /// What is written, without the places: equal texts mean equal trees.
  fileprivate var says: String {
    switch content {
    case .scalar(let text, let isPlain): "\(isPlain ? "p" : "q")\(text.utf8.count):\(text)"
    case .sequence(let items): "[" + items.map(\.says).joined() + "]"
    case .mapping(let entries):
      "{" + entries.map { "\($0.key.value.utf8.count):\($0.key.value)\($0.value.says)" }.joined() + "}"
    }
  }
}
