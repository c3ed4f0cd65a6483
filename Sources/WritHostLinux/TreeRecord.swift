internal import CWritSys
internal import WritDigest

/// One inode as it was before writ changed it, and a digest of what it was to become: what an undo journal holds of it.
///
/// 48 bytes, and those of its ACLs in the kernel's layout. All numbers are little-endian.
struct TreeRecord: Sendable {
  /// In the order in which they are written.
  private struct Fixed {
    var checksum: UInt32 = 0
    var mode: UInt16
    var accessLength: UInt16
    var defaultsLength: UInt16
    var reserved: UInt16 = 0
    var uid: UInt32
    var gid: UInt32
    var afterwards: UInt32
    var device: UInt64
    var inode: UInt64
    var born: Int64
  }

  var key: TreeInodeKey
  /// Nanoseconds since 1970 at which the inode was made; 0 where the file system does not tell. An inode's number comes back
  /// with another file.
  var born: Int64
  /// With the type.
  var mode: UInt16
  var uid: UInt32
  var gid: UInt32
  var access: [UInt8]
  var defaults: [UInt8]
  /// ``digest(of:)`` of the state that it was given.
  var afterwards: UInt32

  static let size = MemoryLayout<Fixed>.size

  // MARK: Digests

  /// Of owner, group, mode and ACLs of one inode.
  static func digest(of observed: TreeObservation) -> UInt32 {
    digest(
      observed.status, mode: UInt16(truncatingIfNeeded: observed.status.mode), uid: observed.status.uid,
      gid: observed.status.gid, observed.access, observed.defaults)
  }

  /// Of the same inode once it is as `wanted`.
  static func digest(of observed: TreeObservation, as wanted: TreeExpectation) -> UInt32 {
    let type = UInt16(truncatingIfNeeded: observed.status.mode) & 0o170000
    // A link's mode is always the same, and it has no list.
    let isLink = observed.status.subject == .link
    let mode = isLink ? UInt16(truncatingIfNeeded: observed.status.mode) : type | wanted.bits
    return (isLink ? [] : wanted.encodedAccess).withUnsafeBytes { access in
      (observed.status.subject == .directory ? wanted.encodedDefaults : []).withUnsafeBytes { defaults in
        digest(observed.status, mode: mode, uid: wanted.owner, gid: wanted.group, access, defaults)
      }
    }
  }

  private static func digest(
    _ status: writ_inode, mode: UInt16, uid: UInt32, gid: UInt32, _ access: UnsafeRawBufferPointer,
    _ defaults: UnsafeRawBufferPointer
  ) -> UInt32 {
    let words = (
      status.key.device, status.key.inode, UInt64(bitPattern: status.born), UInt64(uid) << 32 | UInt64(gid),
      UInt64(mode), access.isEmpty ? 0 : Checksum(of: access).value, defaults.isEmpty ? 0 : Checksum(of: defaults).value
    )
    return withUnsafeBytes(of: words) { UInt32(truncatingIfNeeded: Checksum(of: $0).value) }
  }

  // MARK: Bytes

  /// Adds the record of an inode as it is.
  static func append(_ observed: TreeObservation, afterwards: UInt32, to bytes: inout [UInt8]) {
    var fixed = Fixed(
      mode: UInt16(truncatingIfNeeded: observed.status.mode).littleEndian,
      accessLength: UInt16(truncatingIfNeeded: observed.access.count).littleEndian,
      defaultsLength: UInt16(truncatingIfNeeded: observed.defaults.count).littleEndian,
      uid: observed.status.uid.littleEndian, gid: observed.status.gid.littleEndian,
      afterwards: afterwards.littleEndian, device: observed.status.key.device.littleEndian,
      inode: observed.status.ino.littleEndian, born: observed.status.born.littleEndian)
    let start = bytes.count
    withUnsafeBytes(of: &fixed) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: observed.access)
    bytes.append(contentsOf: observed.defaults)
    let checksum = bytes.withUnsafeBytes { Self.checksum(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(start..<(start + 4), with: $0) }
  }

  /// Over everything behind itself.
  private static func checksum(_ record: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: Checksum(of: UnsafeRawBufferPointer(rebasing: record[4...])).value)
  }

  /// The record at the beginning of `bytes`, and how long it is; nil where none is whole there.
  static func first(of bytes: UnsafeRawBufferPointer) -> (TreeRecord, length: Int)? {
    guard bytes.count >= size else { return nil }
    let fixed = bytes.loadUnaligned(as: Fixed.self)
    let access = Int(UInt16(littleEndian: fixed.accessLength))
    let defaults = Int(UInt16(littleEndian: fixed.defaultsLength))
    let length = size + access + defaults
    guard length <= bytes.count,
      checksum(UnsafeRawBufferPointer(rebasing: bytes[..<length])) == UInt32(littleEndian: fixed.checksum)
    else { return nil }
    let record = TreeRecord(
      key: TreeInodeKey(device: UInt64(littleEndian: fixed.device), inode: UInt64(littleEndian: fixed.inode)),
      born: Int64(littleEndian: fixed.born), mode: UInt16(littleEndian: fixed.mode),
      uid: UInt32(littleEndian: fixed.uid), gid: UInt32(littleEndian: fixed.gid),
      access: Array(bytes[size..<(size + access)]), defaults: Array(bytes[(size + access)..<length]),
      afterwards: UInt32(littleEndian: fixed.afterwards))
    return (record, length)
  }

  // MARK: Going back

  /// The state to go back to. Setuid and setgid of a file are never given again, nor is a device to anybody but root.
  ///
  /// nil where the lists cannot be understood.
  var expectation: TreeExpectation? {
    let subject = TreeSubject(mode: UInt32(mode))
    let bits = mode & 0o7777
    let list: TreeACL? = access.isEmpty ? TreeACL(mode: bits & 0o777) : access.withUnsafeBytes { TreeACL($0) }
    guard let list else { return nil }
    var inherited: TreeACL?
    if !defaults.isEmpty {
      guard let found = defaults.withUnsafeBytes({ TreeACL($0) }) else { return nil }
      inherited = found
    }
    switch subject {
    case .directory:
      return TreeExpectation(owner: uid, group: gid, special: bits & 0o7000, access: list, defaults: inherited)
    case .device: return TreeExpectation(owner: 0, group: 0, special: 0, access: TreeACL(mode: 0o600))
    case .file, .link, .other:
      return TreeExpectation(owner: uid, group: gid, special: bits & 0o1000, access: list)
    }
  }
}
