internal import Glibc
internal import WritSystem

/// One locked transaction over the four account files: lock, read again, edit, check staged copies, put in place, release.
struct AccountTransaction {
  var root: HostRoot
  /// Milliseconds to wait for other account tools.
  var lockPatience = AccountLock.patience

  /// Runs `edit` on the files as they are under the lock, and puts the outcome in place.
  ///
  /// Where `edit` changes nothing, nothing is written. Each file is old or new at any moment; an id is on record before
  /// the account that has it.
  /// - Throws: ``HostError``; then no account file was changed, unless the disk failed between two of them: then the next
  ///   run finds the rest and finishes it.
  func run(_ edit: (inout AccountDatabase, inout IDRecord) -> Void) throws(HostError) {
    let lock = try AccountLock(root, patience: lockPatience)
    defer { lock.release() }
    lock.sweep()
    var database = try AccountDatabase(root)
    var record = try IDRecord(root)
    edit(&database, &record)
    database.finish()
    let files = database.changedFiles
    if !files.isEmpty { try check(files) }
    try record.write(root)
    for file in files { try put(file.bytes, at: file.path) }
    if !files.isEmpty { dropCaches() }
  }

  /// Backup first (`passwd-`, as shadow-utils leaves it), then the new file under the old owner and mode.
  private func put(_ bytes: [UInt8], at path: String) throws(HostError) {
    guard let status = root.status(path), let old = try root.contents(path) else {
      throw .system(SystemError("stat", root.path(path), code: ENOENT))
    }
    try hostErrors {
      for (name, content) in [(path + "-", old), (path, bytes)] {
        try FileContents.replace(
          root.path(name), with: content, mode: status.permissions, owner: status.st_uid, group: status.st_gid)
      }
    }
  }

  // MARK: the host's own checks

  /// `pwck` and `grpck` on staged copies, in a root of their own so that they look nowhere else.
  ///
  /// They complain about much that is none of writ's business, a comment for one, so only a complaint that the present
  /// files do not draw counts. What they miss (an id given twice) is checked where it is edited.
  private func check(_ files: [(path: String, bytes: [UInt8])]) throws(HostError) {
    let staged = try complaints(with: files)
    guard !staged.isEmpty else { return }
    var known = try complaints(with: [])
    for complaint in staged {
      if let place = known.firstIndex(of: complaint) {
        known.remove(at: place)
      } else {
        throw .refused(tool: "pwck or grpck", complaint: complaint.visible)
      }
    }
  }

  private func complaints(with files: [(path: String, bytes: [UInt8])]) throws(HostError) -> [String] {
    try root.makeFolder("/var/lib/writ")
    let staging = try StagingFolder(below: root.path("/var/lib/writ"))
    try staging.makeFolder("etc", mode: 0o700)
    var contents: [String: [UInt8]] = [:]
    for path in [
      AccountDatabase.passwdPath, AccountDatabase.shadowPath, AccountDatabase.groupPath, AccountDatabase.gshadowPath,
    ] {
      contents[path] = files.first { $0.path == path }?.bytes
      if contents[path] == nil { contents[path] = try root.contents(path) }
    }
    if let passwd = contents[AccountDatabase.passwdPath], let group = contents[AccountDatabase.groupPath] {
      let shown = GroupCheckCopies(passwd: passwd, group: group, gshadow: contents[AccountDatabase.gshadowPath])
      contents[AccountDatabase.groupPath] = shown.group
      contents[AccountDatabase.gshadowPath] = shown.gshadow
    }
    for (path, bytes) in contents { try staging.write(bytes, to: String(path.dropFirst()), mode: 0o600) }
    var lines: [String] = []
    for tool in ["/usr/sbin/pwck", "/usr/sbin/grpck"] {
      let result = try hostErrors { try Program(tool, ["-q", "-r", "-R", staging.path], timeLimit: 120).run() }
      let text = result.outputText + result.errorText
      lines += text.split(separator: "\n").map(String.init).filter { !$0.hasSuffix(": no changes") }
      if !result.succeeded, lines.isEmpty { lines.append("\(tool) ended with \(result.ending)") }
    }
    return lines
  }

  /// Daemons that answer for the account files keep old answers for minutes.
  private func dropCaches() {
    guard root.isMachine else { return }
    for (tool, arguments) in [
      ("/usr/sbin/nscd", ["-i", "passwd"]), ("/usr/sbin/nscd", ["-i", "group"]), ("/usr/sbin/sss_cache", ["-E"]),
    ] where access(tool, X_OK) == 0 {
      // No daemon, no cache: an error of theirs means nothing.
      _ = try? Program(tool, arguments, timeLimit: 10).run()
    }
  }
}
