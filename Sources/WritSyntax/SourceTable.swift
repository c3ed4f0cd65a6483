/// One policy file as it was read.
public struct SourceFile: Sendable {
  /// Path relative to the repository's root, as findings print it.
  public let path: String
  public let bytes: [UInt8]

  public init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }
}

/// The files that spans refer to, in path order: `SourceID(index: n)` is `files[n]`.
public struct SourceTable: Sendable {
  public private(set) var files: [SourceFile]

  /// Orders the files by path, so that spans sort by file and line.
  public init(_ files: [SourceFile] = []) {
    self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  public var ids: [SourceID] { files.indices.map { SourceID(index: UInt32($0)) } }

  public subscript(id: SourceID) -> SourceFile { files[Int(id.index)] }

  public func path(of span: SourceSpan) -> String { self[span.source].path }

  /// `path:line:column` of where the span begins.
  public func place(of span: SourceSpan) -> String {
    "\(visible(path(of: span))):\(span.start.line):\(span.start.column)"
  }
}
