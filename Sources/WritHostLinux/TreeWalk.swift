internal import CWritSys
internal import Glibc
internal import WritSystem

/// What is done with what a walk comes by.
protocol TreeVisitor {
  /// A directory, open, before its entries are listed.
  ///
  /// - Returns: whether ``leave(_:_:)`` is to be called once everything below it was visited.
  mutating func enter(_ descriptor: Int32, _ observed: TreeObservation, _ place: TreePlace) -> Bool
  mutating func leave(_ descriptor: Int32, _ place: TreePlace)
  /// Whether ``entry(_:_:_:_:)`` needs nothing of an inode that is no directory, so that its ACL need not be read.
  mutating func passes(over status: writ_inode) -> Bool
  /// Anything but a directory; `name` below `directory`.
  mutating func entry(
    _ directory: Int32, _ name: UnsafePointer<CChar>, _ observed: TreeObservation, _ place: TreePlace)
  mutating func obstacle(_ kind: TreeNotice.Kind, _ place: TreePlace)
  mutating func notice(_ kind: TreeNotice.Kind, _ place: TreePlace)
  mutating func vanished()
}

extension TreeVisitor {
  mutating func passes(over status: writ_inode) -> Bool { false }
}

/// Where in a tree something was found; text is made of it only when somebody asks.
struct TreePlace {
  fileprivate let walk: [TreeWalkFrame]
  /// nil: the directory that the last frame is.
  fileprivate let leaf: UnsafePointer<CChar>?
  /// The folder's index in ``TreeWays``, where it is on a way.
  let way: Int?

  /// What lies deeper counts for the folder this far down.
  private static let namedLevels = 24

  /// The folder that holds it, relative to the tree's root.
  var folder: String {
    let above = leaf == nil ? walk.dropLast() : walk[...]
    let names = above.dropFirst().prefix(Self.namedLevels).map { visible($0.name) }.joined(separator: "/")
    return above.count - 1 > Self.namedLevels ? names + "/…" : names
  }

  /// Its own name; `.` for the root of the tree.
  var name: String {
    if let leaf {
      return visible(UnsafeBufferPointer(start: leaf, count: strlen(leaf)).lazy.map(UInt8.init(bitPattern:)))
    }
    return walk.count == 1 ? "." : walk.last.map { visible($0.name) } ?? "."
  }

  var path: String { folder.isEmpty ? name : folder + "/" + name }

  /// How many folders lead here, the tree's root and the folder itself among them.
  var depth: Int { walk.count }

  /// The last name as it is; empty for the tree's root.
  var leafBytes: [UInt8] {
    if let leaf { return UnsafeBufferPointer(start: leaf, count: strlen(leaf)).map(UInt8.init(bitPattern:)) }
    return walk.last?.name ?? []
  }

  /// The names from below the tree's root down to it as they are, with slashes between; empty for the root.
  var bytes: [UInt8] {
    var names = walk.dropFirst().map(\.name)
    if let leaf { names.append(UnsafeBufferPointer(start: leaf, count: strlen(leaf)).map(UInt8.init(bitPattern:))) }
    return Array(names.joined(separator: [UInt8(ascii: "/")]))
  }
}

/// One directory between the tree's root and where the walk is.
struct TreeWalkFrame: Sendable {
  var name: [UInt8]
  var key: TreeInodeKey
  /// -1 while it is closed to keep the number of open descriptors down.
  var descriptor: Int32
  /// Names of subdirectories not yet entered, each ended by a NUL.
  var pending: [UInt8] = []
  var way: Int?
  var wantsLeave: Bool
  /// Where other walks have taken some of its names.
  var part: TreePart?
}

/// Room for the names that one call lists.
private final class TreeListing {
  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 8)

  deinit { bytes.deallocate() }
}

/// One pass over one tree, depth first, by descriptor.
///
/// Memory grows with the depth and with the number of subdirectories of one folder, descriptors do not: beyond
/// `openFolders` the uppermost ones are closed, and found again through `..`, which must still lead to the same inode.
/// Several walks can run side by side over parts of a tree: see ``TreeWork``.
struct TreeWalk<Visitor: TreeVisitor> {
  /// In which order the names of a folder are looked at.
  enum Order {
    /// As the file system has them.
    case found
    /// By their bytes, so that the same tree is always walked in the same way; holds all names of one folder in memory.
    case sorted
  }

  private let root: Int32
  private let mount: UInt64
  private let ways: TreeWays
  private let fresh: Bool
  private let order: Order
  private let buffers = TreeBuffers()
  private let listing = TreeListing()
  private var frames: [TreeWalkFrame] = []
  /// Frames before this one are closed.
  private var firstOpen = 0
  /// Frames before this one belong to the walk that gave this one its work.
  private var firstOwn = 0
  private var tree = 0
  var visitor: Visitor

  private static var openFolders: Int { 64 }
  /// Below so many folders nothing is given away: each time all of them are written down.
  private static var sharedDepth: Int { 1_000 }

  /// - Parameters:
  ///   - root: descriptor of the tree's root; stays the caller's.
  ///   - fresh: ask network file systems anew.
  init(root: Int32, mount: UInt64, ways: TreeWays, fresh: Bool, order: Order = .found, visitor: Visitor) {
    self.root = root
    self.mount = mount
    self.ways = ways
    self.fresh = fresh
    self.order = order
    self.visitor = visitor
  }

  /// Walks the whole tree.
  mutating func run() {
    enter(root, ".", name: [], way: 0)
    goOn(sharing: nil)
  }

  /// Walks the part that `job` names, and gives away what other walks of `work` have nothing better to do than.
  mutating func run(_ job: TreeJob, sharing work: TreeWork) {
    tree = job.tree
    frames = job.frames
    firstOpen = max(frames.count - 1, 0)
    firstOwn = firstOpen
    if frames.isEmpty { enter(root, ".", name: [], way: 0) }
    goOn(sharing: work)
    frames = []
    firstOpen = 0
    firstOwn = 0
  }

  /// Everything that waits in the frames of this walk.
  private mutating func goOn(sharing work: TreeWork?) {
    while let last = frames.indices.last, last >= firstOwn {
      if let work, work.isHungry { share(work) }
      guard frames[last].descriptor >= 0, let name = Self.takeLast(&frames[last].pending) else {
        leave()
        continue
      }
      let directory = frames[last].descriptor
      let way = frames[last].way
      name.withUnsafeBufferPointer { bytes in
        bytes.withMemoryRebound(to: CChar.self) { characters in
          guard let start = characters.baseAddress else { return }
          enter(directory, start, name: Array(bytes.dropLast()), way: way.flatMap { ways.child(start, of: $0) })
        }
      }
    }
  }

  /// Whether names of this folder can be given away; the last one of all stays, since giving it away would only move it.
  private func mayShare(_ index: Int) -> Bool {
    frames[index].descriptor >= 0 && !frames[index].pending.isEmpty
      && (index < frames.count - 1 || frames[index].pending.dropLast().contains(0))
  }

  /// Gives away half of the names that wait in the uppermost folder that has some: the largest parts of the tree.
  private mutating func share(_ work: TreeWork) {
    guard firstOpen < Self.sharedDepth,
      let index = frames.indices.dropFirst(firstOpen).first(where: mayShare), index < Self.sharedDepth
    else { return }
    let descriptor = writ_open_directory(frames[index].descriptor, ".")
    // Out of descriptors, say: then this walk does it all by itself.
    guard descriptor >= 0 else { return }
    let pending = frames[index].pending
    let end = pending[..<(pending.count / 2)].lastIndex(of: 0) ?? pending.firstIndex(of: 0) ?? 0
    let middle = end + 1
    for position in frames[...index].indices where frames[position].part == nil {
      frames[position].part = TreePart()
      if position > 0 { frames[position - 1].part?.join() }
    }
    frames[index].part?.join()
    var given = frames[...index].map { frame in
      TreeWalkFrame(
        name: frame.name, key: frame.key, descriptor: -1, way: frame.way, wantsLeave: false, part: frame.part)
    }
    given[index].descriptor = descriptor
    given[index].pending = Array(pending[..<middle])
    frames[index].pending = Array(pending[middle...])
    work.give(TreeJob(tree: tree, frames: given))
  }

  /// The last name of the list, with its NUL.
  private static func takeLast(_ names: inout [UInt8]) -> [UInt8]? {
    guard !names.isEmpty else { return nil }
    let start = names.dropLast().lastIndex(of: 0).map { $0 + 1 } ?? 0
    let name = Array(names[start...])
    names.removeSubrange(start...)
    return name
  }

  private func place(_ name: UnsafePointer<CChar>?, way: Int? = nil) -> TreePlace {
    TreePlace(walk: frames, leaf: name, way: way)
  }

  private mutating func enter(_ directory: Int32, _ path: UnsafePointer<CChar>, name: [UInt8], way: Int?) {
    let isRoot = frames.isEmpty
    let descriptor = writ_open_directory(directory, path)
    guard descriptor >= 0 else {
      failed("open", isRoot ? nil : path)
      return
    }
    var status = writ_inode()
    guard writ_inode_at(descriptor, "", fresh ? 1 : 0, &status) == 0 else {
      failed("statx", isRoot ? nil : path)
      close(descriptor)
      return
    }
    guard status.mount == mount else {
      visitor.notice(.mount, place(path))
      close(descriptor)
      return
    }
    frames.append(TreeWalkFrame(name: name, key: status.key, descriptor: descriptor, way: way, wantsLeave: false))
    do {
      let observed = try buffers.observe(descriptor, "", status)
      frames[frames.count - 1].wantsLeave = visitor.enter(descriptor, observed, place(nil, way: way))
    } catch {
      visitor.obstacle(.unreadable(operation: error.operation, reason: error.reason), place(nil))
    }
    list(descriptor, way: way)
    if frames.count - firstOpen > Self.openFolders {
      close(frames[firstOpen].descriptor)
      frames[firstOpen].descriptor = -1
      firstOpen += 1
    }
  }

  private mutating func list(_ directory: Int32, way: Int?) {
    var names: [[UInt8]] = []
    while true {
      let filled = writ_list(directory, listing.bytes.baseAddress, listing.bytes.count)
      if filled == 0 { break }
      guard filled > 0 else {
        if errno == ENOENT { visitor.vanished() } else { failed("getdents64", nil) }
        break
      }
      var offset = 0
      while offset < filled {
        guard let name = writ_entry(listing.bytes.baseAddress, offset, &offset) else { break }
        if name[0] == 0x2e && (name[1] == 0 || (name[1] == 0x2e && name[2] == 0)) { continue }
        if order == .sorted {
          names.append(UnsafeBufferPointer(start: name, count: strlen(name)).map(UInt8.init(bitPattern:)))
        } else {
          look(directory, name, way: way.flatMap { ways.child(name, of: $0) })
        }
      }
    }
    for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      withName(name) { look(directory, $0, way: way.flatMap { ways.child(name, of: $0) }) }
    }
  }

  private mutating func look(_ directory: Int32, _ name: UnsafePointer<CChar>, way: Int?) {
    if let way, ways.folders[way].isInnerRoot { return }
    var status = writ_inode()
    guard writ_inode_at(directory, name, fresh ? 1 : 0, &status) == 0 else {
      failed("statx", name)
      return
    }
    // A bind mount has the device of its source, so only the mount id tells; also that of a single file.
    guard status.mount == mount && status.mount_root == 0 else {
      visitor.notice(.mount, place(name))
      return
    }
    if status.subject == .directory {
      let bytes = UnsafeBufferPointer(start: name, count: strlen(name) + 1)
      frames[frames.count - 1].pending.append(contentsOf: bytes.lazy.map(UInt8.init(bitPattern:)))
      return
    }
    if visitor.passes(over: status) { return }
    do {
      let observed = try buffers.observe(directory, name, status)
      visitor.entry(directory, name, observed, place(name, way: way))
    } catch {
      if error.code == ENOENT {
        visitor.vanished()
      } else {
        visitor.obstacle(.unreadable(operation: error.operation, reason: error.reason), place(name))
      }
    }
  }

  /// Right after a call that failed. What is gone, or is no directory any more, somebody took away meanwhile.
  private mutating func failed(_ operation: String, _ name: UnsafePointer<CChar>?) {
    let code = errno
    if code == ENOENT || code == ENOTDIR || code == ELOOP {
      visitor.vanished()
    } else {
      visitor.obstacle(
        .unreadable(operation: operation, reason: SystemError(operation, "", code: code).reason), place(name))
    }
  }

  /// Ends the innermost directory and opens the one above it again, if it was closed.
  private mutating func leave() {
    guard let frame = frames.last else { return }
    let isWanted = frame.wantsLeave && frame.descriptor >= 0
    if isWanted && frame.part == nil { visitor.leave(frame.descriptor, place(nil, way: frame.way)) }
    if frames.count - 1 == firstOpen && firstOpen > firstOwn { reopenAbove(frame.descriptor) }
    let ending = isWanted && frame.part != nil ? TreePart.Ending(frames: frames) : nil
    finishParts(ending)
    frames.removeLast()
    if ending == nil && frame.descriptor >= 0 { close(frame.descriptor) }
  }

  /// Where the innermost folder is shared: leaves it, and those above it, if this walk was the last at work there.
  private mutating func finishParts(_ ending: TreePart.Ending?) {
    var ending = ending
    var index = frames.count - 1
    while index >= 0, let part = frames[index].part, case .done(let last) = part.finish(ending) {
      if let last, let frame = last.frames.last {
        visitor.leave(frame.descriptor, TreePlace(walk: last.frames, leaf: nil, way: frame.way))
        close(frame.descriptor)
      }
      ending = nil
      index -= 1
    }
  }

  private mutating func reopenAbove(_ descriptor: Int32) {
    firstOpen -= 1
    let above = frames[firstOpen].key
    if descriptor >= 0 {
      let opened = writ_open_directory(descriptor, "..")
      if opened >= 0, isInode(opened, above) {
        frames[firstOpen].descriptor = opened
        return
      }
      if opened >= 0 { close(opened) }
    }
    frames[firstOpen].descriptor = reopenFromRoot(through: firstOpen)
    if frames[firstOpen].descriptor < 0 {
      // Its other entries were not seen, so nothing can be said of the tree.
      visitor.obstacle(.moved, TreePlace(walk: Array(frames[...firstOpen]), leaf: nil, way: nil))
      frames[firstOpen].pending = []
    }
  }

  private func reopenFromRoot(through index: Int) -> Int32 {
    var current = writ_open_directory(root, ".")
    for frame in frames[...index].dropFirst() where current >= 0 {
      let next = (frame.name + [0]).withUnsafeBufferPointer { bytes in
        bytes.withMemoryRebound(to: CChar.self) { characters in
          characters.baseAddress.map { writ_open_directory(current, $0) } ?? -1
        }
      }
      close(current)
      current = next
    }
    if current >= 0 && !isInode(current, frames[index].key) {
      close(current)
      return -1
    }
    return current
  }

  private func isInode(_ descriptor: Int32, _ key: TreeInodeKey) -> Bool {
    var status = writ_inode()
    return writ_inode_at(descriptor, "", 0, &status) == 0 && status.key == key && status.mount == mount
  }
}
