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
      var copies = StagedCopies<Self>(root: root, staging: staging, bytes: bytes)
      try copies.copy(Self.main, as: "sudoers")
      if mustInclude && !copies.reached {
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
}

extension SudoersSet: IncludeSyntax {
  static var countLimit: Int { 10_000 }
  static var mode: UInt32 { 0o400 }

  static func included(by line: Substring, in path: String, _ folders: FolderNames) throws(HostError) -> [String]? {
    guard let (isFolder, target) = try include(line, in: path) else { return nil }
    guard isFolder else { return [target] }
    // Of a folder sudo passes over names with a dot and with a tilde at the end.
    return try folders.files(in: target).filter { file in
      let name = file.split(separator: "/").last ?? ""
      return !name.contains(".") && !name.hasSuffix("~") && folders.root.status(file)?.isFolder != true
    }.inByteOrder
  }

  static func including(_ copies: [String]) -> [String] { copies.map { "@include \($0)" } }

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
