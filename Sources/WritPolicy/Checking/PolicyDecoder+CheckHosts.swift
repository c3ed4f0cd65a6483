internal import WritSyntax

extension PolicyDecoder {
  /// Hosts and labels are different names, and a folder is one host's only.
  func checkHosts() {
    var folders: [String: SourceSpan] = [:]
    var reported: Set<HostName> = []
    for host in hostsInOrder {
      for label in host.labels {
        guard let other = declared.hosts[label.value], reported.insert(label.value).inserted else { continue }
        report(
          .duplicateName, "`\(label.value)` is a host, so it cannot be a label", at: label.span,
          label: "used as a label",
          related: [.init(other, "the host")], help: "choose another label")
      }
      guard case .root(let folder) = host.connection.value else { continue }
      if let first = folders[folder] {
        report(
          .sharedConnection, "two hosts are the folder `\(folder.clipped)`", at: host.connection.span,
          label: "also here",
          related: [.init(first, "already a host")], help: "give each host a folder of its own")
      } else {
        folders[folder] = host.connection.span
      }
    }
  }
}
