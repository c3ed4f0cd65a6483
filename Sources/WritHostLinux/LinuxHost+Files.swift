internal import Glibc
internal import WritPlan

/// Objects that are lines of a file: where each stands, and which of the host's own programs judge it.
extension LinuxHost {
  static let keyFolder = "/etc/ssh/authorized_keys.d"
  static let endsPath = "/etc/writ/ends"

  /// The file that holds an object of lines; nil for a name that no file can have.
  func file(_ id: ObjectID) -> ManagedFile? {
    switch (id.kind, id.name) {
    case (.keys, let name) where AccountEditor.isAccountName(name):
      // sshd reads the file as the account, and wants nobody else to be able to write it.
      ManagedFile(root: root, path: "\(Self.keyFolder)/\(name)", mode: 0o644)
    case (.sudoers, "writ"): ManagedFile(root: root, path: SudoersSet.path, mode: 0o440)
    case (.sshd, "writ"): ManagedFile(root: root, path: SshdConfiguration.path, mode: 0o644)
    case (.ends, "writ"): ManagedFile(root: root, path: Self.endsPath, mode: 0o600)
    case (.umask, let name) where SessionUmask.files.contains(name):
      // Services that include a file which is not there open no session at all.
      ManagedFile(
        root: root, path: SessionUmask.path(name), mode: 0o644, placement: .end(madeWhenMissing: false))
    case (.audit, "writ"): ManagedFile(root: root, path: AuditRules.path, mode: 0o640)
    case (.jupyter, let name):
      JupyterSettings.path(name).map {
        ManagedFile(root: root, path: $0, mode: 0o644, placement: .end(madeWhenMissing: true))
      }
    default: nil
    }
  }

  /// What stands above the lines.
  func header(of file: ManagedFile) -> [String] {
    let policy = "policy \(policyCommit.visible)"
    return switch file.placement {
    case .whole: [policy, "wrote this file for host \(hostName); edits by hand are found and undone"]
    case .end: ["\(policy) wrote the lines below for host \(hostName); edits of them by hand are found and undone"]
    }
  }

  /// Looks at the whole new content of a file before it is written.
  ///
  /// - Parameter bytes: nil when the file goes.
  /// - Throws: ``HostError`` when a program that reads the file would not take it.
  func check(_ bytes: [UInt8]?, of kind: ObjectKind) throws(HostError) {
    switch kind {
    case .sudoers: try SudoersSet(root: root).check(with: bytes)
    case .umask: try SessionUmask(root: root).check()
    case .audit: try AuditRules(root: root).check(bytes)
    default: break
    }
  }

  /// Has programs that run take in the file that is in place.
  ///
  /// - Throws: ``HostError`` when one of them does not; then the predecessor is put back.
  func confirm(_ kind: ObjectKind) throws(HostError) {
    switch kind {
    case .audit: try AuditRules(root: root).load()
    default: break
    }
  }
}
