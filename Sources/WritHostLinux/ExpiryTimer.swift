internal import Glibc

/// What runs `writ-agent expire` every minute, so that memberships and ACL entries end while nothing runs `apply`.
struct ExpiryTimer {
  static let agent = "/usr/local/sbin/writ-agent"

  var root: HostRoot

  private static let service = "writ-expire.service"
  private static let timer = "writ-expire.timer"

  private var units: [SystemdUnit] {
    [
      SystemdUnit(
        root: root, name: Self.service,
        lines: [
          "[Unit]", "Description=Take away access that has come to its end (writ)", "", "[Service]", "Type=oneshot",
          "StandardInput=null", "ExecStart=\(Self.agent) expire",
        ]),
      SystemdUnit(
        root: root, name: Self.timer,
        lines: [
          "[Unit]", "Description=Every minute: take away access that has come to its end (writ)", "", "[Timer]",
          "OnCalendar=minutely", "AccuracySec=1s", "Persistent=true", "", "[Install]", "WantedBy=timers.target",
        ], wantedBy: "timers.target"),
    ]
  }

  /// Why no timer of writ's takes ends away here; nil: one does, or can.
  var obstacle: String? {
    guard root.status(SystemdUnit.folder)?.isFolder == true else { return "there is no systemd" }
    guard let status = root.status(Self.agent) else { return "\(Self.agent) is not installed" }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == 0, status.permissions & 0o022 == 0,
      status.permissions & 0o111 != 0
    else { return "\(Self.agent) is no program that only root can change" }
    return nil
  }

  var isThere: Bool { units.contains(where: \.isThere) }

  /// What stands otherwise than writ writes it, as lines of the ends; none where no timer can be.
  var faults: [String] {
    obstacle == nil ? units.filter { !$0.isInPlace }.map { "# found without \($0.name)" } : []
  }

  /// Puts the units in place, where they can do their work.
  func install(header: [String]) throws(HostError) {
    guard obstacle == nil, !faults.isEmpty else { return }
    for unit in units { try unit.install(header: header) }
    try SystemdUnit.tell(root, ["daemon-reload"], ["start", Self.timer])
    guard faults.isEmpty else {
      throw .illFormed(path: SystemdUnit.folder, line: nil, reason: "the units read back otherwise than written")
    }
  }

  func remove() throws(HostError) {
    guard isThere else { return }
    if root.status("\(SystemdUnit.folder)/\(Self.timer)") != nil {
      try SystemdUnit.tell(root, ["stop", Self.timer])
    }
    for unit in units.reversed() { try unit.remove() }
    try SystemdUnit.tell(root, ["daemon-reload"])
  }
}
