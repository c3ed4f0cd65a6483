internal import CWritSys
internal import Glibc
internal import WritApply
internal import WritPlan
internal import WritPolicy

/// Asks the rules, and on a machine also the kernel by an attempt in each account's name, who gets out of the host.
struct EgressProof {
  var egress: HostPromise.Egress
  var principals: [String: PrincipalName]
  var accounts: [ProofAccount]
  var root: HostRoot

  /// Addresses of nobody: TEST-NET-1 of RFC 5737, and RFC 3849.
  private static let outside = ["192.0.2.1", "2001:db8::1"].compactMap { NetworkRange(validating: $0) }
  /// The discard service (RFC 863).
  private static let port: UInt16 = 9
  /// Seconds for the attempts of one account.
  private static let patience: UInt32 = 60

  /// What no answer here is about.
  private static let limits =
    "only sockets that the account makes itself are asked about: not one that another account made and handed on, not what "
    + "a proxy, a resolver, another service or a command run as somebody else sends for it, and no container or other network "
    + "namespace"

  private var name: String { egress.resources.map(\.text).joined(separator: ", ") }

  func add(to proof: inout TargetProof) {
    proof.unasked.append(.init(name, Self.limits))
    var letOut: [String: Bool] = [:]
    do throws(HostError) {
      let rules = try rules(&proof)
      for account in accounts {
        proof.asked += 1
        judge(account, isSo: rules?.denied.contains(account.uid) != true, &letOut)
      }
    } catch { proof.failed.append(.init("egress", "\(error)".visible)) }
    if root.isMachine { attempt(&letOut, &proof) }
    proof.disagreements += letOut.map { account, isLetOut in
      TargetProof.Disagreement(
        account: account, principal: principals[account], permission: "\(egress.resources[0]):connect",
        isGiven: !isLetOut, count: 0, names: [])
    }
  }

  /// Nil: nothing is held back.
  private func rules(_ proof: inout TargetProof) throws(HostError) -> EgressRules? {
    if root.isMachine {
      switch try EgressKernel().loaded() {
      case .absent: return nil
      case .rules(let rules): return rules
      case .other(let reason): throw .refused(tool: "nft", complaint: "the loaded rules are not writ's: \(reason)")
      }
    }
    proof.unasked.append(.init(name, "no attempt is made: the rules of a folder are in no kernel"))
    switch ManagedFile(root: root, path: LinuxHost.egressPath, mode: 0o644).read() {
    case .absent: return nil
    case .own(let lines):
      if let rules = EgressRules(lines: lines) { return rules }
    case .foreign, .unknown: break
    }
    throw .illFormed(path: LinuxHost.egressPath, line: nil, reason: "is not as writ wrote it")
  }

  private func attempt(_ letOut: inout [String: Bool], _ proof: inout TargetProof) {
    var reached = [Bool](repeating: false, count: Self.outside.count)
    for account in accounts {
      var answers = [UInt8](repeating: 0, count: Self.outside.count)
      let rc = writ_try_egress(
        account.uid, account.gid, account.groups, account.groups.count, Self.outside.map(Self.address), &answers,
        answers.count, Self.patience)
      guard rc == 0 else {
        proof.failed.append(.init("account \(account.name.visible)", String(cString: strerror(errno))))
        continue
      }
      for (index, answer) in answers.enumerated() where answer & UInt8(WRIT_NOT_ASKED) == 0 {
        reached[index] = true
        proof.asked += 1
        judge(account, isSo: answer & UInt8(WRIT_MAY_CONNECT) != 0, &letOut)
      }
    }
    for (address, isReached) in zip(Self.outside, reached) where !isReached {
      proof.unasked.append(
        .init(name, "no attempt over IPv\(address.isVersion6 ? 6 : 4): there is no way to \(address)"))
    }
  }

  /// Whether an account gets out although it should not, or the other way round; the first counts for more.
  private func judge(_ account: ProofAccount, isSo: Bool, _ letOut: inout [String: Bool]) {
    guard isSo != egress.allowed.contains(account.name) else { return }
    letOut[account.name] = isSo || letOut[account.name] == true
  }

  private static func address(_ network: NetworkRange) -> writ_address {
    var address = writ_address()
    withUnsafeMutableBytes(of: &address.address) { $0.copyBytes(from: network.address) }
    address.port = port
    address.is_version6 = network.isVersion6 ? 1 : 0
    return address
  }
}
