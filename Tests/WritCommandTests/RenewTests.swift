import Glibc
import Testing
import WritSystem
import WritTestSupport

/// `renew` moves one end in place, and refuses to guess.
@Suite struct `renew` {
  /// Days from now as a date; a day's end is the beginning of the next.
  private static func day(_ days: Int64) -> String { String(World.text(Int64(time(nil)) + days * 86400).prefix(10)) }

  private static let policy = """
    # The lab.
    settings: { signers: signers/allowed_signers }
    hosts: { gpu01: { connect: "root:../../sandbox/gpu01", labels: [gpu] } }
    people:
      ann: { uid: 20001, ssh-keys: ["KEY-ann"], roles: [member] }   # applies
      bob:
        uid: 20002
        roles:
          - member   # for good
          - { role: curator, from: BEGIN, until: SOON, reason: "corpus, Q4" }  # until SOON
          # and the auditor's, for a while
          - role: auditor
            until: 'SOON'   # in quotes
          - role: helper
            reason: >-
              a long
              story

        until: LATER
      cas: { uid: 20003, roles: [{ role: helper, until: SOON }, { role: wide }] }
      dan: { uid: 20004 }
    service-accounts:
      bot: { owner: bob, uid: 19001, roles: [{ role: auditor, until: SOON }] }
    roles:
      member: { allow: { login: ssh } }
      curator: { allow: { data: write } }
      auditor: { allow: { data: read } }
      helper: { includes: [auditor] }
      wide: { allow: { data: read } }
    resources:
      login: { hosts: [gpu], login: ssh }
      data: { hosts: [gpu], tree: /srv/data }
    grants:
      - { to: [ann, dan], allow: { data: read }, until: SOON }
      - to: dan
        role: wide
        until: SOON
    expiry-rules:
      - { match: { role: curator }, max-duration: 60d }

    """

  /// `FILE:LINE` of the line that holds this.
  private static func place(_ text: String) -> String {
    let before = policy.split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.contains(text) }
    return "policies/policy.yaml:\(before.count + 1)"
  }

  private func world() throws -> (World, String) {
    let world = try World()
    var text = Self.policy
    for (word, days) in [("SOON", Int64(5)), ("LATER", 300), ("BEGIN", -20)] {
      text = text.replacing(word, with: Self.day(days))
    }
    try world.commit(text, "Begin")
    return (world, try file(world))
  }

  private func file(_ world: World) throws -> String {
    String(decoding: try FileContents.read(world.lab + "/policies/policy.yaml"), as: UTF8.self)
  }

  /// Renews, and gives the lines of the file before and after where they differ.
  private func renewed(_ arguments: String...) throws -> (lost: [String], come: [String], output: String) {
    let (world, before) = try world()
    chmod(world.lab + "/policies/policy.yaml", 0o640)
    let run = try world.run(World.writ, ["renew"] + arguments)
    guard run.status == 0 else { throw World.Failure(description: run.output + run.errors) }
    let after = try file(world)
    var status = stat()
    stat(world.lab + "/policies/policy.yaml", &status)
    #expect(status.st_mode & 0o7777 == 0o640)
    try world.expect(0, "validate")
    let (old, new) = (before.split(separator: "\n").map(String.init), after.split(separator: "\n").map(String.init))
    let change = new.difference(from: old)
    func lines(_ changes: [CollectionDifference<String>.Change]) -> [String] {
      changes.map { change in
        switch change {
        case .insert(_, let line, _), .remove(_, let line, _): line
        }
      }
    }
    return (lines(change.removals), lines(change.insertions), run.output)
  }

  @Test func `moves exactly the end of the one entry, whatever is written around it`() throws {
    let (soon, new) = (Self.day(5), Self.day(30))
    let flow = try renewed("bob", "curator", "--until", new)
    #expect(
      flow.lost == [
        "      - { role: curator, from: \(Self.day(-20)), until: \(soon), reason: \"corpus, Q4\" }  # until \(soon)"
      ])
    #expect(
      flow.come == [
        "      - { role: curator, from: \(Self.day(-20)), until: \(new), reason: \"corpus, Q4\" }  # until \(soon)"
      ])
    #expect(flow.output.hasPrefix("policies/policy.yaml:10:"))
    #expect(flow.output.contains("gained (1 principal, 1 resource)\n  + bob\n      data:write"))
    let asPermission = try renewed("bob", "data:write", "--until", new)
    #expect(asPermission.come == flow.come)
    let quoted = try renewed("bob", "auditor", "--until", new, "--entry", Self.place("role: auditor"))
    #expect(quoted.lost == ["        until: '\(soon)'   # in quotes"])
    #expect(quoted.come == ["        until: '\(new)'   # in quotes"])
  }

  @Test func `writes an end where there is none`() throws {
    let new = Self.day(30)
    let bare = try renewed("bob", "member", "--until", new, "--shorten")
    #expect(bare.lost == ["      - member   # for good"])
    #expect(bare.come == ["      - { role: member, until: \(new) }   # for good"])
    #expect(bare.output.contains("lost (1 principal, 1 resource)\n  - bob\n      login:ssh  from "))
    let block = try renewed("bob", "helper", "--until", new, "--shorten")
    #expect(block.lost.isEmpty)
    #expect(block.come == ["        until: \(new)"])
    let flow = try renewed("cas", "wide", "--until", new, "--shorten")
    #expect(flow.come.first?.contains("{ role: wide, until: \(new) }] }") == true)
  }

  @Test func `writes a duration as a time`() throws {
    let before = Int64(time(nil))
    let found = try renewed("cas", "helper", "--until", "30d")
    let line = try #require(found.come.first)
    let written = try #require(line.firstMatch(of: #/until: ([0-9TZ:-]+) }/#)?.1)
    #expect(String(written) <= World.text(Int64(time(nil)) + 30 * 86400))
    #expect(String(written) >= World.text(before + 30 * 86400 - 60))
  }

  @Test(
    arguments: [
      // Two ways to one permission.
      (["cas", "data:read", "--until", "DAY30"], Int32(1), "2 entries give `cas` `data:read`: which is meant?"),
      (["bob", "auditor", "--until", "DAY30"], 1, "2 entries give"),
      (["cas", "data:read", "--until", "DAY30", "--entry", "policies/policy.yaml:9"], 3, "is none of the entries"),
      (["ann", "data:read", "--until", "DAY30"], 1, "is also dan's"),
      (["bob", "curator", "--until", "DAY50"], 3, "end it at "),
      (["bob", "curator", "--until", "2020-01-01"], 64, "which is past"),
      (["bob", "curator", "--until", "DAY3"], 1, "is earlier than its end at"),
      (["bob", "member", "--until", "DAY30"], 1, "is earlier than its end at"),
      (["bob", "curator", "--until", "DAY5"], 1, "already"),
      (
        ["bob", "auditor", "--until", "DAY400", "--entry", Self.place("role: auditor")], 1,
        "everything that `bob` has ends at"
      ),
      (["bot", "auditor", "--until", "DAY400"], 1, "would still lose `auditor`"),
      (["bob", "nobody", "--until", "DAY30"], 3, "no role is named `nobody`"),
      (["dan", "curator", "--until", "DAY30"], 3, "no entry gives `dan` `curator`"),
      (["eve", "curator", "--until", "DAY30"], 3, "no person or service account"),
      (["bob", "curator", "--until", "soon"], 64, "is no end"),
      (["bob", "curator", "--until", "2026-13-01"], 64, "is no end"),
    ] as [([String], Int32, String)])
  func `refuses what it would have to guess, and writes nothing`(
    arguments: [String], status: Int32, words: String
  ) throws {
    let (world, before) = try world()
    let arguments = arguments.map { argument in
      argument.hasPrefix("DAY") ? Self.day(Int64(argument.dropFirst(3)) ?? 0) : argument
    }
    let run = try world.run(World.writ, ["renew"] + arguments)
    #expect(run.status == status, "\(run.output)\(run.errors)")
    #expect(run.errors.contains(words), "\(run.errors)")
    #expect(try file(world) == before)
  }

  @Test func `does what a flag allows`() throws {
    let shared = try renewed(
      "dan", "data:read", "--until", Self.day(30), "--shared", "--entry", Self.place("{ to: [ann, dan]"))
    #expect(shared.come == ["  - { to: [ann, dan], allow: { data: read }, until: \(Self.day(30)) }"])
    #expect(shared.output.contains("  + ann, dan\n"))
    let own = try renewed(
      "bob", "auditor", "--until", Self.day(400), "--principal-end", "--entry", Self.place("role: auditor"))
    #expect(own.come == ["        until: '\(Self.day(400))'   # in quotes", "    until: \(Self.day(400))"])
    let (world, before) = try world()
    let dry = try world.expect(0, "renew", "bob", "curator", "--until", Self.day(30), "--dry-run")
    #expect(dry.output.contains("data:write"))
    #expect(try file(world) == before)
  }

  @Test func `follows no link`() throws {
    let (world, before) = try world()
    let path = world.lab + "/policies/policy.yaml"
    rename(path, world.lab + "/elsewhere.yaml")
    symlink("../elsewhere.yaml", path)
    #expect(try world.writ("renew", "bob", "curator", "--until", Self.day(30)).status == 3)
    #expect(String(decoding: try FileContents.read(world.lab + "/elsewhere.yaml"), as: UTF8.self) == before)
  }
}
