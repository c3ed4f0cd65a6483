/// The systemd unit that loads the rules at boot, before the network is there, and again whenever `nftables.service`, whose
/// configuration usually begins with `flush ruleset`, did its work.
struct EgressUnit {
  static let name = "writ-egress.service"

  private let root: HostRoot
  private let unit: SystemdUnit

  init(root: HostRoot) {
    self.root = root
    unit = SystemdUnit(root: root, name: Self.name, lines: Self.lines, wantedBy: "sysinit.target")
  }

  private static let lines = [
    "[Unit]", "Description=Hold accounts without egress back (writ)", "Documentation=man:nft(8)",
    "DefaultDependencies=no", "After=nftables.service", "PartOf=nftables.service",
    "ReloadPropagatedFrom=nftables.service", "Wants=network-pre.target",
    "Before=network-pre.target sysinit.target shutdown.target", "Conflicts=shutdown.target", "", "[Service]",
    "Type=oneshot", "RemainAfterExit=yes", "StandardInput=null", "ProtectSystem=full", "ProtectHome=true",
    "ExecStart=\(EgressKernel.nft) -f \(LinuxHost.egressPath)",
    "ExecReload=\(EgressKernel.nft) -f \(LinuxHost.egressPath)", "", "[Install]", "WantedBy=sysinit.target",
  ]

  var path: String { unit.path }
  var isThere: Bool { unit.isThere }
  /// Whether the unit stands there as writ writes it, and is enabled.
  var isInPlace: Bool { unit.isInPlace }

  func install(header: [String]) throws(HostError) {
    if isInPlace { return }
    try unit.install(header: header)
    try SystemdUnit.tell(root, ["daemon-reload"], ["start", Self.name])
  }

  func remove() throws(HostError) {
    guard isThere else { return }
    try unit.remove()
    try SystemdUnit.tell(root, ["daemon-reload"])
  }
}
