internal import Glibc
public import WritPlan

/// Something on a host that gives somebody access and that writ neither made nor keeps.
public struct UnmanagedAccess: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case account, group, sudoers, keys, sshd, audit
  }

  public var kind: Kind
  /// An account, a group, or a path; made visible.
  public var name: String
  /// For people; made visible.
  public var detail: String
}

extension LinuxHost {
  /// Everything of these kinds that is there and that nobody manages, by kind and name.
  ///
  /// - Parameter owned: what writ owns here, of any kind.
  /// - Throws: ``HostError`` when this is not the host that is meant, or part of it cannot be read: a list that is short
  ///   without saying so would be worse than none.
  public func unmanaged(owned: Set<ObjectID>) throws -> [UnmanagedAccess] {
    try identify()
    let database = try AccountDatabase(root)
    let record = try IDRecord(root)
    let limits = try HostLimits.read(root)
    var found: [UnmanagedAccess] = []
    func add(_ kind: UnmanagedAccess.Kind, _ name: String, _ detail: String) {
      found.append(UnmanagedAccess(kind: kind, name: name.visible, detail: detail.visible))
    }
    for (uid, name) in database.accountNames where limits.ids.contains(uid) && uid != 65534 {
      guard !owned.contains(ObjectID(.account, name)), record.id(of: name, .account) != uid else { continue }
      add(.account, name, "uid \(uid), \(database.account(name)?.shell ?? "")")
    }
    for (gid, name) in database.groupNames where limits.ids.contains(gid) && gid != 65534 {
      guard !owned.contains(ObjectID(.group, name)), record.id(of: name, .group) != gid,
        record.id(of: name, .account) != gid
      else { continue }
      add(.group, name, "gid \(gid), \(database.listedMembers(name).count) members listed")
    }
    for name in database.accountNames.values {
      guard let home = database.account(name)?.home, home.hasPrefix("/") else { continue }
      for file in [".ssh/authorized_keys", ".ssh/authorized_keys2"] where root.status("\(home)/\(file)") != nil {
        add(.keys, "\(home)/\(file)", "keys of \(name)'s own")
      }
    }
    for name in try root.names(in: Self.keyFolder) where !owned.contains(ObjectID(.keys, name)) {
      add(.keys, "\(Self.keyFolder)/\(name)", "a key file that is not writ's")
    }
    for (path, kind) in [("/etc/ssh/sshd_config.d", UnmanagedAccess.Kind.sshd), (AuditRules.folder, .audit)] {
      for name in try root.names(in: path) where !["00-writ.conf", "60-writ.rules"].contains(name) {
        add(kind, "\(path)/\(name)", kind == .sshd ? "a drop-in of sshd" : "audit rules")
      }
    }
    let sudoers = ["/etc/sudoers"] + (try root.names(in: "/etc/sudoers.d").map { "/etc/sudoers.d/\($0)" })
    for path in sudoers where path != SudoersSet.path {
      for line in try sudoersRules(path) { add(.sudoers, path, line) }
    }
    return found.sorted { ($0.kind.rawValue, $0.name, $0.detail) < ($1.kind.rawValue, $1.name, $1.detail) }
  }

  /// Lines that are neither comments nor settings nor includes; one that goes on on the next line is one.
  private func sudoersRules(_ path: String) throws(HostError) -> [String] {
    guard let bytes = try root.contents(path) else { return [] }
    let text = String(decoding: bytes, as: UTF8.self).replacing("\\\n", with: " ")
    return text.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " || $0 == "\t" } }.filter {
      !$0.isEmpty && !$0.hasPrefix("#") && !$0.hasPrefix("@include") && !$0.hasPrefix("Defaults")
    }.map(String.init)
  }
}
