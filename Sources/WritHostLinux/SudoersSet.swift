internal import Glibc
internal import WritSystem

/// All that sudo reads on a host: `sudoers` and every file it includes, copied to one place so that `visudo` can judge the
/// whole set with writ's file new in it.
///
/// Without rewriting the includes `visudo` would look at the folder in use and pass over the staged file.
struct SudoersSet {
  static let main = "/etc/sudoers"
  /// Without a dot: sudo skips names in `sudoers.d` that hold one.
  static let path = "/etc/sudoers.d/writ"
  static let depthLimit = 32

  var root: HostRoot

  /// - Parameter bytes: writ's file as it shall be; nil: gone.
  /// - Throws: ``HostError``: `visudo` refuses the file, or the whole set for a reason that the present one gives no cause
  ///   for; or sudo would never read the file.
  func check(with bytes: [UInt8]?) throws(HostError) {
    guard access(Self.visudo, X_OK) == 0 else { throw .refused(tool: "visudo", complaint: "it is not installed") }
    if let bytes {
      let alone = try stage { staging throws(HostError) in try staging.write(bytes, to: "sudoers", mode: 0o400) }
      if let complaint = alone.first { throw .refused(tool: "visudo", complaint: complaint) }
    }
    let staged = try complaints(with: bytes, mustInclude: bytes != nil)
    guard !staged.isEmpty else { return }
    // Somebody else's broken line must not stand in the way of a revocation.
    let present = try complaints(with: try root.contents(Self.path), mustInclude: false)
    if let new = staged.first(where: { !present.contains($0) }) { throw .refused(tool: "visudo", complaint: new) }
  }

  private static let visudo = "/usr/sbin/visudo"

  private func complaints(with bytes: [UInt8]?, mustInclude: Bool) throws(HostError) -> [String] {
    try stage { staging throws(HostError) in
      var copier = Copier(root: root, staging: staging, bytes: bytes)
      try copier.copy(Self.main, as: "sudoers", depth: 0)
      if mustInclude && !copier.reached {
        throw .refused(tool: "sudo", complaint: "\(Self.main) includes no folder that holds \(Self.path)")
      }
    }
  }

  /// Runs `visudo` on what `fill` puts in a private folder; its complaints, empty when it accepts.
  private func stage(_ fill: (StagingFolder) throws(HostError) -> Void) throws(HostError) -> [String] {
    try root.makeFolder("/var/lib/writ")
    let staging = try StagingFolder(below: root.path("/var/lib/writ"))
    try fill(staging)
    let result = try hostErrors { try Program(Self.visudo, ["-c", "-s", "-f", "\(staging.path)/sudoers"]).run() }
    if result.succeeded { return [] }
    let lines = (result.errorText + result.outputText).replacing(staging.path, with: "").split(separator: "\n")
      .map { String($0).visible }
    return lines.isEmpty ? ["it ended with \(result.ending)"] : lines
  }

  private struct Copier {
    var root: HostRoot
    var staging: StagingFolder
    var bytes: [UInt8]?
    var reached = false
    var count = 0

    init(root: HostRoot, staging: StagingFolder, bytes: [UInt8]?) {
      self.root = root
      self.staging = staging
      self.bytes = bytes
    }

    mutating func copy(_ path: String, as name: String, depth: Int) throws(HostError) {
      guard depth < SudoersSet.depthLimit, count < 10_000 else {
        throw .illFormed(path: path, line: nil, reason: "included too deep or too often")
      }
      let content: [UInt8]
      if path == SudoersSet.path, let bytes {
        reached = true
        content = bytes
      } else if let found = try root.contents(path) {
        content = found
      } else {
        throw .system(SystemError("open", root.path(path), code: ENOENT))
      }
      var out: [String] = []
      for line in String(decoding: content, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
        guard let (isFolder, target) = try Self.include(line, in: path) else {
          out.append(String(line))
          continue
        }
        for file in isFolder ? try files(in: target) : [target] {
          count += 1
          let copy = "included-\(count)"
          try self.copy(file, as: copy, depth: depth + 1)
          out.append("@include \(staging.path)/\(copy)")
        }
      }
      try staging.write(Array(out.joined(separator: "\n").utf8), to: name, mode: 0o400)
    }

    /// The files of a folder that sudo would read, in its order; writ's own among them, or not, as it shall be.
    private func files(in folder: String) throws(HostError) -> [String] {
      var files = try root.names(in: folder).map { folder + "/" + $0 }.filter { $0 != SudoersSet.path }
      if bytes != nil, folder + "/writ" == SudoersSet.path { files.append(SudoersSet.path) }
      return files.filter { file in
        let name = file.split(separator: "/").last ?? ""
        return !name.contains(".") && !name.hasSuffix("~") && root.status(file)?.isFolder != true
      }.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    /// `@include`, `@includedir` and their older spelling with `#` (sudoers(5)).
    private static func include(_ line: Substring, in path: String) throws(HostError) -> (isFolder: Bool, String)? {
      let words = line.split(maxSplits: 1) { $0 == " " || $0 == "\t" }
      guard words.count == 2, ["@include", "#include", "@includedir", "#includedir"].contains(words[0]) else {
        return nil
      }
      var target = String(words[1])
      while target.hasSuffix(" ") || target.hasSuffix("\t") || target.hasSuffix("/") { target.removeLast() }
      guard !target.isEmpty, !target.contains(where: { "\\\"% \t".contains($0) }) else {
        throw .illFormed(path: path, line: nil, reason: "`\(String(line).visible)` is more than writ can follow")
      }
      if !target.hasPrefix("/") {
        target = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) + "/" + target
      }
      return (words[0].hasSuffix("dir"), target)
    }
  }
}
