internal import WritSyntax

extension PolicyDecoder {
  func readHosts(_ parts: [Node.Entry]) {
    eachEntry(parts, "a host", in: \.hosts) { name, node in
      let what = "host `\(name.value)`"
      guard let entries = mappingOrBlank(node, what) else { return }
      var connection: Located<Host.Connection>?
      var isConnected = false
      var host = Host(name: name, connection: Located(.local, name.span))
      for entry in entries {
        switch entry.key.value {
        case "connect":
          isConnected = true
          connection = readConnection(entry.value)
        case "labels":
          host.labels = names(entry.value, "`labels`", each: "a label")
          for label in host.labels where declared.labels[label.value] == nil {
            declared.labels[label.value] = label.span
          }
        case "host-keys": host.hostKeys = sshKeys(entry.value, "`host-keys`")
        case "previously": host.previously = names(entry.value, "`previously`", each: "a name of a host")
        default: unknownKey(entry.key, known: ["connect", "labels", "host-keys", "previously"], in: what)
        }
      }
      if !isConnected {
        missingKey(
          "connect", of: what, at: name.span,
          help: "write `connect: local`, `connect: \"ssh://USER@HOST\"` or `connect: \"root:DIR\"`")
      }
      guard let connection else { return }
      if case .ssh = connection.value, !entries.contains(where: { $0.key.value == "host-keys" }) {
        missingKey(
          "host-keys", of: what, at: name.span,
          help: "without them nobody knows which machine answers; `ssh-keyscan HOST` shows what to compare")
      }
      host.connection = connection
      policy.hosts[name.value] = host
    }
  }

  private func readConnection(_ node: Node) -> Located<Host.Connection>? {
    guard let text = line(node, "`connect`") else { return nil }
    if text.value == "local" { return Located(.local, text.span) }
    if text.value.hasPrefix("root:") {
      let folder = String(text.value.dropFirst("root:".count))
      if folder.isEmpty {
        invalid(text, "`connect`", "a folder after `root:`")
        return nil
      }
      return Located(.root(folder), text.span)
    }
    if let address = SSHAddress(validating: text.value) { return Located(.ssh(address), text.span) }
    invalid(text, "`connect`", "`local`, `ssh://USER@HOST`, `ssh://USER@HOST:PORT` or `root:DIR`")
    return nil
  }

  /// A list of public keys; what is none is reported and left out.
  func sshKeys(_ node: Node, _ what: String) -> [Located<String>] {
    (list(node, what) ?? []).compactMap { sshKey($0, "an entry of \(what)") }
  }

  func sshKey(_ node: Node, _ what: String) -> Located<String>? {
    guard let text = line(node, what) else { return nil }
    do throws(PublicKeyText.Problem) {
      return Located(try PublicKeyText(text.value).text, text.span)
    } catch {
      report(
        .invalidSSHKey, error.message, at: text.span, label: error.label,
        help: error == .privateKey
          ? "take it out of the repository, and make a new key" : "copy the line of a `.pub` file")
      return nil
    }
  }
}
