internal import WritPolicy

/// Who is held back on a host, as the one nftables table that writ keeps there (nft(8)).
///
/// Sockets carry the uid of whoever made them, and the last rule rejects what those of the accounts here send to anywhere but
/// the host itself, its resolvers and the internal networks. There is no rule for established connections: with it they
/// would outlive the loss of the permission.
struct EgressRules: Hashable, Sendable {
  var denied: Set<UInt32>
  /// Reached by everybody.
  var networks: Set<NetworkRange>
  /// Asked by everybody for names, on port 53 and on nothing else; single addresses.
  var resolvers: Set<NetworkRange>

  static let family = "inet"
  static let table = "writ"
  static let set = "denied"
  static let chain = "out"

  enum Rule: Hashable, Sendable {
    case loopback
    case resolver(NetworkRange, transport: Transport)
    case network(NetworkRange)
    case reject

    enum Transport: String, CaseIterable, Sendable { case udp, tcp }

    var text: String {
      switch self {
      case .loopback: "oifname \"lo\" accept"
      case .resolver(let address, let transport): "\(Self.destination(address)) \(transport.rawValue) dport 53 accept"
      case .network(let network): "\(Self.destination(network)) accept"
      case .reject: "meta skuid @\(EgressRules.set) counter reject with icmpx type admin-prohibited"
      }
    }

    private static func destination(_ network: NetworkRange) -> String {
      "\(network.isVersion6 ? "ip6" : "ip") daddr \(network)"
    }
  }

  init(denied: Set<UInt32>, networks: Set<NetworkRange>, resolvers: Set<NetworkRange>) {
    self.denied = denied
    self.networks = networks
    self.resolvers = resolvers
  }

  /// Nil where these are not such rules: the order of those that accept does not matter, all else does.
  init?(denied: Set<UInt32>, _ rules: [Rule]) {
    guard rules.last == .reject, rules.count(where: { $0 == .reject }) == 1,
      rules.count(where: { $0 == .loopback }) == 1, Set(rules).count == rules.count
    else { return nil }
    self.init(denied: denied, networks: [], resolvers: [])
    for case .network(let network) in rules { networks.insert(network) }
    for case .resolver(let address, _) in rules { resolvers.insert(address) }
    guard Set(rules) == Set(self.rules) else { return nil }
  }

  private var rules: [Rule] {
    let resolvers = resolvers.sorted().flatMap { address in
      Rule.Transport.allCases.map { Rule.resolver(address, transport: $0) }
    }
    return [.loopback] + resolvers + networks.sorted().map(Rule.network) + [.reject]
  }

  // MARK: the file

  /// The body of the file. Its first two lines make loading it one replacement, whether or not the table is there.
  var lines: [String] {
    let name = "table \(Self.family) \(Self.table)"
    let elements = denied.sorted().map(String.init).joined(separator: ", ")
    return [name, "delete \(name)", "\(name) {", "  set \(Self.set) {", "    type uid"]
      + (denied.isEmpty ? [] : ["    elements = { \(elements) }"])
      + ["  }", "  chain \(Self.chain) {", "    type filter hook output priority 0; policy accept;"]
      + rules.map { "    \($0.text)" } + ["  }", "}"]
  }

  /// Reads what ``lines`` writes; nil for anything else.
  init?(lines: [String]) {
    self.init(denied: [], networks: [], resolvers: [])
    for line in lines {
      let words = line.split { " ,".contains($0) }
      if words.first == "elements" {
        denied.formUnion(words.compactMap { UInt32($0) })
      } else if words.first == "ip" || words.first == "ip6", words.count > 2,
        let network = NetworkRange(validating: String(words[2]))
      {
        if words.contains("dport") { resolvers.insert(network) } else { networks.insert(network) }
      }
    }
    guard self.lines == lines else { return nil }
  }
}
