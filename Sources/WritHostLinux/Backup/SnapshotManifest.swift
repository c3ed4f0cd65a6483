internal import Glibc
internal import WritDigest
internal import WritPolicy
internal import WritSystem

/// The list of what a snapshot holds, beside its tree: one line of JSON a name, in the order of a walk.
///
/// The last line has the counts and the digest of all lines before it; a list without it was never finished.
final class SnapshotManifestWriter {
  private let descriptor: Int32
  private let digest = DigestStream()
  private var waiting: [UInt8] = []
  private static let room = 1 << 16

  /// - Parameter descriptor: of an empty file; stays the caller's.
  init(_ descriptor: Int32, tree: String, at time: Instant) throws(SystemError) {
    self.descriptor = descriptor
    try add(["format_version": 1, "tree": .string(tree), "time": .string(time.rfc3339)])
  }

  func add(_ record: SnapshotRecord) throws(SystemError) { try add(record.json) }

  private func add(_ value: JSONValue) throws(SystemError) {
    let line = value.canonicalLine
    digest.add(line)
    waiting += line
    if waiting.count >= Self.room { try flush() }
  }

  /// Ends the list and forces it to disk.
  func finish(_ counts: SnapshotCounts) throws(SystemError) {
    waiting += (["end": counts.json, "sha256": .string(digest.finish().hex)] as JSONValue).canonicalLine
    try flush()
    guard fsync(descriptor) == 0 else { throw SystemError("fsync", "manifest") }
  }

  private func flush() throws(SystemError) {
    var written = 0
    while written < waiting.count {
      let count = waiting.withUnsafeBytes {
        write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw SystemError("write", "manifest")
      }
      written += count
    }
    waiting = []
  }
}

/// Reads such a list line by line.
final class SnapshotManifestReader {
  struct Damaged: Error, CustomStringConvertible {
    var description: String
  }

  private let descriptor: Int32
  private let digest = DigestStream()
  private var waiting: [UInt8] = []
  private var used = 0
  private(set) var tree = ""
  private(set) var counts: SnapshotCounts?

  private static let room = 1 << 16
  /// Three paths with every byte escaped, and two ACLs of the largest size there is.
  private static let longestLine = 1 << 20

  /// - Parameter descriptor: at the beginning of the list; closed with this object.
  init(_ descriptor: Int32) throws(Damaged) {
    self.descriptor = descriptor
    guard let line = try line(), let members = line.object, members["format_version"]?.integer == 1,
      let tree = members["tree"]?.string
    else { throw Damaged(description: "it has no beginning that this version knows") }
    self.tree = tree
  }

  deinit { close(descriptor) }

  /// The next record; nil after the last, when the list was proved whole.
  func next() throws(Damaged) -> SnapshotRecord? {
    guard counts == nil else { return nil }
    let before = digest
    guard let value = try line() else { throw Damaged(description: "it has no end") }
    if let record = SnapshotRecord(value) { return record }
    guard let members = value.object, let end = members["end"].flatMap(SnapshotCounts.init),
      let digest = members["sha256"]?.string
    else { throw Damaged(description: "a line of it is none") }
    guard before.finish().hex == digest, try bytes() == nil else {
      throw Damaged(description: "it is not what was written")
    }
    counts = end
    return nil
  }

  /// A line goes into the digest when the next one is asked for, so that the last one stays out of it.
  private var open: [UInt8] = []

  private func line() throws(Damaged) -> JSONValue? {
    digest.add(open)
    guard let bytes = try bytes() else { return nil }
    open = bytes
    guard let value = try? JSONValue(canonicalLine: bytes) else { throw Damaged(description: "a line of it is none") }
    return value
  }

  private func bytes() throws(Damaged) -> [UInt8]? {
    while true {
      if let end = waiting[used...].firstIndex(of: 10) {
        defer { used = end + 1 }
        return Array(waiting[used...end])
      }
      waiting.removeFirst(used)
      used = 0
      guard waiting.count <= Self.longestLine else { throw Damaged(description: "a line of it is too long") }
      var failure: Int32 = 0
      let part = [UInt8](unsafeUninitializedCapacity: Self.room) { buffer, filled in
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        failure = count < 0 ? errno : 0
        filled = max(count, 0)
      }
      if failure == EINTR { continue }
      if failure != 0 { throw Damaged(description: "it cannot be read: \(String(cString: strerror(failure)))") }
      if part.isEmpty {
        guard waiting.isEmpty else { throw Damaged(description: "it ends in the middle of a line") }
        return nil
      }
      waiting += part
    }
  }
}
