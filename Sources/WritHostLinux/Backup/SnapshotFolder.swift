internal import CWritSys
internal import Glibc
internal import WritDigest
internal import WritPolicy
internal import WritSystem

/// One snapshot in its folder.
struct SnapshotFolder {
  let name: String
  private let folder: TreeDescriptor
  private let path: String

  init(_ parent: BackupFolder, _ name: String) throws(HostError) {
    let opened = writ_open_directory(parent.descriptor, name)
    path = "\(parent.path)/\(name)"
    guard opened >= 0 else { throw .system(SystemError("open", path)) }
    folder = TreeDescriptor(opened)
    self.name = name
  }

  func tree() throws(HostError) -> TreeDescriptor {
    let opened = writ_open_directory(folder.number, BackupFolder.treeName)
    guard opened >= 0 else { throw .system(SystemError("open", "\(path)/\(BackupFolder.treeName)")) }
    return TreeDescriptor(opened)
  }

  private func openList() throws(HostError) -> Int32 {
    let opened = writ_open_file(folder.number, BackupFolder.manifestName)
    guard opened >= 0 else { throw .system(SystemError("open", "\(path)/\(BackupFolder.manifestName)")) }
    return opened
  }

  /// - Throws: ``HostError`` also where it has no beginning.
  func list() throws(HostError) -> SnapshotManifestReader {
    let opened = try openList()
    do throws(SnapshotManifestReader.Damaged) { return try SnapshotManifestReader(opened) } catch {
      close(opened)
      throw .illFormed(path: "\(path)/\(BackupFolder.manifestName)", line: nil, reason: "\(error)")
    }
  }

  /// What the next snapshot is taken on; nil where the list is damaged: then everything is copied anew.
  func previous() throws(HostError) -> PreviousSnapshot? {
    let proved = try list()
    do throws(SnapshotManifestReader.Damaged) { while try proved.next() != nil {} } catch { return nil }
    return PreviousSnapshot(tree: try tree(), list: try list())
  }

  /// The counts at the end of its list, the list not read; nil where it has no end.
  func counts() throws(HostError) -> SnapshotCounts? {
    let opened = try openList()
    defer { close(opened) }
    var status = stat()
    guard fstat(opened, &status) == 0 else { return nil }
    let room = min(Int(status.st_size), Self.longestEnd)
    var end = [UInt8](repeating: 0, count: room)
    guard pread(opened, &end, room, status.st_size - off_t(room)) == room, end.last == 10 else { return nil }
    let start = end.dropLast().lastIndex(of: 10).map { $0 + 1 } ?? 0
    return (try? JSONValue(canonicalLine: Array(end[start...])))?.object?["end"].flatMap(SnapshotCounts.init)
  }

  private static let longestEnd = 4096

  struct Found {
    var name: String
    var time: Instant
  }

  /// The newest snapshot that holds everything; one from the future says nothing.
  static func newestWhole(in folder: BackupFolder, at now: Instant) throws(HostError) -> Found? {
    for name in try folder.snapshots().reversed() {
      // One that lost its list, or cannot be read, is no whole one and keeps nobody from taking another.
      guard let time = BackupFolder.time(ofSnapshot: name), time.seconds <= now.seconds + BackupJob.tick,
        let counts = try? SnapshotFolder(folder, name).counts(), counts.unreadable == 0
      else { continue }
      return Found(name: name, time: time)
    }
    return nil
  }
}
