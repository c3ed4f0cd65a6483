internal import WritDigest
internal import WritPolicy

/// Rules as `nft -j list table` shows them (libnftables-json(5)).
extension EgressRules {
  /// What the kernel has is not what writ makes of any accounts and networks.
  struct Otherwise: Error, Hashable {
    var reason: String
  }

  /// - Parameter listing: of the table alone. Counters and handles do not matter; everything else is compared, also a flag that
  ///   puts the table to sleep.
  init(listing: JSONValue) throws(Otherwise) {
    guard let objects = listing["nftables"]?.array else { throw Otherwise(reason: "no listing of nft") }
    var denied: Set<UInt32>?
    var rules: [Rule] = []
    var (tables, chains) = (0, 0)
    for object in objects {
      guard let (kind, value) = object.object?.first, object.object?.count == 1, var members = value.object else {
        throw Otherwise(reason: "no listing of nft")
      }
      members["handle"] = nil
      switch kind {
      case "metainfo": continue
      case "table" where members == Self.described(["name": .string(Self.table)], of: nil): tables += 1
      case "chain" where members == Self.described(Self.baseChain, of: Self.table): chains += 1
      case "set" where denied == nil: denied = try Self.elements(&members)
      case "rule": rules.append(try Self.rule(members, number: rules.count + 1))
      default: throw Otherwise(reason: "the \(kind.visible) is not as writ makes it")
      }
    }
    guard tables == 1, chains == 1, let denied, let whole = EgressRules(denied: denied, rules) else {
      throw Otherwise(reason: "rules are missing, doubled or out of order")
    }
    self = whole
  }

  private static let baseChain: [String: JSONValue] = [
    "name": .string(chain), "type": "filter", "hook": "output", "prio": 0, "policy": "accept",
  ]

  private static func described(_ members: [String: JSONValue], of table: String?) -> [String: JSONValue] {
    var members = members
    members["family"] = .string(family)
    if let table { members["table"] = .string(table) }
    return members
  }

  private static func elements(_ members: inout [String: JSONValue]) throws(Otherwise) -> Set<UInt32> {
    let listed = members.removeValue(forKey: "elem")?.array ?? []
    let uids = listed.compactMap { $0.integer.flatMap { UInt32(exactly: $0) } }
    guard members == described(["name": .string(set), "type": "uid"], of: table), uids.count == listed.count else {
      throw Otherwise(reason: "the set is not one of uids alone")
    }
    return Set(uids)
  }

  private static func rule(_ members: [String: JSONValue], number: Int) throws(Otherwise) -> Rule {
    var members = members
    let expressions = members.removeValue(forKey: "expr")?.array ?? []
    guard members == described(["chain": .string(chain)], of: table), let rule = rule(expressions) else {
      throw Otherwise(reason: "rule \(number) is none of writ's")
    }
    return rule
  }

  private static func rule(_ expressions: [JSONValue]) -> Rule? {
    let bare = expressions.map { $0["counter"] == nil ? $0 : ["counter": .null] }
    let accept: JSONValue = ["accept": .null]
    if bare == [match(["meta": ["key": "oifname"]], "lo"), accept] { return .loopback }
    let reject: JSONValue = ["reject": ["type": "icmpx", "expr": "admin-prohibited"]]
    if bare == [match(["meta": ["key": "skuid"]], .string("@\(set)")), ["counter": .null], reject] { return .reject }
    guard let network = bare.first.flatMap(destination), bare.last == accept else { return nil }
    if bare.count == 2 { return .network(network) }
    return Rule.Transport.allCases.first {
      bare.count == 3 && bare[1] == match(["payload": ["protocol": .string($0.rawValue), "field": "dport"]], 53)
    }.map { .resolver(network, transport: $0) }
  }

  private static func match(_ left: JSONValue, _ right: JSONValue) -> JSONValue {
    ["match": ["op": "==", "left": left, "right": right]]
  }

  private static func destination(_ expression: JSONValue) -> NetworkRange? {
    guard let right = expression["match"]?["right"] else { return nil }
    let text =
      right.string
      ?? right["prefix"].flatMap { prefix in
        prefix["addr"]?.string.flatMap { address in prefix["len"]?.integer.map { "\(address)/\($0)" } }
      }
    guard let network = text.flatMap({ NetworkRange(validating: $0) }) else { return nil }
    let payload: JSONValue = ["payload": ["protocol": network.isVersion6 ? "ip6" : "ip", "field": "daddr"]]
    return expression == match(payload, right) ? network : nil
  }
}
