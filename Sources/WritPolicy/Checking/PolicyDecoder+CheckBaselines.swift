internal import WritSyntax

/// Baselines of one host add up, and none may undo another.
extension PolicyDecoder {
  func checkBaselines() {
    check("umask", \.umask) { "\"\($0.octalMask)\"" }
    check("port", \.jupyter?.port) { "\($0)" }
  }

  /// The first baseline of a host that says something about `key` counts; each that says another thing is one finding.
  private func check<Value: Equatable>(
    _ key: String, _ path: KeyPath<HostBaseline, Located<Value>?>, _ text: (Value) -> String
  ) {
    var first: [HostName: (name: BaselineName, value: Located<Value>)] = [:]
    for baseline in baselinesInOrder {
      guard let value = baseline[keyPath: path] else { continue }
      let hosts = policy.hosts(matching: baseline.hosts)
      if let host = hosts.first(where: { first[$0].map { $0.value.value != value.value } ?? false }),
        let other = first[host]
      {
        report(
          .baselineConflict,
          "host baselines `\(other.name)` and `\(baseline.name.value)` disagree about `\(key)` of `\(host)`",
          at: value.span, label: "\(text(value.value)) here",
          related: [.init(other.value.span, "\(text(other.value.value)) in `\(other.name)`")],
          help: "write it in one of them, or give them different hosts")
      }
      for host in hosts where first[host] == nil { first[host] = (baseline.name.value, value) }
    }
  }
}
