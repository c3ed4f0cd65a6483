internal import Glibc
internal import WritApply
internal import WritDigest
internal import WritPlan
internal import WritPolicy
internal import WritSystem

/// Who is held back on this host: a file of rules, on a machine also the rules in the kernel, and the unit that loads them at boot.
extension LinuxHost {
  static let egressPath = "/etc/writ/egress.nft"
  private static let resolvConf = "/etc/resolv.conf"
  /// As many as the resolver of glibc asks (`MAXNS` of resolv.h).
  private static let resolverLimit = 3

  var egressFile: ManagedFile { ManagedFile(root: root, path: Self.egressPath, mode: 0o644) }

  /// What the host shows.
  ///
  /// Beside the accounts that policy speaks of, every other account that writ ever made here stays held back, retired ones
  /// among them, and is not mentioned: whoever left has processes that may still run.
  func egress(_ id: ObjectID, _ scope: Scope) -> Observed {
    do throws(HostError) {
      let loaded = root.isMachine ? try EgressKernel().loaded() : nil
      let unit = EgressUnit(root: root)
      let file = egressFile.read()
      if case .unknown(let reason) = file { return .unknown(reason: reason) }
      if file == .absent, loaded ?? .absent == .absent, !unit.isThere { return .absent }
      var isForeign = file == .absent && loaded ?? .absent != .absent
      if case .foreign = file { isForeign = true }
      if isForeign, !scope.owns(id) {
        return .foreign(ObjectState(["faults": .lines(["+ rules that writ did not make"])]))
      }
      var view = EgressView(file: file, loaded: loaded, isUnitInPlace: unit.isInPlace)
      view.compareResolvers(try resolvers())
      return .present(view.state(scope.desired.objects[id]?.state, accounts: try IDRecord(root).accountIDs))
    } catch { return .unknown(reason: "\(error)".visible) }
  }

  /// What someone should know of rules that are wanted.
  func egressNotice(_ id: ObjectID) -> LiveState.Notice? {
    if !root.isMachine {
      return .init(id, "\(EgressUnit.name) loads \(Self.egressPath) where this is started; not here")
    }
    if SystemdUnit.isRunning(root) { return nil }
    return .init(id, "systemd does not run here: after a boot nothing is held back until \(Self.egressPath) is loaded")
  }

  /// Puts file, kernel and unit to what the change says, in this order; takes them away in the other, so that whatever fails
  /// half-way holds back.
  func applyEgress(_ change: Change) throws(HostError) -> ChangeResult.Status {
    let unit = EgressUnit(root: root)
    guard let after = change.after else {
      try unit.remove()
      try egressFile.write(nil, header: header(of: egressFile))
      if root.isMachine {
        let kernel = EgressKernel()
        if try kernel.loaded() != .absent { try kernel.remove() }
        guard try kernel.loaded() == .absent else { return .failed("the rules are there afterwards") }
      }
      return .ok(readBack: Digest(of: "absent"))
    }
    var (rules, strangers) = try rules(of: after)
    rules.denied.subtract(strangers)
    try put(rules)
    try unit.install(header: header(of: egressFile))
    guard unit.isInPlace else { return .failed("\(unit.path) reads back otherwise than written") }
    guard strangers.isEmpty else {
      let uids = strangers.sorted().map(String.init).joined(separator: ", ")
      return .failed("not held back, since no account of writ's has it: uid \(uids)")
    }
    return .ok(readBack: Self.digest(of: after, as: after))
  }

  private func put(_ rules: EgressRules) throws(HostError) {
    let header = header(of: egressFile)
    guard let bytes = try egressFile.bytes(header: header, lines: rules.lines, old: nil) else { return }
    let old = try root.contents(Self.egressPath)
    let kernel = EgressKernel()
    var isLoaded = false
    func load() throws(HostError) {
      isLoaded = true
      try kernel.load(bytes)
      guard try kernel.loaded() != .rules(rules) else { return }
      if let old { try? kernel.load(old) }
      throw .refused(tool: "nft", complaint: "the rules read back otherwise than loaded")
    }
    try root.makeFolder("/etc/writ")
    try egressFile.write(rules.lines, header: header) { bytes throws(HostError) in
      if let bytes { try kernel.check(bytes, apart: !root.isMachine) }
    } confirm: { () throws(HostError) in
      if root.isMachine { try load() }
    }
    // The file was right, and somebody changed what the kernel has.
    if root.isMachine, !isLoaded, try kernel.loaded() != .rules(rules) { try load() }
  }

  /// The rules that a state stands for, and the uids in it that are not for writ to hold back.
  private func rules(of state: ObjectState) throws(HostError) -> (rules: EgressRules, strangers: Set<UInt32>) {
    let own = Set(try IDRecord(root).accountIDs)
    let (limits, database) = (try HostLimits.read(root), try AccountDatabase(root))
    let wanted = try Self.uids(state, "denied")
    let strangers = wanted.subtracting(own).filter { !limits.ids.contains($0) || !database.accounts(uid: $0).isEmpty }
    let networks = state.list("internal").map { NetworkRange(validating: $0) }
    guard networks.allSatisfy({ $0 != nil }) else {
      throw .illFormed(path: Self.egressPath, line: nil, reason: "one of the internal networks is none")
    }
    let denied = own.union(wanted).subtracting(try Self.uids(state, "allowed"))
    guard !denied.contains(0) else {
      throw .illFormed(path: Self.egressPath, line: nil, reason: "root is never held back")
    }
    return (
      EgressRules(denied: denied, networks: Set(networks.compactMap(\.self)), resolvers: try resolvers()), strangers
    )
  }

  private static func uids(_ state: ObjectState, _ attribute: String) throws(HostError) -> Set<UInt32> {
    let texts = state.list(attribute)
    let uids = texts.compactMap { UInt32($0) }
    guard uids.count == texts.count else {
      throw .illFormed(path: egressPath, line: nil, reason: "`\(attribute)` names something that is no uid")
    }
    return Set(uids)
  }

  /// The resolvers that this host asks, from `resolv.conf`; those on the host itself need no rule.
  ///
  /// On a machine that file may be a link, as systemd-resolved makes it; in a folder a link leads who knows where.
  private func resolvers() throws(HostError) -> Set<NetworkRange> {
    guard let status = root.status(Self.resolvConf) else { return [] }
    var path = Self.resolvConf
    if status.st_mode & S_IFMT == S_IFLNK {
      guard root.isMachine, let real = realpath(path, nil) else { return [] }
      defer { free(real) }
      path = String(cString: real)
    }
    let text = String(decoding: try root.contents(path) ?? [], as: UTF8.self)
    let named = text.split(separator: "\n").map { $0.split { $0 == " " || $0 == "\t" } }
      .filter { $0.first == "nameserver" && $0.count > 1 }.prefix(Self.resolverLimit)
    let addresses = named.compactMap { NetworkRange(validating: String($0[1])) }
    return Set(addresses.filter { $0.prefix == $0.address.count * 8 && !$0.isLoopback })
  }
}

extension NetworkRange {
  fileprivate var isLoopback: Bool {
    ["127.0.0.0/8", "::1"].contains { NetworkRange(validating: $0)?.contains(self) == true }
  }
}
