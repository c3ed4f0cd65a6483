public import WritSyntax

/// Reads YAML with libyaml into a tree that knows where everything was written.
///
/// The language is a subset that has one meaning: anchors, aliases, merge keys, tags, keys given twice, keys that
/// are no text and several documents are refused (design §2).
public enum YAML {
  /// What a file may be at most; beyond it, the file is refused as a whole.
  public enum Limit {
    /// In bytes.
    public static let fileSize = 4 << 20
    /// Mappings and sequences within one another.
    public static let nesting = 64
  }

  /// Parses one policy file.
  ///
  /// Lines and columns count from 1, columns in Unicode scalars; a byte-order mark at the beginning does not count.
  /// Scalars have their exact place (a block scalar ends where the line after it begins); block mappings and lists
  /// end with what is last in them.
  ///
  /// - Returns: The root, nil when nothing is written (an empty file, only comments) or when the text cannot be
  ///   read to its end; and everything that was refused. What is refused is left out of the tree: an entry whose
  ///   value is an alias, the second of two equal keys. Findings and a root may come together.
  public static func parse(_ file: SourceFile, id: SourceID) -> (root: Node?, findings: [Finding]) {
    guard file.bytes.count <= Limit.fileSize else {
      let size = file.bytes.count
      return (
        nil,
        [
          Finding(
            .fileTooLarge, .error, "the file has \(size) bytes, more than the \(Limit.fileSize) that are allowed",
            at: SourceSpan(
              source: id, start: SourcePosition(line: 1, column: 1), end: SourcePosition(line: 1, column: 1)),
            help: "split it: a policy may be spread over any number of files")
        ]
      )
    }
    return file.bytes.withUnsafeBufferPointer { whole in
      let text = SourceText(whole, id: id)
      let check = text.check()
      guard check.isReadable else { return (nil, check.findings) }
      var builder = TreeBuilder(text, findings: check.findings)
      let root = builder.document()
      return (root, builder.findings)
    }
  }
}
