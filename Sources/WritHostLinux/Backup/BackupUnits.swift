/// The units that have one backup taken: a timer that looks whether it is due, and what it starts.
struct BackupUnits {
  let root: HostRoot
  /// The resource.
  let name: String

  private var service: SystemdUnit {
    SystemdUnit(
      root: root, name: "writ-backup-\(name).service",
      lines: [
        "[Unit]", "Description=Take a snapshot of \(name) if one is due (writ)", "", "[Service]", "Type=oneshot",
        "StandardInput=null", "NoNewPrivileges=true", "PrivateNetwork=true", "ProtectSystem=full", "Nice=10",
        "IOSchedulingClass=idle", "UMask=0077", "ExecStart=\(ExpiryTimer.agent) backup --if-due \(name)",
      ])
  }

  private var timer: SystemdUnit {
    SystemdUnit(
      root: root, name: "writ-backup-\(name).timer",
      lines: [
        "[Unit]", "Description=Look whether a snapshot of \(name) is due (writ)", "", "[Timer]",
        "OnCalendar=*:00/15", "AccuracySec=1min", "Persistent=true", "", "[Install]", "WantedBy=timers.target",
      ], wantedBy: "timers.target")
  }

  private var units: [SystemdUnit] { [service, timer] }

  /// Why no timer can take it here; nil: one does, or can.
  var obstacle: String? { ExpiryTimer(root: root).obstacle }
  var isThere: Bool { units.contains(where: \.isThere) }

  /// What stands otherwise than writ writes it; none where no timer can be.
  var faults: [String] { obstacle == nil ? units.filter { !$0.isInPlace }.map { "+ without \($0.name)" } : [] }

  /// Why systemd does not start it; nil: it does, or does not run here.
  var idleness: String? {
    guard obstacle == nil, SystemdUnit.isRunning(root) else { return nil }
    return SystemdUnit.isActive(timer.name) ? nil : "\(timer.name) does not run"
  }

  /// Puts the units in place, where they can do their work.
  func install(header: [String]) throws(HostError) {
    guard obstacle == nil else { return }
    if !faults.isEmpty {
      for unit in units { try unit.install(header: header) }
      try SystemdUnit.tell(root, ["daemon-reload"], ["start", timer.name])
    } else if idleness != nil {
      try SystemdUnit.tell(root, ["start", timer.name])
    }
    guard faults.isEmpty else {
      throw .illFormed(path: SystemdUnit.folder, line: nil, reason: "the units read back otherwise than written")
    }
  }

  func remove() throws(HostError) {
    guard isThere else { return }
    if root.status(timer.path) != nil { try SystemdUnit.tell(root, ["stop", timer.name]) }
    for unit in units.reversed() { try unit.remove() }
    try SystemdUnit.tell(root, ["daemon-reload"])
  }
}
