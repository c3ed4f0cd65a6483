internal import Glibc
internal import WritDigest
internal import WritPolicy
internal import WritSystem

/// The undo journals of one host: a folder that is root's alone, with one file for each run that changed a tree.
///
/// A file begins with one line of JSON; behind it lie ``TreeRecord``s.
struct UndoFolder: Sendable {
  static let path = "/var/lib/writ/undo"
  /// Trees that the policy applied last has on this host: one path a line.
  static let managedPath = "/var/lib/writ/trees"
  /// Journals that are kept; the oldest go first. One apply makes one for each tree that it changes.
  static let mostJournals = 1_024
  /// Bytes that all of them together have before the oldest go: five million inodes.
  static let mostBytes = 256 << 20
  /// The longest that is read back.
  private static let readLimit = 2 << 30

  let root: HostRoot

  /// What stands before the records.
  struct Header: Sendable, Hashable {
    var tree: String
    /// Full id of the commit that was applied, or `undo of N`.
    var policy: String

    var line: [UInt8] {
      let line: JSONValue = ["format_version": 1, "policy": .string(policy), "tree": .string(tree)]
      return line.canonicalLine
    }
  }

  // MARK: Writing

  func journal(_ header: Header, narrowOnly: Bool) -> TreeJournal {
    TreeJournal(narrowOnly: narrowOnly) { () throws(SystemError) in try begin(header) }
  }

  /// Makes the next journal; neither it nor its name is on disk yet.
  private func begin(_ header: Header) throws(SystemError) -> TreeJournal.OpenedFile {
    let number: Int
    do throws(HostError) {
      try root.makeFolder("/var/lib/writ")
      try root.makeFolder(Self.path, mode: 0o700)
      try requirePrivate()
      number = (try prune().last ?? 0) + 1
    } catch {
      if case .system(let failure) = error { throw failure }
      throw SystemError("open", root.path(Self.path), code: EPERM)
    }
    let path = root.path("\(Self.path)/\(number)")
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw SystemError("create", path) }
    let line = header.line
    guard write(descriptor, line, line.count) == line.count else {
      let failure = SystemError("write", path)
      close(descriptor)
      unlink(path)
      throw failure
    }
    return TreeJournal.OpenedFile(descriptor: descriptor, path: path)
  }

  private func requirePrivate() throws(HostError) {
    guard let status = root.status(Self.path) else { return }
    guard status.isFolder, status.st_uid == 0, status.permissions & 0o077 == 0 else {
      throw .illFormed(path: Self.path, line: nil, reason: "must be a folder of root's, mode 0700")
    }
  }

  /// Removes the oldest journals where there are too many; the numbers of those that stay, in order.
  private func prune() throws(HostError) -> [Int] {
    var numbers = try numbers()
    func size(_ number: Int) -> Int { root.status("\(Self.path)/\(number)").map { Int($0.st_size) } ?? 0 }
    var total = numbers.reduce(0) { $0 + size($1) }
    while let oldest = numbers.first, numbers.count > 1, numbers.count >= Self.mostJournals || total > Self.mostBytes {
      total -= size(oldest)
      unlink(root.path("\(Self.path)/\(oldest)"))
      numbers.removeFirst()
    }
    return numbers
  }

  /// Writes down which trees the policy has here: nobody goes back behind what is managed.
  func leaveManaged(_ paths: [String]) throws(HostError) {
    let bytes = Array(paths.sorted().map { $0 + "\n" }.joined().utf8)
    if try root.contents(Self.managedPath) == bytes { return }
    try root.makeFolder("/var/lib/writ")
    do {
      try FileContents.replace(root.path(Self.managedPath), with: bytes, mode: 0o644, owner: 0, group: 0)
    } catch { throw .system(error) }
  }

  // MARK: Reading

  /// One journal without its records.
  struct Entry: Sendable {
    var number: Int
    var time: Instant
    var header: Header
    var bytes: Int
  }

  func numbers() throws(HostError) -> [Int] {
    try requirePrivate()
    return try root.names(in: Self.path).compactMap { Int($0) }.filter { $0 > 0 }.sorted()
  }

  func managed() throws(HostError) -> [String] {
    guard let bytes = try root.contents(Self.managedPath) else { return [] }
    return bytes.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
  }

  func entry(_ number: Int) throws(HostError) -> Entry { try read(number).0 }

  /// The journal and its records, in the order in which they were noted. What a power cut left half at the end is left out:
  /// nothing had been changed by it.
  func read(_ number: Int) throws(HostError) -> (Entry, [TreeRecord]) {
    let name = "\(Self.path)/\(number)"
    func fault(_ reason: String) -> HostError { .illFormed(path: root.path(name), line: nil, reason: reason) }
    guard let status = root.status(name) else { throw .system(SystemError("open", root.path(name), code: ENOENT)) }
    guard status.st_uid == 0, status.permissions & 0o077 == 0 else { throw fault("must be root's, mode 0600") }
    let bytes: [UInt8]
    do { bytes = try FileContents.read(root.path(name), limit: Self.readLimit) } catch { throw .system(error) }
    guard let end = bytes.firstIndex(of: 10), let value = try? JSONValue(canonicalLine: Array(bytes[...end])),
      let members = value.object, members["format_version"]?.integer == 1, let tree = members["tree"]?.string,
      let policy = members["policy"]?.string
    else { throw fault("no undo journal that this version wrote") }
    let entry = Entry(
      number: number, time: Instant(seconds: Int64(status.st_mtim.tv_sec)),
      header: Header(tree: tree, policy: policy), bytes: bytes.count)
    var records: [TreeRecord] = []
    bytes.withUnsafeBytes { all in
      var rest = UnsafeRawBufferPointer(rebasing: all[(end + 1)...])
      while let (record, length) = TreeRecord.first(of: rest) {
        records.append(record)
        rest = UnsafeRawBufferPointer(rebasing: rest[length...])
      }
    }
    return (entry, records)
  }
}
