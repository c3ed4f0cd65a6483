internal import CWritSys
internal import Glibc

/// The last whole snapshot, from which unchanged files are linked.
final class PreviousSnapshot {
  private let tree: TreeDescriptor
  private let list: SnapshotManifestReader
  private var next: SnapshotRecord?
  private var folder: (path: [UInt8], descriptor: TreeDescriptor?)?

  init(tree: TreeDescriptor, list: SnapshotManifestReader) {
    self.tree = tree
    self.list = list
    next = try? list.next()
  }

  /// What its list says of a file. Asked for in the order of a walk, so that the list is read once.
  func record(of path: [UInt8]) -> SnapshotRecord? {
    while let found = next, found.comes(before: path, isFolder: false) { next = try? list.next() }
    guard let found = next, found.path == path, found.kind == .file else { return nil }
    return found
  }

  /// Gives the inode that a record is about another name; false where it is not what the record says, or has too many names.
  func link(_ record: SnapshotRecord, to folder: TreeDescriptor, _ name: UnsafePointer<CChar>) -> Bool {
    let (above, last) = Self.parts(record.path)
    if self.folder?.path != above {
      self.folder = (above, Self.open(above, below: tree.number))
    }
    guard let parent = self.folder?.descriptor else { return false }
    return withName(last) { last in
      var status = writ_inode()
      guard writ_inode_at(parent.number, last, 1, &status) == 0, status.subject == .file,
        SnapshotRecord(record.path, .file, status).isInode(of: record)
      else { return false }
      return linkat(parent.number, last, folder.number, name, 0) == 0
    }
  }

  /// The same within one tree that nobody else gets at.
  static func link(_ path: [UInt8], below tree: Int32, to folder: Int32, _ name: UnsafePointer<CChar>) -> Bool {
    let (above, last) = parts(path)
    guard let parent = open(above, below: tree) else { return false }
    return withName(last) { linkat(parent.number, $0, folder, name, 0) } == 0
  }

  static func open(_ path: [UInt8], below tree: Int32) -> TreeDescriptor? {
    let opened = path.isEmpty ? writ_open_directory(tree, ".") : withName(path) { writ_open_beneath(tree, $0, 1) }
    return opened >= 0 ? TreeDescriptor(opened) : nil
  }

  static func parts(_ path: [UInt8]) -> (above: [UInt8], last: [UInt8]) {
    guard let slash = path.lastIndex(of: 0x2f) else { return ([], path) }
    return (Array(path[..<slash]), Array(path[(slash + 1)...]))
  }
}

extension SnapshotRecord {
  /// Whether an inode is as the list says, as far as its status tells.
  fileprivate func isInode(of record: SnapshotRecord) -> Bool {
    uid == record.uid && gid == record.gid && mode == record.mode && size == record.size && modified == record.modified
  }
}
