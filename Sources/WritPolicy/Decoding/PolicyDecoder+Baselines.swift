internal import WritSyntax

extension PolicyDecoder {
  static let baselineKeys = ["hosts", "umask", "jupyter"]

  func readBaselines(_ parts: [Node.Entry]) {
    eachEntry(parts, "a host baseline", in: \.baselines) { name, node in
      let what = "host baseline `\(name.value)`"
      guard let entries = mappingOrBlank(node, what) else { return }
      var baseline = HostBaseline(name: name)
      for entry in entries {
        switch entry.key.value {
        case "hosts": baseline.hosts = hosts(entry.value)
        case "umask": baseline.umask = umask(entry.value)
        case "jupyter": baseline.jupyter = jupyter(entry)
        default: unknownKey(entry.key, known: Self.baselineKeys, in: what)
        }
      }
      let written = Set(entries.map(\.key.value))
      // A mistyped key is the one mistake, and so is an entry of nothing.
      if written.isSubset(of: ["hosts"]) {
        report(
          .missingKey, "\(what) says nothing of its hosts", at: name.span, label: "nothing to set",
          help: "write `umask` or `jupyter`")
      } else if !written.contains("hosts") {
        missingKey("hosts", of: what, at: name.span, help: "name the hosts or labels that it is for")
      }
      policy.baselines[name.value] = baseline
    }
  }

  /// Names of hosts or labels; at least one.
  func hosts(_ node: Node) -> [Located<HostName>] {
    if case .sequence(let items) = node.content, items.isEmpty {
      report(.invalidValue, "`hosts` is an empty list", at: node.span, help: "name a host or a label")
    }
    return names(node, "`hosts`", each: "a name of a host or a label")
  }

  private func umask(_ node: Node) -> Located<UInt16>? {
    guard let text = line(node, "`umask`") else { return nil }
    guard (3...4).contains(text.value.utf8.count), text.value.utf8.allSatisfy({ (0x30...0x37).contains($0) }),
      let bits = UInt16(text.value, radix: 8), bits <= 0o777
    else {
      invalid(text, "`umask`", "three octal digits such as \"027\"")
      return nil
    }
    if bits & 0o700 != 0 {
      invalid(text, "`umask`", "a mask that leaves owners what they make", help: "begin with 0")
      return nil
    }
    if bits & 0o002 == 0 {
      invalid(
        text, "`umask`", "a mask that keeps everybody else from writing", help: "end with 2, 3, 6 or 7: \"027\"")
      return nil
    }
    return Located(bits, text.span)
  }

  private func jupyter(_ part: Node.Entry) -> HostBaseline.Jupyter? {
    guard let entries = mapping(part.value, "`jupyter`") else { return nil }
    var bind: Located<HostBaseline.Jupyter.Bind>?
    var port: Located<Int>?
    for entry in entries {
      switch entry.key.value {
      case "bind": bind = word(entry.value, "`bind`")
      case "port": port = unprivilegedPort(entry.value)
      default: unknownKey(entry.key, known: ["bind", "port"], in: "`jupyter`")
      }
    }
    guard entries.contains(where: { $0.key.value == "bind" }) else {
      missingKey("bind", of: "`jupyter`", at: part.key.span, help: "write `bind: loopback`")
      return nil
    }
    return bind.map { HostBaseline.Jupyter(bind: $0, port: port) }
  }

  /// Below 1024 only root may listen (ip(7)).
  private func unprivilegedPort(_ node: Node) -> Located<Int>? {
    guard let number = number(node, "`port`") else { return nil }
    guard (1024...65535).contains(number.value) else {
      report(
        .invalidValue, "`port` cannot be \(number.value)", at: number.span, label: "expected 1024 to 65535")
      return nil
    }
    return number
  }
}
