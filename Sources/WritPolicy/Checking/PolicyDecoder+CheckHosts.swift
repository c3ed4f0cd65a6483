internal import WritSyntax

extension PolicyDecoder {
  /// Hosts and labels are different names, and a folder or an address is one host's only.
  func checkHosts() {
    var places: [Host.Connection: SourceSpan] = [:]
    var reported: Set<HostName> = []
    for host in hostsInOrder {
      for label in host.labels {
        guard let other = declared.hosts[label.value], reported.insert(label.value).inserted else { continue }
        report(
          .duplicateName, "`\(label.value)` is a host, so it cannot be a label", at: label.span,
          label: "used as a label",
          related: [.init(other, "the host")], help: "choose another label")
      }
      let (what, help): (String, String)
      switch host.connection.value {
      case .local: continue
      case .root(let folder): (what, help) = ("the folder `\(folder.clipped)`", "give each host a folder of its own")
      case .ssh(let address):
        (what, help) = ("behind `\(address.text.clipped)`", "name each machine once; labels put it into several groups")
      }
      if let first = places[host.connection.value] {
        report(
          .sharedConnection, "two hosts are \(what)", at: host.connection.span, label: "also here",
          related: [.init(first, "already a host")], help: help)
      } else {
        places[host.connection.value] = host.connection.span
      }
    }
  }
}
