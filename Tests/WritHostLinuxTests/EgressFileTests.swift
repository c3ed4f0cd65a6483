import Glibc
import Testing
import WritApply
import WritDigest
import WritPlan
import WritPolicy
import WritSystem
import WritTestSupport

@testable import WritHostLinux

/// The rules as text, as a listing, and as the file of a folder that is laid out like a host.
@Suite struct EgressFileTests {
  private static let hasNft = access(EgressKernel.nft, X_OK) == 0
  private static let id = ObjectID(.egress, "writ")

  private static func random(_ random: inout SeededGenerator) throws -> EgressRules {
    var rules = EgressRules(denied: [], networks: [], resolvers: [])
    for _ in 0..<Int.random(in: 0...4, using: &random) {
      rules.denied.insert(UInt32.random(in: 1...70_000, using: &random))
    }
    for text in ["10.0.0.0/8", "192.168.7.0/24", "fd00::/8", "198.51.100.7", "2001:db8:1::/48"]
    where Bool.random(using: &random) {
      rules.networks.insert(try #require(NetworkRange(validating: text)))
    }
    for text in ["203.0.113.1", "2001:db8::53"] where Bool.random(using: &random) {
      rules.resolvers.insert(try #require(NetworkRange(validating: text)))
    }
    return rules
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>) func `a file is read as it was written, and no other is`(
    _ seed: UInt64
  ) throws {
    var random = SeededGenerator(seed: seed)
    let rules = try Self.random(&random)
    #expect(EgressRules(lines: rules.lines) == rules)
    // A line less, a line twice, a character more: none of them is taken for rules of writ's.
    for index in rules.lines.indices {
      for change in 0...2 {
        var lines = rules.lines
        switch change {
        case 0: lines.remove(at: index)
        case 1: lines.insert(lines[index], at: index)
        default: lines[index] += " "
        }
        #expect(EgressRules(lines: lines).map { $0.lines == lines } != false)
        #expect(EgressRules(lines: lines) != rules)
      }
    }
  }

  @Test(.enabled(if: isRoot && hasNft, "needs root and nft"), arguments: [1, 2, 3] as [UInt64])
  func `what nft lists after loading is what was loaded`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let rules = try Self.random(&random)
    let text = rules.lines.joined(separator: "\n") + "\n"
    let script = "nft -f - && nft -j list table inet writ"
    let listed = try Program("/usr/bin/unshare", ["-n", "/bin/sh", "-c", script], input: Array(text.utf8)).run()
    try #require(listed.succeeded, "\(listed.errorText)")
    let listing = try JSONValue(foreign: listed.output)
    #expect(try EgressRules(listing: listing) == rules)
    // A rule less, or one in another place, is not writ's.
    var objects = try #require(listing["nftables"]?.array)
    objects.removeLast()
    #expect(throws: EgressRules.Otherwise.self) { try EgressRules(listing: ["nftables": .array(objects)]) }
    #expect(throws: EgressRules.Otherwise.self) {
      try EgressRules(listing: ["nftables": .array(objects + [objects[0]] + objects)])
    }
  }

  @Test func `a listing with anything else in it is not writ's`() throws {
    let lines = #"""
      {"nftables": [{"metainfo": {"version": "1.0.6"}}, {"table": {"family": "inet", "name": "writ", "handle": 4}},
      {"set": {"family": "inet", "name": "denied", "table": "writ", "type": "uid", "handle": 2, "elem": [20011]}},
      {"chain": {"family": "inet", "table": "writ", "name": "out", "handle": 1, "type": "filter", "hook": "output", "prio": 0, "policy": "accept"}},
      {"rule": {"family": "inet", "table": "writ", "chain": "out", "handle": 3, "expr": [{"match": {"op": "==", "left": {"meta": {"key": "oifname"}}, "right": "lo"}}, {"accept": null}]}},
      {"rule": {"family": "inet", "table": "writ", "chain": "out", "handle": 9, "expr": [{"match": {"op": "==", "left": {"meta": {"key": "skuid"}}, "right": "@denied"}}, {"counter": {"packets": 7, "bytes": 420}}, {"reject": {"type": "icmpx", "expr": "admin-prohibited"}}]}}]}
      """#
    func rules(_ old: String, _ new: String) throws -> EgressRules {
      try #require(lines.contains(old))
      return try EgressRules(listing: JSONValue(foreign: Array(lines.replacing(old, with: new).utf8)))
    }
    #expect(try rules("420", "421") == EgressRules(denied: [20011], networks: [], resolvers: []))
    for (old, new) in [
      (#""name": "writ", "handle": 4"#, #""name": "writ", "handle": 4, "flags": "dormant""#),
      (#""prio": 0"#, #""prio": 300"#),
      (#""hook": "output""#, #""hook": "input""#), ("[20011]", #"[20011, {"range": [1, 5]}]"#), ("[20011]", "[-1]"),
      (#""type": "uid""#, #""type": "gid""#), (#""right": "lo""#, #""right": "eth0""#),
      (#""right": "lo""#, #""right": "l*""#),
      ("admin-prohibited", "port-unreachable"),
      (#""==", "left": {"meta": {"key": "skuid"}}"#, #""!=", "left": {"meta": {"key": "skuid"}}"#),
      (#"{"accept": null}"#, #"{"drop": null}"#), (#"{"accept": null}"#, #"{"jump": {"target": "x"}}"#),
      (
        #"{"metainfo": {"version": "1.0.6"}}"#,
        #"{"chain": {"family": "inet", "table": "writ", "name": "more", "handle": 7}}"#
      ),
    ] { #expect(throws: EgressRules.Otherwise.self, "\(new)") { try rules(old, new) } }
  }

  // MARK: a folder

  private func prepared() throws -> Sandbox {
    let box = try Sandbox()
    try box.write("nameserver 203.0.113.1\nnameserver 127.0.0.53\n", to: "/etc/resolv.conf")
    #expect(
      try box.apply([
        change(.create, .account, "li", account(20001, home: "/nonexistent")),
        change(.create, .account, "wu", account(20002, home: "/nonexistent")),
        change(.create, .account, "old", account(20003, home: "/nonexistent")),
      ]).allOK)
    return box
  }

  private func state(_ allowed: [String], _ denied: [String], _ networks: [String] = ["10.0.0.0/8"]) -> ObjectState {
    ObjectState([
      "allowed": .members(allowed), "denied": .members(denied), "internal": .members(networks), "faults": .lines([]),
    ])
  }

  @Test(.enabled(if: isRoot && hasNft, "needs root and nft")) func `rules are written, read back and taken away`()
    throws
  {
    let box = try prepared()
    let wanted = state(["20001"], ["20002"])
    #expect(try box.live([Self.id], desired: [Self.id: wanted]).objects[Self.id] == .absent)
    let result = try box.apply([change(.create, .egress, "writ", wanted, phase: .revoke)])
    #expect(result.allOK, "\(result)")
    let text = box.text("/etc/writ/egress.nft")
    // Whoever is in neither list, and was made by writ, is held back too.
    #expect(text.hasPrefix("# writ policy c0ffee\n") && text.contains("elements = { 20002, 20003 }\n"))
    #expect(text.contains("ip daddr 203.0.113.1 udp dport 53 accept\n") && !text.contains("127.0.0.53"))
    #expect(
      box.text("/etc/systemd/system/writ-egress.service").contains("ExecStart=/usr/sbin/nft -f /etc/writ/egress.nft\n"))
    let live = try box.live([Self.id], desired: [Self.id: wanted])
    #expect(live.objects[Self.id] == .present(wanted))
    #expect(live.notices.contains { $0.text.contains("writ-egress.service") })
    let before = box.fingerprint()
    #expect(try box.apply([change(.create, .egress, "writ", wanted)], by: box.host("other")).allOK)
    #expect(box.fingerprint() == before)
    #expect(try box.apply([change(.remove, .egress, "writ", nil, before: wanted)]).allOK)
    #expect(try box.live([Self.id], desired: [Self.id: wanted]).objects[Self.id] == .absent)
    #expect(!box.exists("/etc/systemd/system/writ-egress.service"))
  }

  @Test(.enabled(if: isRoot && hasNft, "needs root and nft"))
  func `what is no uid or no network, root, and strangers are refused`() throws {
    let box = try prepared()
    for bad in [
      state([], ["x"]), state([], ["0"]), state(["-1"], []), state([], [], ["10.0.0.0/33"]),
      state([], ["20002"], ["a; flush ruleset"]),
    ] {
      #expect(try box.apply([change(.create, .egress, "writ", bad)]).noneOK)
      #expect(!box.exists("/etc/writ/egress.nft"))
    }
    // One that is outside the host's limits is not held back; all others are, and it is said.
    let result = try box.apply([change(.create, .egress, "writ", state([], ["20001", "33"]))])
    #expect(result["egress writ"]?.failure == "not held back, since no account of writ's has it: uid 33")
    #expect(box.text("/etc/writ/egress.nft").contains("elements = { 20001, 20002, 20003 }\n"))
    try box.write("table inet mine {}\n", to: "/etc/writ/egress.nft")
    if case .foreign? = try box.live([Self.id], desired: [Self.id: state([], [])]).objects[Self.id] {
    } else {
      Issue.record("a file of somebody else's is taken for writ's")
    }
    #expect(try Program("/bin/rm", ["-r", box.root + "/etc/systemd"]).run().succeeded)
    symlink("/tmp", box.root + "/etc/systemd")
    #expect(throws: HostError.self) { try box.apply([change(.create, .egress, "writ", state([], []))]) }
  }

  @Test(.enabled(if: isRoot && hasNft, "needs root and nft")) func `the timer holds back and lets nobody go`() throws {
    let box = try prepared()
    #expect(
      try box.apply([
        change(.create, .egress, "writ", state(["20001", "20002"], [])),
        change(
          .create, .ends, "writ",
          lines(
            "2026-12-31T16:00:00Z remove egress li", "2026-12-31T16:00:00Z remove egress daemon",
            "2027-12-31T16:00:00Z remove egress wu")),
      ]).allOK)
    let end = try #require(Instant(rfc3339: "2026-12-31T16:00:00Z"))
    #expect(try Expiry(root: box.root).run(at: Instant(seconds: end.seconds - 1)) == Expiry.Outcome())
    let outcome = try Expiry(root: box.root).run(at: end)
    #expect(outcome.done == ["remove egress li (end 2026-12-31T16:00:00Z)"] && outcome.failed.count == 1, "\(outcome)")
    let text = box.text("/etc/writ/egress.nft")
    #expect(text.hasPrefix("# writ policy c0ffee\n") && text.contains("elements = { 20001, 20003 }\n"))
    #expect(try Expiry(root: box.root).run(at: end).done.isEmpty)
    #expect(box.text("/etc/writ/egress.nft") == text)
    // Rules that somebody edited are not made worse by writing them anew.
    try box.write(text.replacing("oifname", with: "iifname"), to: "/etc/writ/egress.nft")
    let later = try Expiry(root: box.root).run(at: Instant(seconds: end.seconds + 400 * 86400))
    #expect(later.done.isEmpty && later.failed.contains { $0.contains("remove egress wu") })
  }
}
