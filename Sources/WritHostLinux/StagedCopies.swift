internal import Glibc
internal import WritSystem

/// How the configuration of one program includes other files, and where writ's own file stands in it.
protocol IncludeSyntax {
  /// writ's own file.
  static var path: String { get }
  /// As deep as the program itself follows.
  static var depthLimit: Int { get }
  static var countLimit: Int { get }
  static var mode: UInt32 { get }

  /// The files that a line names, in the order in which the program reads them; nil for a line that includes nothing.
  static func included(by line: Substring, in path: String, _ folders: FolderNames) throws(HostError) -> [String]?

  /// The lines that include these copies.
  static func including(_ copies: [String]) -> [String]
}

/// What folders of a host hold, writ's own file among it or not, as it shall be.
struct FolderNames {
  var root: HostRoot
  var own: String
  var hasOwn: Bool

  /// Absolute paths, unsorted.
  func files(in folder: String) throws(HostError) -> [String] {
    var files = try root.names(in: folder.isEmpty ? "/" : folder).map { folder + "/" + $0 }.filter { $0 != own }
    if hasOwn, own.hasPrefix(folder + "/"), !own.dropFirst(folder.count + 1).contains("/") { files.append(own) }
    return files
  }
}

/// A program's whole configuration, copied to one place with writ's file new in it, so that the program can judge it.
///
/// Without rewriting the includes it would look at the files in use and pass over the staged one.
struct StagedCopies<Syntax: IncludeSyntax> {
  let root: HostRoot
  let staging: StagingFolder
  /// writ's file as it shall be; nil: gone.
  let bytes: [UInt8]?
  /// Whether the program would read writ's file at all.
  private(set) var reached = false
  private var count = 0

  init(root: HostRoot, staging: StagingFolder, bytes: [UInt8]?) {
    self.root = root
    self.staging = staging
    self.bytes = bytes
  }

  /// Copies one file with all that it includes.
  ///
  /// - Parameter prefix: lines that come before its own.
  mutating func copy(_ path: String, as name: String, prefix: [String] = [], depth: Int = 0) throws(HostError) {
    guard depth < Syntax.depthLimit, count < Syntax.countLimit else {
      throw .illFormed(path: path, line: nil, reason: "included too deep or too often")
    }
    let content: [UInt8]
    if path == Syntax.path, let bytes {
      reached = true
      content = bytes
    } else if let found = try root.contents(path) {
      content = found
    } else {
      throw .system(SystemError("open", root.path(path), code: ENOENT))
    }
    let folders = FolderNames(root: root, own: Syntax.path, hasOwn: bytes != nil)
    var out = prefix
    for line in String(decoding: content, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
      guard let files = try Syntax.included(by: line, in: path, folders) else {
        out.append(String(line))
        continue
      }
      var copies: [String] = []
      for file in files {
        count += 1
        let copy = "included-\(count)"
        try self.copy(file, as: copy, depth: depth + 1)
        copies.append("\(staging.path)/\(copy)")
      }
      if !copies.isEmpty { out += Syntax.including(copies) }
    }
    try staging.write(Array(out.joined(separator: "\n").utf8), to: name, mode: Syntax.mode)
  }
}

extension [String] {
  /// As C programs sort names: by their bytes.
  var inByteOrder: [String] { sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}
