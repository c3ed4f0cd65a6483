import Glibc
import Testing
import WritSystem
import WritTestSupport

/// Who gets out of a machine, by its own nft and by real sockets.
@Suite(.enabled(if: NetworkLab.isPossible, "needs root, namespaces, overlay file systems and nft"))
struct EgressTests {
  private static let outside = [
    "tcp/203.0.113.1/8080", "tcp/2001:db8::1/8080", "udp/203.0.113.1/9", "udp/2001:db8::1/9",
  ]
  private static let open = ["tcp/10.9.0.1/8080", "udp/10.9.0.1/9", "udp/203.0.113.1/53", "udp/127.0.0.1/9"]

  /// `ann` gets out, `bob` does not.
  private static let text = """
    settings: { signers: signers/allowed_signers, internal-networks: [10.0.0.0/8] }
    hosts: { gpu01: { connect: local, host-keys: ["HOST"] } }
    guards: { max-removal: 100% }
    people:
      ann: { uid: 29001, ssh-keys: ["KEY-ann"], roles: [member, traveller] }
      bob: { uid: 29002, roles: [member] }
    roles:
      member: { allow: { outputs: write } }
      traveller: { allow: { internet: connect } }
    resources:
      outputs: { hosts: [gpu01], tree: "/srv/outputs/{account}" }
      internet: { hosts: [gpu01], egress: external }

    """

  private func lab(_ text: String = text) throws -> (World, NetworkLab) {
    let world = try World()
    world.repository.time = Int64(time(nil)) - 86400
    try commit(text, world)
    try world.use("ann")
    return (world, try NetworkLab(world))
  }

  private func commit(_ text: String, _ world: World) throws {
    try world.commit(text.replacing("HOST", with: try world.key("host")))
  }

  private func expect(_ lab: NetworkLab, _ uid: Int, getsOut: Bool, _ place: SourceLocation = #_sourceLocation) throws {
    let reached = try lab.reached(by: uid, Self.outside + Self.open)
    #expect(reached == Set(Self.open + (getsOut ? Self.outside : [])), "\(uid)", sourceLocation: place)
  }

  @Test func `who has no permission gets no further than the internal networks, by any protocol`() throws {
    let (world, lab) = try lab()
    try expect(lab, 29002, getsOut: true)
    _ = try lab.writ(0, "apply", "--bootstrap")
    try expect(lab, 29001, getsOut: true)
    try expect(lab, 29002, getsOut: false)
    try expect(lab, 29003, getsOut: true)
    let plan = try lab.writ(0, "plan", "--detailed-exitcode")
    #expect((plan.output + plan.errors).contains("systemd does not run here"), "\(plan)")
    let proof = try lab.writ(0, "prove")
    #expect(proof.output.contains("0 disagreements") && proof.output.contains("not asked: internet: only sockets"))
    #expect(proof.output.contains("3 accounts") || proof.output.contains("2 accounts"))
    // Rejections are counted, and counters are no drift.
    #expect(try lab.run("nft list table inet writ | grep -c 'counter packets [1-9]'").output == "1\n")
    _ = try lab.writ(0, "drift")

    // A change of sides: the one is held back, the other let go.
    try commit(
      Self.text.replacing("[member, traveller]", with: "[member]").replacing(
        "29002, roles: [member]", with: "29002, roles: [member, traveller]"), world)
    _ = try lab.writ(0, "apply", "--only", "revocations")
    try expect(lab, 29001, getsOut: false)
    try expect(lab, 29002, getsOut: false)
    _ = try lab.writ(0, "apply")
    try expect(lab, 29002, getsOut: true)
    _ = try lab.writ(0, "plan", "--detailed-exitcode")
    _ = try lab.writ(0, "prove")

    // Without the resource nobody is held back, and nothing is left.
    try commit(
      Self.text.replacing("  internet: { hosts: [gpu01], egress: external }\n", with: "").replacing(
        "internet: connect", with: "outputs: write"), world)
    _ = try lab.writ(0, "apply", "--only", "revocations")
    try expect(lab, 29001, getsOut: false)
    _ = try lab.writ(0, "apply")
    try expect(lab, 29001, getsOut: true)
    let left = try lab.run("nft list tables; find /etc -name 'writ-egress*' -o -name egress.nft")
    #expect(left.output.isEmpty, "\(left.output)")
    _ = try lab.writ(0, "plan", "--detailed-exitcode")
  }

  @Test func `whatever a hand does to the rules is found, proved and undone`() throws {
    let (_, lab) = try lab()
    _ = try lab.writ(0, "apply", "--bootstrap")
    for (script, letsOut) in [
      ("nft flush ruleset", true), ("nft delete element inet writ denied '{ 29002 }'", true),
      ("nft insert rule inet writ out meta skuid 29002 accept", true),
      ("nft add table inet writ '{ flags dormant; }'", true),
      ("nft add element inet writ denied '{ 29001 }'", false), ("rm /etc/writ/egress.nft", false),
      ("sed -i s/29002/29009/ /etc/writ/egress.nft", false), ("chmod 666 /etc/writ/egress.nft", false),
      ("rm /etc/systemd/system/sysinit.target.wants/writ-egress.service", false),
    ] {
      #expect(try lab.run(script).status == 0, "\(script)")
      if letsOut { try expect(lab, 29002, getsOut: true) }
      let drift = try lab.writ(2, "drift")
      #expect(drift.output.contains("egress"), "\(script): \(drift.output)")
      let isGoneWrong = letsOut || script.contains("add element")
      let proof = try lab.run("\(World.writ) prove -C \(lab.world.lab)")
      #expect((proof.status != 0) == isGoneWrong, "\(script): \(proof)")
      if letsOut {
        #expect(proof.output.contains("bob does not have internet:connect, and is let"), "\(script): \(proof)")
      }
      if script.contains("add element") {
        #expect(proof.output.contains("ann has internet:connect, and is refused"), "\(proof)")
      } else if letsOut {
        _ = try lab.writ(0, "apply", "--only", "revocations")
        try expect(lab, 29002, getsOut: false)
      }
      _ = try lab.writ(0, "apply")
      _ = try lab.writ(0, "plan", "--detailed-exitcode")
      try expect(lab, 29002, getsOut: false)
      if script.contains("add element") { try expect(lab, 29001, getsOut: true) }
    }
    // The host asks another resolver now: no more than that one is reached.
    #expect(try lab.run("echo 'nameserver 203.0.113.77' > /etc/resolv.conf").status == 0)
    _ = try lab.writ(2, "drift")
    _ = try lab.writ(0, "apply")
    #expect(try lab.reached(by: 29002, ["udp/203.0.113.1/53", "udp/203.0.113.77/53"]) == ["udp/203.0.113.77/53"])
    _ = try lab.writ(0, "plan", "--detailed-exitcode")
  }

  @Test func `an end is kept by the host alone, and a leaver stays held back`() throws {
    let end = Int64(time(nil)) + 3600
    let (world, lab) = try lab(
      Self.text.replacing(
        "traveller] }",
        with: "{ role: traveller, until: \"\(World.text(end))\" }] }\n  dan: { uid: 29005, roles: [member, traveller] }"
      ))
    _ = try lab.writ(0, "apply", "--bootstrap")
    try expect(lab, 29005, getsOut: true)
    try expect(lab, 29001, getsOut: true)
    #expect(try lab.run("\(World.agent) expire").output.isEmpty)
    // The clock is not moved; the end is.
    #expect(
      try lab.run("sed -i 's/^[^ ]* remove egress/2020-01-01T00:00:00Z remove egress/' /etc/writ/ends").status == 0)
    let expired = try lab.run("\(World.agent) expire")
    #expect(
      expired.output.contains("remove egress ann (end 2020-01-01T00:00:00Z)") && expired.status == 0, "\(expired)")
    try expect(lab, 29001, getsOut: false)
    try expect(lab, 29002, getsOut: false)
    #expect(try lab.run("\(World.agent) expire").output.isEmpty)
    #expect(try lab.run("nft flush ruleset; \(World.agent) expire").status == 0)
    try expect(lab, 29001, getsOut: false)
    // The policy still gives it: the next apply lets her out again, and its own end is back.
    _ = try lab.writ(0, "apply")
    try expect(lab, 29001, getsOut: true)
    // Whoever left is in no list of the policy, and processes of theirs may still run.
    try commit(Self.text, world)
    _ = try lab.writ(0, "apply")
    try expect(lab, 29005, getsOut: false)
    _ = try lab.writ(0, "plan", "--detailed-exitcode")
    _ = try lab.writ(0, "prove")
  }

  @Test func `what nft refuses, and a host without nft, leave what was there`() throws {
    let (world, lab) = try lab()
    _ = try lab.writ(0, "apply", "--bootstrap")
    try commit(
      Self.text.replacing(
        "bob: { uid: 29002, roles: [member] }", with: "bob: { uid: 29002, roles: [member, traveller] }"), world)
    #expect(try lab.run("cp /bin/false /run/false && mount --bind /run/false /usr/sbin/nft").status == 0)
    let unknown = try lab.run("\(World.writ) plan -C \(world.lab)")
    #expect((unknown.output + unknown.errors).contains("nft refuses it"), "\(unknown)")
    #expect(try lab.run("umount /usr/sbin/nft").status == 0)
    // Half-way: the file can be put in place, and loading it fails.
    let wrapper = world.scratch.path + "/nft"
    try FileContents.replace(
      wrapper, with: Array("#!/bin/sh\ncase \"$1$2\" in -f-) exit 1;; esac\nexec /run/nft \"$@\"\n".utf8), mode: 0o755)
    #expect(try lab.run("cp /usr/sbin/nft /run/nft && mount --bind \(wrapper) /usr/sbin/nft").status == 0)
    let before = try lab.run("cat /etc/writ/egress.nft").output
    _ = try lab.writ(8, "apply")
    #expect(try lab.run("cat /etc/writ/egress.nft").output == before)
    try expect(lab, 29002, getsOut: false)
    #expect(try lab.run("umount /usr/sbin/nft").status == 0)
    _ = try lab.writ(0, "apply")
    try expect(lab, 29002, getsOut: true)
  }
}
