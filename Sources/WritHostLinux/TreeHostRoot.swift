internal import CWritSys
internal import Glibc
internal import WritSystem

/// The directory below which all paths of one host are found: `/`, or a folder laid out like a host's root.
///
/// Every path is gone down component by component with `openat2(2)`, so that no link and no `..` leads out of it.
public final class TreeHostRoot: Sendable {
  /// `O_PATH`; closed when this object goes.
  public let descriptor: Int32

  /// - Parameter path: a directory; it is the one place where a link may be followed, since whoever runs writ names it.
  public init(_ path: String) throws(TreeError) {
    descriptor = path.withCString { writ_open_host($0) }
    guard descriptor >= 0 else {
      let error = SystemError("open", path)
      throw error.code == ENOTDIR ? .notADirectory(path) : .system(error)
    }
  }

  deinit { close(descriptor) }
}

/// A descriptor that closes itself.
final class TreeDescriptor {
  let number: Int32
  init(_ number: Int32) { self.number = number }
  deinit { close(number) }
}

/// How far down the path to a tree's root the host has folders.
struct TreeApproach {
  /// The last folder that is there.
  var folder: TreeDescriptor
  var status: writ_inode
  /// What is missing below it; empty when the root itself is there.
  var missing: ArraySlice<[UInt8]>
}

extension TreeEngine {
  /// Goes down the path of a rule's root.
  ///
  /// A folder on the way that somebody else could change is refused, because what was looked at could be another folder
  /// when it is worked on. While only looking, a folder that another rule puts right is let pass.
  ///
  /// - Parameter inAnyHands: whether no folder on the way is refused: for questions about what is there now, whoever put it there.
  func approach(_ index: Int, toChange: Bool, inAnyHands: Bool = false) throws(TreeError) -> TreeApproach {
    func requireSafe(_ parent: writ_inode, above child: writ_inode?, _ depth: Int) throws(TreeError) {
      if inAnyHands && !toChange { return }
      try self.requireSafe(parent, above: child, index, depth, toChange: toChange)
    }
    let path = paths[index]
    guard var folder = duplicate(host.descriptor) else { throw .system(SystemError("open", rules[index].path)) }
    var status = try inode(folder, of: path, count: 0)
    for (depth, component) in path.components.enumerated() {
      let opened = withName(component) { writ_open_beneath(folder.number, $0, 1) }
      if opened < 0 && errno == ENOENT {
        try requireSafe(status, above: nil, depth)
        return TreeApproach(folder: folder, status: status, missing: path.components[depth...])
      }
      guard opened >= 0 else { throw refusal(folder, component, path, depth + 1) }
      let child = TreeDescriptor(opened)
      let childStatus = try inode(child, of: path, count: depth + 1)
      try requireSafe(status, above: childStatus, depth)
      folder = child
      status = childStatus
    }
    return TreeApproach(folder: folder, status: status, missing: [])
  }

  private func duplicate(_ descriptor: Int32) -> TreeDescriptor? {
    let copy = writ_pin(descriptor, ".")
    return copy >= 0 ? TreeDescriptor(copy) : nil
  }

  private func inode(_ descriptor: TreeDescriptor, of path: TreePath, count: Int) throws(TreeError) -> writ_inode {
    var status = writ_inode()
    guard writ_inode_at(descriptor.number, "", 1, &status) == 0 else {
      throw .system(SystemError("statx", path.text(count)))
    }
    guard status.mount_known != 0 else { throw .mountsUnknown(path.text(count)) }
    return status
  }

  /// Why a component could not be opened as a directory.
  private func refusal(_ folder: TreeDescriptor, _ component: [UInt8], _ path: TreePath, _ count: Int) -> TreeError {
    let error = SystemError("open", path.text(count))
    var status = writ_inode()
    if withName(component, { writ_inode_at(folder.number, $0, 1, &status) }) == 0 {
      if status.subject == .link { return .symbolicLink(path.text(count)) }
      if status.subject != .directory { return .notADirectory(path.text(count)) }
    }
    return .system(error)
  }

  /// Whether nobody but root, the owner of the tree and the owners of trees around it can change where the path leads.
  private func requireSafe(
    _ parent: writ_inode, above child: writ_inode?, _ index: Int, _ depth: Int, toChange: Bool
  ) throws(TreeError) {
    let around = enclosing(Array(paths[index].components.prefix(depth)), except: index)
    if around != nil && !toChange { return }
    // What lies in a closed tree still belongs to whom it did; closing what is inside it gives them nothing.
    if let around, rules[around].isClosed, rules[index].isClosed { return }
    let trusted: Set<UInt32> = [0, geteuid(), rules[index].owner, around.map { rules[$0].owner } ?? 0]
    let isOpen = parent.mode & 0o022 != 0
    // In a sticky folder only the owner of an entry, and of the folder, may put another in its place. In a tree of ours the
    // entry may be anybody's: whoever may write there can at most offer a folder of their own.
    let isSticky = parent.mode & 0o1000 != 0 && (around != nil || child.map { trusted.contains($0.uid) } ?? true)
    guard trusted.contains(parent.uid), !isOpen || isSticky else {
      throw .writableParent(
        paths[index].text(depth), owner: parent.uid, group: parent.gid, mode: parent.bits)
    }
  }
}

extension TreePath {
  /// The first `count` components as text.
  func text(_ count: Int) -> String {
    "/" + components.prefix(count).map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
  }
}

/// Calls `body` with a C string of the bytes.
func withName<R>(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
  (name + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { buffer in
    // Never empty: it ends with a NUL.
    guard let start = buffer.baseAddress else { preconditionFailure("a name has at least its end") }
    return body(start)
  }
}
