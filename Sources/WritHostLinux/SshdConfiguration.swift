internal import Glibc
internal import WritSystem

/// The whole configuration of sshd, copied to one place so that `sshd -t` can judge it with writ's drop-in new in it.
struct SshdConfiguration {
  static let main = "/etc/ssh/sshd_config"
  /// A low number: of most keywords the first value counts (sshd_config(5)).
  static let path = "/etc/ssh/sshd_config.d/00-writ.conf"
  /// As deep as sshd itself follows `Include`.
  static let depthLimit = 16

  var root: HostRoot

  private static let sshd = "/usr/sbin/sshd"
  private static let setpriv = "/usr/bin/setpriv"
  private static let keygen = "/usr/bin/ssh-keygen"

  /// - Parameter bytes: the drop-in as it shall be; nil: gone.
  /// - Throws: ``HostError``: sshd refuses it, or would never read it.
  func check(with bytes: [UInt8]?) throws(HostError) {
    for tool in [Self.sshd, Self.setpriv, Self.keygen] where access(tool, X_OK) != 0 {
      throw .refused(tool: tool, complaint: "it is not installed")
    }
    if let complaint = try complaint(with: bytes, mustInclude: bytes != nil) {
      // What is wrong already, and elsewhere, must not stand in the way of a revocation.
      let present = try self.complaint(with: try root.contents(Self.path), mustInclude: false)
      guard complaint == present else { throw .refused(tool: "sshd -t", complaint: complaint) }
    }
  }

  private func complaint(with bytes: [UInt8]?, mustInclude: Bool) throws(HostError) -> String? {
    // As root, sshd -t asks for /run/sshd, which is there only while the service is; as somebody else it does not, but then
    // cannot read the host's keys. So: an unprivileged id and a key for the moment, in a folder that this id may enter.
    let unprivileged = Self.unprivilegedID()
    let staging = try StagingFolder(below: "/tmp", mode: 0o711)
    let key = "\(staging.path)/key"
    let made = try hostErrors { try Program(Self.keygen, ["-q", "-t", "ed25519", "-N", "", "-f", key]).run() }
    guard made.succeeded else { throw .refused(tool: "ssh-keygen", complaint: made.errorText.visible) }
    guard unprivileged == nil || chown(key, unprivileged ?? 0, unprivileged ?? 0) == 0 else {
      throw .system(SystemError("chown", key))
    }
    var copies = StagedCopies<Self>(root: root, staging: staging, bytes: bytes)
    try copies.copy(Self.main, as: "sshd_config", prefix: ["HostKey \(key)"])
    if mustInclude && !copies.reached {
      throw .refused(tool: "sshd", complaint: "\(Self.main) does not include \(Self.path)")
    }
    let test = ["-t", "-f", "\(staging.path)/sshd_config"]
    let program =
      unprivileged.map {
        Program(Self.setpriv, ["--reuid", "\($0)", "--regid", "\($0)", "--clear-groups", "--", Self.sshd] + test)
      } ?? Program(Self.sshd, test)
    let result = try hostErrors { try program.run() }
    if result.succeeded { return nil }
    let text = (result.errorText + result.outputText).replacing(staging.path, with: "")
    return text.split(separator: "\n").map { String($0).visible }.joined(separator: "; ")
  }

  /// `nobody`, or in a user namespace the highest id it has; nil where there is none but root.
  private static func unprivilegedID() -> UInt32? {
    guard geteuid() == 0, let map = try? FileContents.read("/proc/self/uid_map", limit: 1 << 16) else { return nil }
    var highest: UInt64 = 0
    for line in String(decoding: map, as: UTF8.self).split(separator: "\n") {
      let numbers = line.split(separator: " ").compactMap { UInt64($0) }
      guard numbers.count == 3, numbers[2] > 0 else { continue }
      if numbers[0] <= 65534 && 65534 < numbers[0] + numbers[2] { return 65534 }
      highest = max(highest, numbers[0] + numbers[2] - 1)
    }
    return highest > 0 ? UInt32(clamping: highest) : nil
  }

  // MARK: lock-out

  /// Those of the accounts whom sshd's lists let in, by the configuration in place; nil where that cannot be asked: of a
  /// folder, by somebody who may not show it to sshd.
  func admitted(_ accounts: [String]) -> Set<String>? {
    guard !accounts.isEmpty else { return [] }
    return try? HostView.open(root) { () throws(HostError) in
      let database = try AccountDatabase(HostRoot("/"))
      var admitted: Set<String> = []
      for name in accounts {
        guard let account = database.account(name) else { continue }
        let groups = database.groupNames.filter {
          $0.key == account.gid || database.listedMembers($0.value).contains(name)
        }.map(\.value)
        let answers = try SshdAnswers(
          account: name, configuration: Self.main, hostKey: root.isMachine ? nil : HostView.hostKey)
        if answers.refusal(of: name, groups: groups) == nil { admitted.insert(name) }
      }
      return admitted
    }
  }
}

extension SshdConfiguration: IncludeSyntax {
  static var countLimit: Int { 1_000 }
  static var mode: UInt32 { 0o644 }

  static func included(by line: Substring, in path: String, _ folders: FolderNames) throws(HostError) -> [String]? {
    guard let patterns = include(line) else { return nil }
    var files: [String] = []
    for pattern in patterns { files += try self.files(matching: pattern, folders) }
    return files
  }

  static func including(_ copies: [String]) -> [String] { ["Include " + copies.joined(separator: " ")] }

  private static func files(matching pattern: String, _ folders: FolderNames) throws(HostError) -> [String] {
    let absolute = pattern.hasPrefix("/") ? pattern : "/etc/ssh/" + pattern
    let slash = absolute.lastIndex(of: "/") ?? absolute.startIndex
    let folder = String(absolute[..<slash])
    guard !folder.contains(where: { "*?[".contains($0) }) else {
      throw .illFormed(path: main, line: nil, reason: "`\(pattern.visible)` is more than writ can follow")
    }
    return try folders.files(in: folder).filter { fnmatch(absolute, $0, FNM_PATHNAME | FNM_PERIOD) == 0 }.inByteOrder
  }

  /// The patterns of an `Include` line: keywords in any case, `=` or blanks before the arguments, which may be quoted.
  private static func include(_ line: Substring) -> [String]? {
    let words = line.split { $0 == " " || $0 == "\t" || $0 == "=" }
    guard words.first?.lowercased() == "include" else { return nil }
    return words.dropFirst().prefix { !$0.hasPrefix("#") }.map { $0.filter { $0 != "\"" } }
  }
}
