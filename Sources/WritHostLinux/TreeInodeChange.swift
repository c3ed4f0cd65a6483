internal import CWritSys
internal import Glibc
internal import WritSystem

/// Changing one inode that a descriptor pins.
enum TreeInodeChange {
  /// Brings the inode from what was observed to `wanted`, touching only what differs.
  ///
  /// With a new owner or group there is a step in between at which nobody has more than before and than afterwards:
  /// first narrow, then `chown`, then the final permissions. It also takes setuid and setgid away knowingly, which
  /// `chown` would do silently.
  static func carry(_ descriptor: Int32, from observed: TreeObservation, to wanted: TreeExpectation)
    throws(SystemError)
  {
    let moves = observed.status.uid != wanted.owner || observed.status.gid != wanted.group
    if observed.status.subject == .link {
      if moves { try chown(descriptor, wanted) }
      return
    }
    guard let access = observed.accessList else { throw SystemError("getxattr", "", code: EINVAL) }
    var present = TreePermissions(special: observed.status.bits, access: access)
    if moves {
      let kept = wanted.permissions.special | (observed.status.subject == .directory ? 0o1000 : 0)
      let between = TreePermissions(
        special: present.special & kept, access: access.narrowed(to: wanted.permissions.access))
      try set(descriptor, from: present, to: between)
      try chown(descriptor, wanted)
      present = between
    }
    if observed.status.subject == .directory { try setDefaults(descriptor, observed, wanted) }
    try set(descriptor, from: present, to: wanted.permissions)
  }

  private static func chown(_ descriptor: Int32, _ wanted: TreeExpectation) throws(SystemError) {
    guard writ_chown(descriptor, wanted.owner, wanted.group) == 0 else { throw SystemError("chown", "") }
  }

  /// An ACL is never removed: that would leave its mask as the owning group's rights. The minimal list written over it
  /// sets the mode bits in the same step and leaves no attribute.
  private static func set(_ descriptor: Int32, from present: TreePermissions, to wanted: TreePermissions)
    throws(SystemError)
  {
    if present == wanted { return }
    if present.access.isMinimal && wanted.access.isMinimal {
      try chmod(descriptor, wanted.bits)
      return
    }
    let kept = present.special & wanted.special
    var special = present.special
    if kept & 0o6000 != special & 0o6000 {
      special = kept | special & 0o1000
      try chmod(descriptor, special | present.access.mode)
    }
    if present.access != wanted.access {
      let bytes = wanted.access.encoded
      guard writ_acl_set(descriptor, bytes, bytes.count) == 0 else { throw SystemError("setxattr", "") }
    }
    if special != wanted.special { try chmod(descriptor, wanted.bits) }
  }

  private static func chmod(_ descriptor: Int32, _ bits: UInt16) throws(SystemError) {
    guard writ_chmod(descriptor, UInt32(bits)) == 0 else { throw SystemError("chmod", "") }
  }

  private static func setDefaults(_ descriptor: Int32, _ observed: TreeObservation, _ wanted: TreeExpectation)
    throws(SystemError)
  {
    if observed.defaultList == wanted.defaults && (wanted.defaults != nil || observed.defaults.isEmpty) { return }
    let bytes = wanted.encodedDefaults
    let done =
      bytes.isEmpty ? writ_default_acl_drop(descriptor) : writ_default_acl_set(descriptor, bytes, bytes.count)
    guard done == 0 else { throw SystemError("setxattr", "") }
  }
}
