import Testing
import WritTestSupport

/// What nobody does on purpose every day stops an apply (design §9), unless the commit itself says that it is meant.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct GuardTests {
  static let administrators = (
    "hosts:\n", "guards: { min-administrators: 1, administrator-roles: [maintainer] }\nhosts:\n"
  )

  /// Ends with 7, names the guards, and has touched nothing.
  static func expectStopped(
    _ world: World, by guards: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let (host, vault) = (try world.changeTimes(world.host), try world.changeTimes(world.vault))
    let found = try world.expect(7, "apply")
    for name in ["max-removal", "min-administrators", "applier-access"] {
      #expect(
        found.errors.contains("guard \(name): ") == guards.contains(name), "\(found.errors)",
        sourceLocation: sourceLocation)
    }
    #expect(found.errors.contains("Writ-Override: \(guards[0]) REASON"), sourceLocation: sourceLocation)
    #expect(try world.changeTimes(world.host) == host, sourceLocation: sourceLocation)
    #expect(try world.changeTimes(world.vault) == vault, sourceLocation: sourceLocation)
  }

  @Test func `removing too much at once stops, and a trailer lets that commit alone through`() throws {
    let world = try World.withAppliedPolicy()
    let fewer = try World.changed([
      ("envs: read, outputs: write, login: ssh, render: member, basic: read", "login: ssh")
    ])
    try world.commit(fewer, "Take most away")
    try Self.expectStopped(world, by: ["max-removal"])

    try world.commit(
      fewer + "# in a hurry\n", "Take most away\n\nWrit-Override: max-removal\n")
    try Self.expectStopped(world, by: ["max-removal"])

    try world.commit(
      fewer, "Take most away\n\nWrit-Override: max-removal this is not the last paragraph\n\nMore words.\n")
    try Self.expectStopped(world, by: ["max-removal"])

    try world.commit(fewer + "# meant\n", "Take most away\n\nWrit-Override: max-removal the cluster closes\n")
    let applied = try world.expect(0, "apply")
    #expect(applied.errors.contains("overridden guard max-removal: "))
    try world.expectSettled()
    let log = try world.expect(0, "log", "--format", "json")
    #expect(log.output.contains("the cluster closes"))

    // Back again, and away again: what one commit overrode says nothing of another one.
    try world.commit(World.small, "Give it back")
    try world.expect(0, "apply")
    try world.commit(fewer, "Take most away again")
    try Self.expectStopped(world, by: ["max-removal"])
  }

  @Test func `a host that lags is judged commit by commit, and a trailer speaks for its own`() throws {
    let world = try World.withAppliedPolicy()
    let fewer = try World.changed([("KEY-bob\"], roles: [member]", "KEY-bob\"], roles: []")])
    let first = try world.commit(fewer, "Take everything from bob\n\nWrit-Override: max-removal bob has left\n")
    let without = fewer.replacing("envs: read, outputs: write, login: ssh, render: member", with: "login: ssh")
      .replacing("{ update: run, envs: write, basic: manage }", with: "{ update: run }")
    let second = try world.commit(without, "Take most from everybody")
    // What the first one took is spoken for, what the second one takes is not.
    let stopped = try world.expect(7, "apply")
    #expect(stopped.errors.contains("(by commit \(second.prefix(10)))"), "\(stopped.errors)")
    let plan = try world.expect(0, "plan")
    #expect(plan.output.contains("guard max-removal stops an apply: "))

    try world.commit(fewer + "# and more\n", "Give that back")
    try world.expect(0, "apply")
    try world.expectSettled()
    let log = try world.expect(0, "log", "--format", "json").output
    #expect(log.contains("\"commit\":\"\(first)\",\"guard\":\"max-removal\",\"reason\":\"bob has left\""))
  }

  @Test func `plan shows what would stop an apply, and what is overridden`() throws {
    let world = try World.withAppliedPolicy()
    let fewer = try World.changed([("KEY-bob\"], roles: [member]", "KEY-bob\"], roles: []")])
    let first = try world.commit(fewer, "Take everything from bob")
    let plan = try world.expect(2, "plan", "--detailed-exitcode", "--out", "../plan.json")
    #expect(plan.output.contains("guard max-removal stops an apply: "))
    #expect(plan.output.contains("(by commit \(first.prefix(10)))"))
    #expect(try world.expect(7, "apply", "../plan.json").errors.contains("guard max-removal: "))
    let json = try world.expect(0, "plan", "--format", "json").output
    #expect(json.contains("\"guard\":\"max-removal\"") && json.contains("\"stops\":true"))

    // A commit that takes nothing away itself speaks for the one before it that does.
    let second = try world.commit(fewer + "\n", "Yes\n\nWrit-Override: max-removal bob has left\n")
    let overridden = try world.expect(0, "plan", "--out", "../plan.json")
    #expect(
      overridden.output.contains("guard max-removal is overridden (\(second.prefix(10)): bob has left): "),
      "\(overridden.output)")
    try world.expect(0, "apply", "../plan.json")
    try world.expectSettled()
  }

  @Test func `an applier with a new name loses nothing`() throws {
    let world = try World.withSmallPolicy()
    let text = try World.changed([Self.administrators, ("  ann: { uid", "  ann: { account: ann, uid")])
    try world.commit(text, "Guard the administrators")
    try world.expect(0, "apply", "--bootstrap")
    let renamed = text.replacing("  ann: { account", with: "  ann.li: { previously: [ann], account")
      .replacing("custodians: [ann]", with: "custodians: [ann.li]").replacing("owner: ann,", with: "owner: ann.li,")
    #expect(renamed != text)
    try world.commit(renamed, "ann is called ann.li now")
    try world.expect(0, "apply")
  }

  @Test func `a command as root, and a privileged one, want a word`() throws {
    let world = try World.withAppliedPolicy()
    try world.makeProgram("/opt/bin/firewall")
    let more = World.small.replacing("allow: { update: run,", with: "allow: { firewall: run, update: run,")
    let command = "  firewall: { hosts: [gpu], command: /opt/bin/firewall, privileged: true }\n"
    try world.commit(more + command, "Let maintainers set the firewall")
    let found = try world.expect(7, "apply")
    #expect(
      found.errors.contains("guard uid-0: firewall") && found.errors.contains("guard privileged-commands: firewall"))
    try world.commit(
      more + command + "# meant\n",
      "Yes\n\nWrit-Override: uid-0 nftables wants root\nWrit-Override: privileged-commands it is the firewall\n")
    try world.expect(0, "apply")
    // Who may run it is another question.
    try world.commit(
      (more + command).replacing("allow: { envs: read, outputs", with: "allow: { firewall: run, envs: read, outputs"),
      "All members")
    try world.expect(0, "apply")
  }

  @Test func `too few administrators stop, and so does the applier's own role`() throws {
    let world = try World.withSmallPolicy()
    let text = try World.changed([Self.administrators])
    try world.commit(text, "Guard the administrators")
    try world.expect(0, "apply", "--bootstrap")
    let without = text.replacing("roles: [member, maintainer]", with: "roles: [member]")
    #expect(without != text)
    try world.commit(without, "ann is no maintainer any more")
    try Self.expectStopped(world, by: ["min-administrators", "applier-access"])

    try world.commit(
      without + "# half\n", "ann is no maintainer any more\n\nWrit-Override: min-administrators nobody is needed\n")
    let half = try world.expect(7, "apply")
    #expect(half.errors.contains("guard applier-access: "))
    #expect(!half.errors.contains("guard min-administrators: "))

    try world.commit(
      without + "# whole\n",
      """
      ann is no maintainer any more

      Writ-Override: min-administrators nobody is needed
      Writ-Override: applier-access ann knows
      """)
    try world.expect(0, "apply")
    try world.expectSettled()
  }

  @Test func `another administrator is enough for the number and not for the applier`() throws {
    let world = try World.withSmallPolicy()
    let text = try World.changed([Self.administrators])
    try world.commit(text, "Guard the administrators")
    try world.expect(0, "apply", "--bootstrap")
    let moved = text.replacing("roles: [member, maintainer]", with: "roles: [member]")
      .replacing("KEY-bob\"], roles: [member]", with: "KEY-bob\"], roles: [member, maintainer]")
    try world.commit(moved, "bob maintains now")
    try Self.expectStopped(world, by: ["applier-access"])
  }

  @Test func `the applier's own login stops`() throws {
    let world = try World.withAppliedPolicy()
    let text = try World.changed([("envs: read, outputs: write, login: ssh", "envs: read, outputs: write")])
    try world.commit(text, "Members log in no more")
    try Self.expectStopped(world, by: ["applier-access"])
  }
}
