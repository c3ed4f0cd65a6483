internal import Glibc
internal import WritPlan
internal import WritSystem

/// A file of lines that writ alone writes: `# writ …` header lines, then the body that plans speak of; or the last lines of
/// a file of somebody else's.
///
/// The header names the policy commit for whoever reads the file. It is no part of what is compared: a new commit alone
/// rewrites nothing.
struct ManagedFile {
  var root: HostRoot
  /// Absolute on the host.
  var path: String
  var mode: UInt32
  var placement = Placement.whole
  /// Lines of the host's own between header and body, such as the logins it keeps.
  var hostLines: [String] = []

  static let mark = "# writ "

  enum Placement: Equatable {
    /// The file is writ's.
    case whole
    /// The file is somebody else's, and writ's lines stand at its end, each marked; see ``ManagedFile/ownMark``.
    case end(madeWhenMissing: Bool)
  }

  /// Absolute on the host.
  var folder: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }

  enum Content: Equatable {
    case absent
    /// Written by writ; what is wrong with the file itself stands before the body as lines of its own.
    case own([String])
    case foreign([String])
    case unknown(String)
  }

  func read() -> Content {
    let bytes: [UInt8]
    do {
      guard let found = try root.contents(path) else { return .absent }
      bytes = found
    } catch { return .unknown("\(error)".visible) }
    guard let status = root.status(path) else { return .unknown("\(path) vanished while it was read") }
    switch placement {
    case .whole: return whole(bytes, status)
    case .end: return end(bytes, status)
    }
  }

  private func whole(_ bytes: [UInt8], _ status: stat) -> Content {
    var lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last?.isEmpty == true { lines.removeLast() }
    let header = lines.prefix { $0.hasPrefix(Self.mark) }.count
    guard header > 0 else { return .foreign(lines.map(\.visible)) }
    lines.removeFirst(header)
    var faults: [String] = []
    if lines.starts(with: hostLines) {
      lines.removeFirst(hostLines.count)
    } else {
      faults.append("# found without the lines of the host's limits")
    }
    // sudo and sshd pass over a file with the wrong owner or mode, so it counts as a difference of the lines.
    if status.permissions != mode || status.st_uid != 0 || status.st_gid != 0 {
      faults.append(
        "# found with owner \(status.st_uid), group \(status.st_gid), mode 0\(String(status.permissions, radix: 8))")
    }
    return .own(faults + lines.map(\.visible))
  }

  func observed(isOwned: Bool) -> Observed {
    switch read() {
    case .absent: .absent
    case .own(let lines): .present(ObjectState(["lines": .lines(lines)]))
    case .foreign(let lines):
      isOwned
        ? .present(ObjectState(["lines": .lines(["# found without writ's header"] + lines)]))
        : .foreign(ObjectState(["lines": .lines(lines)]))
    case .unknown(let reason): .unknown(reason: reason)
    }
  }

  /// The whole file with these lines in it, nil when none is left; `old` is what it holds now.
  func bytes(header: [String], lines: [String]?, old: [UInt8]?) throws(HostError) -> [UInt8]? {
    switch placement {
    case .whole:
      return lines.map { Array(((header.map { Self.mark + $0 } + hostLines + $0).joined(separator: "\n") + "\n").utf8) }
    case .end(let madeWhenMissing):
      guard old != nil || madeWhenMissing || lines == nil else {
        throw .illFormed(path: path, line: nil, reason: "this host has no such file, and writ makes none")
      }
      return ended(old ?? [], header: header, lines: lines, goesWhenEmpty: madeWhenMissing)
    }
  }

  /// Puts the lines in place, root's, with the mode; nothing is written where they stand already.
  ///
  /// - Parameter check: looks at the whole new content before anything is written; what it throws leaves the old file.
  /// - Parameter confirm: looks at the host with the new file in place; when it throws, the predecessor is put back.
  /// - Parameter restored: called then, for whoever has read the new file already.
  func write(
    _ lines: [String]?, header: [String], check: ([UInt8]?) throws(HostError) -> Void = { _ in },
    confirm: () throws(HostError) -> Void = {}, restored: () -> Void = {}
  ) throws(HostError) {
    let current = read()
    if let lines, current == .own(lines) { return }
    if lines == nil, current == .absent { return }
    if let lines {
      guard lines.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } && !$0.hasPrefix(Self.mark) }) else {
        throw .illFormed(path: path, line: nil, reason: "a line holds control characters or a header of writ")
      }
    }
    let old = try root.contents(path)
    let new = try bytes(header: header, lines: lines, old: old)
    try check(new)
    let previous = try keep(old)
    do throws(HostError) {
      try put(new)
      let found = read()
      guard found == (lines.map { .own($0) } ?? .absent) else {
        throw HostError.illFormed(path: root.path(path), line: nil, reason: "reads back otherwise than written")
      }
      try confirm()
    } catch {
      try put(old)
      drop(previous)
      restored()
      throw error
    }
    drop(previous)
  }

  private func put(_ bytes: [UInt8]?) throws(HostError) {
    // Of somebody else's file the mode stays.
    let mode = placement == .whole ? mode : root.status(path)?.permissions ?? mode
    try hostErrors {
      if let bytes {
        try FileContents.replace(root.path(path), with: bytes, mode: mode, owner: 0, group: 0)
      } else {
        guard unlink(root.path(path)) == 0 || errno == ENOENT else { throw SystemError("unlink", root.path(path)) }
        try FileContents.syncFolder(root.path(folder))
      }
    }
  }

  /// The predecessor on disk, for a person to find after a crash in the moment between writing and checking.
  private func keep(_ old: [UInt8]?) throws(HostError) -> String? {
    guard let old else { return nil }
    try root.makeFolder("/var/lib/writ/previous", mode: 0o700)
    let name = root.path("/var/lib/writ/previous/" + path.split(separator: "/").joined(separator: "-"))
    do { try FileContents.replace(name, with: old, mode: 0o600) } catch { throw .system(error) }
    return name
  }

  private func drop(_ previous: String?) { if let previous { unlink(previous) } }
}
