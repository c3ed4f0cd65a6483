internal import Glibc
internal import WritSystem

/// writ's file of audit rules, and whether the kernel has them: staged where no audit daemon runs, loaded where one does.
struct AuditRules {
  static let folder = "/etc/audit/rules.d"
  static let path = folder + "/60-writ.rules"

  var root: HostRoot
  var auditctl = "/usr/sbin/auditctl"
  var augenrules = "/usr/sbin/augenrules"
  /// Whether the host has a kernel to ask; nil: where it is the machine itself.
  var isLive: Bool?

  // MARK: before it is written

  /// The kernel takes no watch of a folder that is not there, and none of the rules after it.
  ///
  /// - Throws: ``HostError`` naming the first line at fault.
  func check(_ bytes: [UInt8]?) throws(HostError) {
    for line in (bytes ?? []).split(separator: 10) where line.first != UInt8(ascii: "#") {
      let text = String(decoding: line, as: UTF8.self)
      guard AuditRule(text) != nil, let (path, isFolder) = AuditRule.watched(text) else {
        throw .illFormed(path: Self.path, line: nil, reason: "`\(text.visible)` is no rule that writ can judge")
      }
      let folder = isFolder ? path : String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
      guard root.status(folder)?.isFolder == true else {
        throw .illFormed(path: folder, line: nil, reason: "is no folder here, so it cannot be watched")
      }
    }
  }

  // MARK: the kernel

  enum Kernel: Equatable {
    /// Nobody takes rules in: why.
    case none(String)
    /// An audit daemon runs; its rules may be locked until the next boot.
    case audits(isLocked: Bool, lost: Int, rules: Set<AuditRule>)
  }

  /// What `auditctl -s` and `-l` say; only of the machine itself.
  func kernel() -> Kernel {
    guard isLive ?? root.isMachine else { return .none("a folder has no kernel of its own") }
    guard access(auditctl, X_OK) == 0 else { return .none("auditctl is not installed") }
    guard let status = try? Program(auditctl, ["-s"]).run(), status.succeeded,
      let list = try? Program(auditctl, ["-l"]).run(), list.succeeded
    else { return .none("auditctl cannot ask the kernel") }
    var values: [Substring: Int] = [:]
    for line in status.outputText.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2, let number = Int(words[1]) { values[words[0]] = number }
    }
    guard let enabled = values["enabled"], let pid = values["pid"], pid != 0 else {
      return .none("no audit daemon runs")
    }
    return .audits(isLocked: enabled == 2, lost: values["lost"] ?? 0, rules: AuditRule.all(in: list.output))
  }

  /// Rules of the file that the kernel does not have.
  func missing(_ rules: Set<AuditRule>) throws(HostError) -> [String] {
    let lines = String(decoding: try root.contents(Self.path) ?? [], as: UTF8.self).split(separator: "\n")
    return lines.filter { AuditRule($0).map { !rules.contains($0) } ?? false }.map(String.init)
  }

  /// Has the kernel take the rules in, where an audit daemon runs and they are not locked.
  ///
  /// - Throws: ``HostError`` when it does not have all of them afterwards.
  func load() throws(HostError) {
    guard case .audits(isLocked: false, _, _) = kernel() else { return }
    let result = try hostErrors { try Program(augenrules, ["--load"]).run() }
    guard case .audits(_, _, let rules) = kernel() else { return }
    if let missing = try missing(rules).first {
      let text = result.errorText.split(separator: "\n").first.map { ": \(String($0).visible)" } ?? ""
      throw .refused(tool: "augenrules", complaint: "`\(missing.visible)` is not loaded afterwards\(text)")
    }
  }

  /// Files of rules in which everything is silenced, in order.
  func silencingFiles() -> [String] {
    let names = ((try? root.names(in: Self.folder)) ?? []).filter { $0.hasSuffix(".rules") }
    return (names.map { "\(Self.folder)/\($0)" } + ["/etc/audit/audit.rules"]).filter { path in
      ((try? root.contents(path)) ?? nil).map { AuditRule.all(in: $0).contains(where: \.silencesAll) } ?? false
    }
  }
}
