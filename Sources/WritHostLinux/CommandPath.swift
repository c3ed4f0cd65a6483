internal import Glibc
internal import WritSystem

/// A command that sudo runs: whoever may write it, its interpreter or a folder above either runs what they like as the run-as account.
struct CommandPath {
  var root: HostRoot
  /// Absolute on the host.
  var path: String

  /// - Parameter trusted: uids that may write: root and the run-as account.
  /// - Throws: ``HostError`` naming the first path at fault, or when the command is not there.
  func check(trusted: Set<UInt32>) throws(HostError) {
    var links = 0
    guard let (status, resolved) = try walk(path, trusted, &links) else {
      throw .illFormed(path: path, line: nil, reason: "the command is not there")
    }
    guard status.st_mode & S_IFMT == S_IFREG, status.permissions & 0o111 != 0 else {
      throw .illFormed(path: path, line: nil, reason: "is no file that can be run")
    }
    if let interpreter = try interpreter(of: resolved) { _ = try walk(interpreter, trusted, &links) }
  }

  /// Where the links on the way lead.
  ///
  /// - Throws: ``HostError`` when the command is not there, or others than root could have led the way.
  func resolved() throws(HostError) -> String {
    var links = 0
    guard let owner = root.status(path)?.st_uid, let (_, resolved) = try walk(path, [0, owner], &links) else {
      throw .illFormed(path: path, line: nil, reason: "the command is not there")
    }
    return resolved
  }

  /// Looks at every component down from the root, following the links that only the trusted can have made. nil: it ends at
  /// something that does not exist, in a folder that only the trusted can fill.
  private func walk(_ path: String, _ trusted: Set<UInt32>, _ links: inout Int) throws(HostError) -> (stat, String)? {
    var components = path.split(separator: "/").map(String.init)[...]
    var place: [String] = []
    try judge("/", trusted)
    var last: stat?
    while let component = components.popFirst() {
      if component == "." { continue }
      if component == ".." {
        place = place.dropLast()
        continue
      }
      let here = "/" + (place + [component]).joined(separator: "/")
      guard let status = root.status(here) else {
        guard errno == ENOENT else { throw .system(SystemError("stat", root.path(here))) }
        return nil
      }
      if status.st_mode & S_IFMT == S_IFLNK {
        links += 1
        guard links <= 40 else { throw .system(SystemError("stat", root.path(here), code: ELOOP)) }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(root.path(here), &buffer, buffer.count - 1)
        guard count > 0 else { throw .system(SystemError("readlink", root.path(here))) }
        let target = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if target.hasPrefix("/") { place = [] }
        components = (target.split(separator: "/").map(String.init) + components)[...]
        continue
      }
      try judge(here, trusted)
      place.append(component)
      last = status
    }
    return last.map { ($0, "/" + place.joined(separator: "/")) }
  }

  private func judge(_ path: String, _ trusted: Set<UInt32>) throws(HostError) {
    // Root of a sandbox: what lies above it is not the host's.
    guard let status = root.status(path) else { throw .system(SystemError("stat", root.path(path))) }
    guard trusted.contains(status.st_uid) else {
      throw .illFormed(path: path, line: nil, reason: "belongs to uid \(status.st_uid), who could change what runs")
    }
    // With an ACL the group bits are its mask, so they also tell of named entries that may write.
    guard status.permissions & 0o022 == 0 else {
      throw .illFormed(path: path, line: nil, reason: "others than its owner may write to it and so change what runs")
    }
  }

  /// The program after `#!`, when the command is a script.
  private func interpreter(of file: String) throws(HostError) -> String? {
    let descriptor = open(root.path(file), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
    guard descriptor >= 0 else { throw .system(SystemError("open", root.path(file))) }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 2, buffer[0] == UInt8(ascii: "#"), buffer[1] == UInt8(ascii: "!") else { return nil }
    let line = buffer[2..<count].prefix { $0 != 10 }
    guard let word = line.split(whereSeparator: { $0 == 32 || $0 == 9 }).first else { return nil }
    let name = String(decoding: word, as: UTF8.self)
    guard name.hasPrefix("/") else {
      throw .illFormed(path: path, line: 1, reason: "its interpreter is not named by an absolute path")
    }
    return name
  }
}
