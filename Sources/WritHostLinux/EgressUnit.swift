internal import Glibc
internal import WritSystem

/// The systemd unit that loads the rules at boot, before the network is there, and again whenever `nftables.service`, whose
/// configuration usually begins with `flush ruleset`, did its work.
struct EgressUnit {
  static let name = "writ-egress.service"
  static let path = "\(folder)/\(name)"
  private static let folder = "/etc/systemd/system"
  private static let wants = "\(folder)/sysinit.target.wants"
  private static let link = "\(wants)/\(name)"
  private static let systemctl = "/usr/bin/systemctl"

  var root: HostRoot

  private static let lines = [
    "[Unit]", "Description=Hold accounts without egress back (writ)", "Documentation=man:nft(8)",
    "DefaultDependencies=no", "After=nftables.service", "PartOf=nftables.service",
    "ReloadPropagatedFrom=nftables.service", "Wants=network-pre.target",
    "Before=network-pre.target sysinit.target shutdown.target", "Conflicts=shutdown.target", "", "[Service]",
    "Type=oneshot", "RemainAfterExit=yes", "StandardInput=null", "ProtectSystem=full", "ProtectHome=true",
    "ExecStart=\(EgressKernel.nft) -f \(LinuxHost.egressPath)",
    "ExecReload=\(EgressKernel.nft) -f \(LinuxHost.egressPath)", "", "[Install]", "WantedBy=sysinit.target",
  ]

  private var file: ManagedFile { ManagedFile(root: root, path: Self.path, mode: 0o644) }

  /// Whether systemd is what starts and stops things here, so that it must be told.
  var isSystemdRunning: Bool { root.isMachine && access("/run/systemd/system", F_OK) == 0 }

  var isThere: Bool { root.status(Self.path) != nil || root.status(Self.link) != nil }

  /// Whether the unit stands there as writ writes it, and is enabled.
  var isInPlace: Bool { file.read() == .own(Self.lines) && target == Self.path }

  func install(header: [String]) throws(HostError) {
    if isInPlace { return }
    try root.makeFolder(Self.folder)
    try root.makeFolder(Self.wants)
    try file.write(Self.lines, header: header)
    if target != Self.path {
      guard unlink(root.path(Self.link)) == 0 || errno == ENOENT else {
        throw .system(SystemError("unlink", root.path(Self.link)))
      }
      // Absolute, as `systemctl enable` writes it.
      guard symlink(Self.path, root.path(Self.link)) == 0 else {
        throw .system(SystemError("symlink", root.path(Self.link)))
      }
      try syncLink()
    }
    try tell(["daemon-reload"], ["start", Self.name])
  }

  func remove() throws(HostError) {
    guard isThere else { return }
    guard unlink(root.path(Self.link)) == 0 || errno == ENOENT else {
      throw .system(SystemError("unlink", root.path(Self.link)))
    }
    if root.status(Self.wants) != nil { try syncLink() }
    try file.write(nil, header: [])
    try tell(["daemon-reload"])
  }

  /// What the link names; nil where there is none.
  private var target: String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(root.path(Self.link), &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  private func syncLink() throws(HostError) {
    try hostErrors { try FileContents.syncFolder(root.path(Self.wants)) }
  }

  private func tell(_ commands: [String]...) throws(HostError) {
    guard isSystemdRunning else { return }
    for words in commands {
      let result = try hostErrors { try Program(Self.systemctl, ["--quiet", "--no-ask-password"] + words).run() }
      guard result.succeeded else {
        throw .refused(tool: "systemctl \(words[0])", complaint: result.errorText.visible)
      }
    }
  }
}
