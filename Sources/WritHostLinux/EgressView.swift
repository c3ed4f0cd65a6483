internal import WritPlan
internal import WritPolicy

/// File, kernel and unit of egress side by side, in the terms of plans.
struct EgressView {
  /// What holds: in the kernel where there is one, else in the file.
  private var rules: EgressRules?
  /// What writ last let everybody reach: it stays so where other hands changed the rules, and less is not meant by that.
  private var networks: Set<NetworkRange> = []
  private var faults: [String] = []

  /// - Parameter loaded: nil for a folder laid out like a host.
  init(file: ManagedFile.Content, loaded: EgressKernel.Loaded?, isUnitInPlace: Bool) {
    var kept: EgressRules?
    switch file {
    case .own(let lines):
      kept = EgressRules(lines: lines)
      if kept == nil { faults.append("- \(LinuxHost.egressPath) is not as writ wrote it") }
    case .absent: faults.append("- \(LinuxHost.egressPath) is gone, so that nothing would be held back after a boot")
    case .foreign, .unknown: faults.append("- \(LinuxHost.egressPath) was written by other hands")
    }
    networks = Set(kept?.networks ?? [])
    switch loaded {
    case nil: rules = kept
    case .absent:
      rules = kept
      faults.append("- the rules are not loaded, so that nothing is held back")
    case .rules(let found):
      rules = found
      networks = Set(found.networks)
      if let kept, kept != found { faults.append("- the loaded rules are not those of \(LinuxHost.egressPath)") }
    case .other(let reason): faults.append("- the loaded rules are not writ's: \(reason)")
    }
    if !isUnitInPlace { faults.append("- \(EgressUnit.name) is not in place to load the rules at boot") }
  }

  mutating func compareResolvers(_ resolvers: Set<NetworkRange>) {
    guard let rules else { return }
    faults += rules.resolvers.subtracting(resolvers).sorted().map { "- \($0) is reached on port 53 and is no resolver" }
    faults += resolvers.subtracting(rules.resolvers).sorted().map { "+ the resolver \($0) is not reached" }
  }

  /// - Parameter wanted: accounts that shall be held back and are not are shown by what is missing in `denied`.
  /// - Parameter accounts: every uid that writ gave on this host.
  func state(_ wanted: ObjectState?, accounts: Set<UInt32>) -> ObjectState {
    let (allowed, denied) = (Self.uids(wanted, "allowed"), Self.uids(wanted, "denied"))
    let held = rules?.denied ?? []
    let unmentioned = accounts.subtracting(allowed).subtracting(denied)
    func texts(_ uids: Set<UInt32>) -> AttributeValue { .members(uids.map(String.init)) }
    return ObjectState([
      "allowed": texts(accounts.subtracting(held).subtracting(denied)), "denied": texts(held.subtracting(unmentioned)),
      "internal": .members(networks.map(\.description)), "faults": .lines(faults),
    ])
  }

  private static func uids(_ state: ObjectState?, _ attribute: String) -> Set<UInt32> {
    Set((state?.list(attribute) ?? []).compactMap { UInt32($0) })
  }
}
