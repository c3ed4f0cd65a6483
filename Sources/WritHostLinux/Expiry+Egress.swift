internal import WritPolicy

extension Expiry {
  /// Holds accounts back whose egress is over: in the file, and on a machine in the kernel, each also where the other fails.
  /// Nobody is ever let go.
  func removeEgress(_ due: [ComingEnd], _ outcome: inout Outcome) {
    for end in due {
      guard case .removeEgress(let account) = end.action else { continue }
      let text = "remove egress \(account)"
      var isChanged = false
      for part in root.isMachine ? [denyInFile, denyInKernel] : [denyInFile] {
        do throws(HostError) {
          guard let uid = try IDRecord(root).id(of: account, .account), uid != 0 else {
            throw .refused(tool: "writ-agent", complaint: "no account of writ's has that name")
          }
          if try part(uid) { isChanged = true }
        } catch {
          outcome.failed.append("\(text): \("\(error)".visible)")
        }
      }
      if isChanged { outcome.done.append("\(text) (end \(end.instant.rfc3339))") }
    }
  }

  /// Whether the file had to be changed.
  private func denyInFile(_ uid: UInt32) throws(HostError) -> Bool {
    let path = LinuxHost.egressPath
    let file = ManagedFile(root: root, path: path, mode: 0o644)
    guard case .own(let lines) = file.read(), var rules = EgressRules(lines: lines),
      let bytes = try root.contents(path)
    else { throw .illFormed(path: path, line: nil, reason: "is not there as writ wrote it") }
    guard rules.denied.insert(uid).inserted else { return false }
    // Whence the rules come stays said.
    let header = String(decoding: bytes, as: UTF8.self).split(separator: "\n").prefix { $0.hasPrefix(ManagedFile.mark) }
      .map { String($0.dropFirst(ManagedFile.mark.count)) }
    try file.write(rules.lines, header: header)
    return true
  }

  /// Whether the kernel had to be told. Where it has no rules at all it gets those of the file.
  private func denyInKernel(_ uid: UInt32) throws(HostError) -> Bool {
    let kernel = EgressKernel()
    switch try kernel.loaded() {
    case .rules(let rules) where rules.denied.contains(uid): return false
    case .absent: try kernel.load(try root.contents(LinuxHost.egressPath) ?? [])
    case .rules, .other: try kernel.deny(uid)
    }
    guard case .rules(let rules) = try kernel.loaded(), rules.denied.contains(uid) else {
      throw .refused(tool: "nft", complaint: "the loaded rules are not writ's")
    }
    return true
  }
}
