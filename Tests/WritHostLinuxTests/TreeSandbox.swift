internal import Glibc
internal import WritSystem
internal import WritTestSupport

@testable internal import WritHostLinux

/// A scratch folder laid out like a host's root, with one tree at `/srv/t`, and the ids that tests use.
final class TreeSandbox {
  static let owner: UInt32 = 61_001
  static let stranger: UInt32 = 61_002
  static let readers: UInt32 = 62_001
  static let writers: UInt32 = 62_002
  static let others: UInt32 = 62_003

  static var isRoot: Bool { geteuid() == 0 }

  let scratch: Scratch
  let host: TreeHostRoot

  init() throws {
    scratch = try Scratch()
    host = try TreeHostRoot(scratch.path)
    try bash("mkdir -p srv/t; chmod 755 . srv")
  }

  // rm also reaches what no path is long enough for.
  deinit { _ = try? bash("chattr -R -f -i -a . || true; rm -rf srv") }

  /// The output of a script that runs in the sandbox's root; its failure is an error.
  ///
  /// - Parameter timeLimit: seconds.
  @discardableResult
  func bash(_ script: String, timeLimit: Int = 60) throws -> String {
    let result = try Program(
      "/bin/bash", ["-euc", script], workingDirectory: scratch.path, timeLimit: timeLimit
    ).run()
    guard result.succeeded else { throw Failed(script: script, text: result.errorText) }
    return result.outputText
  }

  struct Failed: Error {
    var script: String
    var text: String
  }

  func engine(_ rules: TreeRule...) throws -> TreeEngine { try TreeEngine(host, rules: rules) }

  static func rule(_ path: String = "/srv/t", _ adjust: (inout TreeRule) -> Void = { _ in }) -> TreeRule {
    var rule = TreeRule(path: path, owner: owner, group: readers, directories: 0o2750, files: 0o640)
    adjust(&rule)
    return rule
  }

  /// `mode owner:group` of each name below the root, `getfacl`'s view where there is an ACL.
  func state(_ paths: String...) throws -> [String] {
    try paths.map { path in
      String(try bash("stat -c '%a %u:%g' '\(path)'").dropLast())
    }
  }

  func acl(_ path: String) throws -> String {
    try bash("getfacl -ncE '\(path)'").split(separator: "\n").joined(separator: ",")
  }

  /// Inode, change time, mode, owner, group of everything.
  func ctimes() throws -> String { try bash("find srv -printf '%i %C@ %m %U:%G %p\\n' | sort -k5") }
}

extension TreeScan {
  func report(_ path: String = "/srv/t") throws -> TreeReport {
    guard let result = self[path] else { throw TreeError.noRule(path) }
    return try result.get()
  }
}
