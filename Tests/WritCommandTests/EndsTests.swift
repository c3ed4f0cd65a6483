import Glibc
import Testing
import WritDigest
import WritTestSupport

/// What ends, what is over, and what a target still shows of it.
@Suite struct `Ends` {
  private static func day(_ days: Int64) -> String { String(World.text(Int64(time(nil)) + days * 86400).prefix(10)) }

  /// Dates as days from now.
  private static func dated(_ text: String) -> String {
    text.replacing(#/DAY(-?\d+)/#) { day(Int64($0.1) ?? 0) }
  }

  @Test func `expiring lists accesses, every entry that ends, principals, and keys by their age in git`() throws {
    let world = try World()
    let now = Int64(time(nil))
    let rules = "expiry-rules: [{ match: { role: guest }, warn-before: 9d }]\n"
    func policy(_ bot: String, _ key: String) -> String {
      Self.dated(
        World.small.replacing(
          "roles: [guest] }",
          with: "roles: [{ role: guest, until: DAY5 }, { role: member, until: DAY50 }], until: DAY60 }"
        )
        .replacing("cas: {", with: "dan: { until: DAY4 }\n  cas: {")
        .replacing(
          "service-accounts:\n",
          with: """
            service-accounts:
              \(bot): { owner: ann, uid: 19009, workload: w, until: DAY40, credential: { kind: ssh-key, key: "KEY-\(key)", run: update, rotate-every: 30d } }

            """)
      ) + Self.dated("grants: [{ to: [bob, ann], allow: { envs: write }, until: DAY3 }]\n") + rules
    }
    world.repository.time = now - 80 * 86400
    try world.commit(policy("bot", "dan"), "Begin")
    world.repository.time = now - 25 * 86400
    try world.commit(policy("bot", "eve"), "Change the key")
    let since = world.repository.time - 60
    // Another name, another file: the same key.
    world.repository.time = now - 5 * 86400
    try world.commit(
      policy("bot2", "eve").replacing("19009,", with: "19009, previously: [bot], account: bot,"), "Rename")
    let run = try world.expect(0, "expiring", "--within", "14d", "--format", "json")
    let found = try JSONMembers(try JSONValue(canonicalLine: Array(run.output.utf8)))
    let entries = try found.objects("entries").map {
      "\(try $0.text("kind")) \(try $0.texts("principals")) \(try $0.optionalText("role") ?? "-")"
    }
    #expect(entries == [#"grant ["ann", "bob"] -"#, #"principal ["dan"] -"#, #"assignment ["cas"] guest"#])
    // The login goes on with the member's role; ann writes as maintainer anyway.
    #expect(
      try found.objects("edges").map { "\(try $0.text("principal")) \(try $0.text("permission"))" } == [
        "bob envs:write"
      ])
    let rotation = try #require(try found.objects("rotations").first)
    #expect(try rotation.text("principal") == "bot2" && rotation.text("since") == World.text(since))
    #expect(try rotation.text("due") == World.text(since + 30 * 86400) && !rotation.flag("overdue"))
    let text = try world.expect(0, "expiring").output
    #expect(text.contains("      writ renew cas guest --until DATE\n"), "\(text)")
    #expect(text.contains("keys to be changed (1)\n"))
    #expect(try world.expect(0, "expiring", "--within", "2d").output == "nothing ends within that time\n")
    #expect(try world.expect(0, "expired").output == "nothing that is written is over\n")
    // The rule's warning says how to go on.
    let warned = try world.expect(0, "validate")
    #expect(warned.output.contains("if it is still needed: `writ renew cas guest --until DATE`"), "\(warned.output)")
    try world.makeHost()
    try world.use("ann")
    let plan = try world.expect(0, "plan")
    #expect(plan.errors.contains("ends at") && plan.errors.contains("writ renew cas guest --until DATE"))
  }

  @Test(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
  func `expired tells what a target still shows after its end`() throws {
    let world = try World.withSmallPolicy()
    let before = Int64(time(nil))
    try world.expect(0, "validate")
    let end = Int64(time(nil)) + 6 + 10 * (Int64(time(nil)) - before + 1)
    try world.commit(
      World.small.replacing("roles: [member] }", with: "roles: [{ role: member, until: \"\(World.text(end))\" }] }"),
      "End it")
    try world.expect(0, "apply", "--bootstrap")
    #expect(try world.expect(0, "expired", "--overstay").output == "nothing outstays its end\n")
    World.sleep(until: end)
    let found = try world.expect(2, "expired", "--overstay")
    #expect(found.output.contains("bob") && found.output.contains("until \(World.text(end))"), "\(found.output)")
    // What drifted, and what a later commit takes away, is another matter.
    try world.commit(World.small.replacing("roles: [member] }", with: "roles: [] }"), "Take it out")
    try world.expect(2, "plan", "--detailed-exitcode")
    try world.expect(2, "expired", "--overstay", "--commit", "HEAD~1", "--host", "gpu01")
    #expect(try world.expect(0, "expired", "--commit", "HEAD~1").output.contains("entries that are over (1)\n"))
    try world.expect(0, "apply", "--only", "revocations")
    #expect(try world.expect(0, "expired", "--overstay").output == "nothing outstays its end\n")
    try world.expect(64, "expired", "--host", "gpu01")
  }
}
