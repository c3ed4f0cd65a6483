internal import CWritSys
internal import Glibc
internal import WritSystem

/// What an inode is, as far as a rule cares.
public enum TreeSubject: String, Sendable, Hashable, Comparable {
  case directory, file, link, device
  /// A FIFO or a socket.
  case other

  public static func < (a: TreeSubject, b: TreeSubject) -> Bool { a.rawValue < b.rawValue }

  init(mode: UInt32) {
    switch mode & UInt32(S_IFMT) {
    case UInt32(S_IFDIR): self = .directory
    case UInt32(S_IFREG): self = .file
    case UInt32(S_IFLNK): self = .link
    case UInt32(S_IFCHR), UInt32(S_IFBLK): self = .device
    default: self = .other
    }
  }
}

/// Which inode.
struct TreeInodeKey: Hashable, Sendable {
  var device: UInt64
  var inode: UInt64
}

extension writ_inode {
  var key: TreeInodeKey { TreeInodeKey(device: UInt64(dev_major) << 32 | UInt64(dev_minor), inode: ino) }
  var subject: TreeSubject { TreeSubject(mode: mode) }
  /// setuid, setgid, sticky and the nine others.
  var bits: UInt16 { UInt16(mode & 0o7777) }
}

/// One inode as it was found: what statx says, and its ACLs in the kernel's layout, empty where there are none.
///
/// The ACLs lie in the ``TreeBuffers`` they were read into, until the next inode is read there.
struct TreeObservation {
  var status: writ_inode
  var access: UnsafeRawBufferPointer
  var defaults: UnsafeRawBufferPointer

  var accessList: TreeACL? { access.isEmpty ? TreeACL(mode: status.bits & 0o777) : TreeACL(access) }
  /// nil where there is no default ACL.
  var defaultList: TreeACL? { defaults.isEmpty ? nil : TreeACL(defaults) }
  var ownerMayExecute: Bool { status.mode & 0o100 != 0 }
}

/// Room for the ACLs of one inode, used again for the next.
final class TreeBuffers {
  /// An extended attribute is never longer (linux/limits.h, XATTR_SIZE_MAX).
  private static let attributeSize = 65536
  /// Nearly every list fits, and the kernel clears as much memory as it is offered.
  private static let usualSize = 1024
  private let access = UnsafeMutableRawBufferPointer.allocate(byteCount: attributeSize, alignment: 8)
  private let defaults = UnsafeMutableRawBufferPointer.allocate(byteCount: attributeSize, alignment: 8)

  deinit {
    access.deallocate()
    defaults.deallocate()
  }

  static var none: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

  /// The inode behind a descriptor, which may be one of `O_PATH`.
  func observe(_ descriptor: Int32, fresh: Bool) throws(SystemError) -> TreeObservation {
    var status = writ_inode()
    guard writ_inode_at(descriptor, "", fresh ? 1 : 0, &status) == 0 else { throw SystemError("statx", "") }
    return try observe(descriptor, "", status)
  }

  /// The ACLs of `name` below `directory`, or of the descriptor itself, whose status is known.
  func observe(_ directory: Int32, _ name: UnsafePointer<CChar>, _ status: writ_inode) throws(SystemError)
    -> TreeObservation
  {
    var found = TreeObservation(status: status, access: Self.none, defaults: Self.none)
    if status.subject == .link { return found }
    found.access = try Self.read(access) { writ_acl_get(directory, name, $0, $1) }
    if status.subject == .directory {
      found.defaults = try Self.read(defaults) { writ_default_acl_get(directory, $0, $1) }
    }
    return found
  }

  private static func read(
    _ buffer: UnsafeMutableRawBufferPointer, _ get: (UnsafeMutableRawPointer?, Int) -> Int
  ) throws(SystemError) -> UnsafeRawBufferPointer {
    var size = get(buffer.baseAddress, usualSize)
    if size < 0 && errno == ERANGE { size = get(buffer.baseAddress, buffer.count) }
    guard size >= 0 else { throw SystemError("getxattr", "") }
    return UnsafeRawBufferPointer(rebasing: buffer[..<size])
  }
}
