import Glibc
import Testing
import WritDigest
import WritSystem
import WritTestSupport

/// Everything that must not let a change in: exit 6, with the reason, and nothing changed.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct ApprovalAttackTests {
  // MARK: One's own

  /// The author of the change, under every name that dan has or gives himself.
  @Test(arguments: [
    "Dan Duarte <dan@example.com>", "Somebody <DAN@Example.COM>", "Somebody <dan+git@example.com>",
    "Dan Duarte <private@nowhere.example.net>", "d.d <dan@nowhere.example.net>", "dan <>",
  ])
  func `nobody approves their own change, under whatever name`(author: String) throws {
    let world = try World.withApprovals()
    let statement = try Self.statement(by: "dan", world, World.casWrites)
    world.repository.author = author
    try world.merge(World.approved(World.casWrites), "cas writes")
    try world.approve(as: "dan", 6)
    // One that was signed when it was somebody else's change counts no more for his own.
    try world.offer(statement, signedWith: "dan")
    try world.expectUnapproved("dan's does not count: it is the approver's own change", "could: eve")
    try world.approve(as: "eve")
    try world.expect(0, "apply")
  }

  @Test func `a mailmap, a squash and a signed commit tell whose change it is, and do not hide it`() throws {
    let world = try World.withApprovals()
    let stranger = "N. N. <n@nowhere.example.net>"
    try world.repository.write(".mailmap", "Dan Duarte <dan@example.com> <n@nowhere.example.net>\n")
    try world.merge(World.approved(World.casWrites), "cas writes", author: stranger)
    #expect(try world.approve(as: "dan", 6).errors.contains("you are the author"))

    // The mailmap of the very change says that dan's commits are somebody else's.
    try world.repository.write(".mailmap", "Ann Author <ann@example.com> <dan@example.com>\n")
    try world.merge(World.approved(World.bobWrites), "bob writes", author: "Dan Duarte <dan@example.com>")
    #expect(try world.approve(as: "dan", 6).errors.contains("you are the author"))

    world.repository.remove(".mailmap")
    try world.merge(World.approved, "neither")
    let trailer = "Squash (#9)\n\nCo-authored-by: Dan Duarte <dan@example.com>\n"
    try world.merge(World.approved(World.casWrites), trailer, author: stranger)
    #expect(try world.approve(as: "dan", 6).errors.contains("you are the author"))

    try world.merge(World.approved, "neither")
    try world.repository.write("policies/policy.yaml", "")
    world.repository.author = stranger
    try world.key("dan")
    for (name, value) in [
      ("gpg.format", "ssh"), ("user.signingkey", world.keys + "/dan"), ("commit.gpgsign", "true"),
    ] { try world.repository.git("config", name, value) }
    try world.merge(World.approved(World.bobWrites), "bob writes")
    #expect(try world.approve(as: "dan", 6).errors.contains("you are the author"))
    try world.approve(as: "eve")
    try world.expect(0, "apply")
  }

  @Test func `whoever renames themselves in the change is still who they were`() throws {
    let world = try World.withApprovals()
    let renamed = (
      "dan: { name: Dan Duarte, email: dan@example.com,",
      "daniel: { name: Daniel D, email: daniel@example.org, previously: [dan], account: dan,"
    )
    try world.merge(
      World.approved(renamed, World.casWrites), "cas writes", author: "Daniel D <daniel@example.org>")
    #expect(try world.approve(as: "dan", 6).errors.contains("you are the author"))
    try world.expectUnapproved("cas envs:write", "not dan, the author")
  }

  @Test func `nobody approves what they gain`() throws {
    let world = try World.withApprovals()
    let statement = try Self.statement(by: "dan", world, Self.danWrites)
    #expect(statement.isEmpty)
    try world.merge(World.approved(Self.danWrites), "dan writes")
    #expect(try world.approve(as: "dan", 6).errors.contains("you are the beneficiary"))
    // The statement that `writ` would not make.
    let eves = try world.pocketed(by: "eve")
    try world.offer(eves.replacing(#""approver":"eve""#, with: #""approver":"dan""#), signedWith: "dan")
    try world.expectUnapproved("dan's does not count: the approver gains by it")
  }

  static let danWrites = (
    #"ssh-keys: ["KEY-dan"], roles: [security-lead]"#, #"ssh-keys: ["KEY-dan"], roles: [security-lead, writer]"#
  )

  /// What `name` signs for a change that is put back at once; empty where nothing is theirs to sign.
  static func statement(by name: String, _ world: World, _ change: (String, String)) throws -> String {
    try world.merge(World.approved(change), "for the time being")
    try world.key(name)
    let made = try world.writ("approve", "--yes", "--key", world.keys + "/" + name)
    let statement = made.status == 0 ? try world.statements().first ?? "" : ""
    if made.status == 0 { try world.dropApprovals() }
    try world.repository.git("reset", "-q", "--hard", "HEAD~1")
    try world.push()
    return statement
  }

  // MARK: Other keys

  @Test func `a key or an approver that comes with the change does not count`() throws {
    let world = try World.withApprovals()
    let fay = try world.key("fay")
    let newcomer = (
      "service-accounts:\n",
      "  fay: { uid: 20006, ssh-keys: [\"\(fay)\"], roles: [security-lead] }\nservice-accounts:\n"
    )
    try world.merge(World.approved(newcomer, World.casWrites), "fay leads, cas writes")
    #expect(try world.approve(as: "fay", 6).errors.contains("belongs to nobody in the accepted policy"))
    let dans = try world.pocketed(by: "dan")
    try world.offer(dans, signedWith: "fay")
    try world.expectMissing("says dan", "of nobody in the accepted policy")
    try world.offer(dans.replacing(#""approver":"dan""#, with: #""approver":"fay""#), signedWith: "fay")
    try world.expectUnapproved("fay is no person with a key in the accepted policy")

    // Somebody gets a second key, or a lead, by the change itself.
    try world.merge(
      World.approved((#""KEY-dan"]"#, #""KEY-dan", "\#(fay)"]"#), World.casWrites), "a second key")
    try world.offer(dans, signedWith: "fay")
    try world.expectMissing("of nobody in the accepted policy")
    try world.merge(
      World.approved(
        (#"ssh-keys: ["KEY-bob"], roles: [member]"#, #"ssh-keys: ["KEY-bob"], roles: [member, security-lead]"#),
        World.casWrites),
      "bob leads")
    #expect(try world.approve(as: "bob", 6).errors.contains("the rule does not name you"))
  }

  @Test func `a key that the change takes away does not count, nor does a key of another name`() throws {
    let world = try World.withApprovals()
    try world.merge(World.approved(World.casWrites), "cas writes")
    let dans = try world.pocketed(by: "dan")
    // A key valid for another name.
    try world.offer(dans, signedWith: "eve")
    try world.expectMissing("an approval that says dan does not count", "of eve")
    // Signed for another purpose.
    for namespace in ["git", "file", "writ-ledger-v1"] {
      try world.offer(dans, signedWith: "dan", namespace: namespace)
      try world.expectMissing("signed for another purpose: \(namespace)")
    }
    let fay = try world.key("fay")
    try world.merge(World.approved(("KEY-dan\"]", "\(fay)\"]"), World.casWrites), "dan's key was stolen")
    try world.offer(dans, signedWith: "dan")
    try world.expectUnapproved("the change takes the key")
    try world.merge(
      World.approved((#"KEY-dan"], roles"#, #"KEY-dan"], suspended: true, roles"#), World.casWrites), "dan is gone")
    try world.offer(dans, signedWith: "dan")
    try world.expectUnapproved("the change takes the key")
  }

  @Test func `a signed commit is no approval, and a signer whose time is over approves nothing`() throws {
    let world = try World.withApprovals()
    try world.key("dan")
    for (name, value) in [
      ("gpg.format", "ssh"), ("user.signingkey", world.keys + "/dan"), ("commit.gpgsign", "true"),
    ] { try world.repository.git("config", name, value) }
    // Dated into a time when anything may have been.
    world.repository.time = 1_600_000_000
    let message = "cas writes\n\nApproved-by: Eve Ekman <eve@example.com>\nReviewed-by: Dan Duarte <dan@example.com>\n"
    try world.merge(World.approved(World.casWrites), message)
    try world.expectUnapproved("cas envs:write")
    try world.repository.git("config", "commit.gpgsign", "false")

    let limited = try World.withApprovals()
    try limited.repository.write(
      "policies/signers/allowed_signers",
      "ann \(try limited.key("ann"))\ndan valid-before=\"20200101\" \(try limited.key("dan"))\n")
    try limited.repository.git("commit", "-q", "-a", "-m", "dan signed until 2020")
    try limited.push()
    try limited.expect(6, "apply")
    try limited.approve(as: "eve")
    try limited.expect(0, "apply")
    let old = try String(
      decoding: FileContents.read(limited.lab + "/policies/signers/allowed_signers"), as: UTF8.self)
    try limited.repository.write("policies/policy.yaml", "")
    var text = try World.approved(World.casWrites)
    for name in ["ann", "bob", "cas", "dan", "eve"] {
      text = text.replacing("KEY-\(name)", with: try limited.key(name))
    }
    try limited.repository.commit(
      "cas writes", ["policies/policy.yaml": text, "policies/signers/allowed_signers": old])
    try limited.push()
    let refused = try limited.approve(as: "dan", 6)
    #expect(refused.errors.contains("would not count"), "\(refused.errors)")
  }

  // MARK: Other statements

  @Test func `an approval for another time, place or item does not count`() throws {
    let world = try World.withApprovals()
    try world.merge(World.approved(World.casWrites), "cas writes")
    let good = try world.pocketed(by: "dan")
    let signed = try #require(good.firstMatch(of: #/"signed":"([^"]*)"/#)).1
    let expires = try #require(good.firstMatch(of: #/"expires":"([^"]*)"/#)).1
    let now = Int64(time(nil))
    func dated(_ from: Int64, _ until: Int64) -> String {
      good.replacing("\"signed\":\"\(signed)\"", with: "\"signed\":\"\(World.text(now + from))\"")
        .replacing("\"expires\":\"\(expires)\"", with: "\"expires\":\"\(World.text(now + until))\"")
    }
    let genesis = try #require(good.firstMatch(of: #/"genesis":"sha256:([0-9a-f]*)"/#)).1
    let accepted = try #require(good.firstMatch(of: #/"accepted":"([0-9a-f]*)"/#)).1
    let head = try #require(good.firstMatch(of: #/"head":"([0-9a-f]*)"/#)).1
    let origin = try #require(good.firstMatch(of: #/"origin":"([^"]*)"/#)).1
    let control = try #require(good.firstMatch(of: #/"control":"sha256:([0-9a-f]*)"/#)).1
    let identity = try #require(good.firstMatch(of: #/"identity":"sha256:([0-9a-f]*)"/#)).1
    let other = String(repeating: "0", count: 64)
    let attacks: [(String, String)] = [
      (dated(-7200, -60), "it expired at"),
      (dated(7200, 9000), "which is still to come"),
      (good.replacing(genesis, with: other), "it is for another repository"),
      (good.replacing(origin, with: "git.example.com/other"), "it is for another repository"),
      (good.replacing("\"accepted\":\"\(accepted)\"", with: "\"accepted\":\"\(head)\""), "was never accepted here"),
      (good.replacing(control, with: other), "dan's does not count: it is for another way of enforcing it"),
      (good.replacing(identity, with: other), "dan's does not count: it is for other keys"),
      (good.replacing("host:gpu01", with: "host:gpu09"), "dan's does not count: it is for another target"),
      (
        good.replacing(#""target":"host:gpu01""#, with: #""target":"host:gpu01","until":"2026-11-22T00:00:00Z""#),
        "0 of 1"
      ),
    ]
    for (statement, reason) in attacks {
      #expect(statement != good, "\(reason)")
      try world.offer(statement, signedWith: "dan")
      try world.expectMissing("cas envs:write on host:gpu01", reason)
    }
    // What is no statement, or says more than one, is passed over without a word for the item.
    for statement in [
      dated(-60, 91 * 86_400), good.replacing("{\"accepted\"", with: "{ \"accepted\""),
      good.replacing("\"signed\"", with: "\"sealed\":true,\"signed\""), good + good,
    ] {
      try world.offer(statement, signedWith: "dan")
      try world.expectMissing("cas envs:write on host:gpu01")
    }
    // One name in what was signed.
    try world.dropApprovals()
    try world.approve(as: "dan")
    try world.expect(0, "approvals")
    let before = try world.statements()[0]
    let armour = try world.repository.git(
      in: world.remote, "show",
      "writ/approvals:statements/\(Digest(of: before).hex.prefix(2))/\(Digest(of: before).hex).json.sig")
    let changed = before.replacing("\"principal\":\"cas\"", with: "\"principal\":\"bob\"")
    try world.offer(changed, signedWith: "dan")
    let folder = world.scratch.path + "/forger"
    let name = "statements/\(Digest(of: changed).hex.prefix(2))/\(Digest(of: changed).hex).json.sig"
    try FileContents.replace(folder + "/" + name, with: Array((armour + "\n").utf8), mode: 0o644)
    try world.repository.git(in: folder, "-c", "user.name=f", "-c", "user.email=f@f", "commit", "-q", "-a", "-m", "x")
    try world.repository.git(in: folder, "push", "-q", "-f", world.remote, "HEAD:refs/heads/writ/approvals")
    try world.merge(World.approved(World.bobWrites), "bob instead")
    try world.expectUnapproved("bob envs:write on host:gpu01", "the signature does not fit")
  }

  @Test func `an approval of less does not let in more`() throws {
    let world = try World.withApprovals()
    try world.merge(World.approved(World.casWrites), "cas writes")
    try world.approve(as: "dan")
    try world.merge(World.approved(World.casWrites, World.bobWrites), "and bob")
    try world.expectUnapproved("missing   bob envs:write on host:gpu01")
    let listed = try world.expect(6, "approvals").output
    #expect(listed.contains("approved  cas envs:write on host:gpu01"))
  }

  @Test func `an approval is used once, also one that was never shown`() throws {
    let world = try World.withApprovals()
    try world.merge(World.approved(World.casWrites), "cas writes")
    let eves = try world.pocketed(by: "eve")
    try world.approve(as: "dan")
    let dans = try world.statements()[0]
    try world.expect(0, "apply")
    try world.merge(World.approved, "cas does not")
    try world.expect(0, "apply")
    #expect(try world.members("readers-w")?.contains("cas") != true)
    try world.merge(World.approved(World.casWrites), "cas writes again")
    try world.expectUnapproved("dan's does not count: it was used up by an earlier apply")
    try world.offer(dans, signedWith: "dan")
    try world.expectMissing("used up")
    try world.offer(eves, signedWith: "eve")
    try world.expectUnapproved("eve's does not count: it was used up by an earlier apply")
    try world.approve(as: "eve")
    try world.expect(0, "apply")
    try world.expect(0, "verify")
  }

  // MARK: The rule itself

  @Test func `a tag or a rule that an earlier commit dropped still counts`() throws {
    let world = try World.withApprovals()
    let untagged = (", tags: [high-risk] }", " }")
    let unruled = (
      "  - { match: { tags: high-risk, operation: write }, approvals: 1, by: [security-lead] }\n", ""
    )
    let later = ("  guest: {", "  idle: { allow: { login: ssh } }\n  guest: {")
    for dropped in [untagged, unruled] {
      try world.merge(World.approved(dropped), "housekeeping")
      try world.merge(World.approved(dropped, later), "more housekeeping")
      try world.merge(World.approved(dropped, later, World.casWrites), "cas writes")
      try world.expectUnapproved("cas envs:write on host:gpu01")
      try world.merge(World.approved, "back")
    }
    // And what dropped it waits for an approval by itself.
    try world.merge(World.approved(untagged), "housekeeping")
    try world.expectUnapproved("tags envs", "- high-risk")
    try world.merge(World.approved(unruled), "housekeeping")
    try world.expectUnapproved("approval-rules")
    try world.merge(
      World.approved(("by: [security-lead] }\n  - { match: { change", "by: [member] }\n  - { match: { change")),
      "anybody approves")
    try world.expectUnapproved("approval-rules")
  }

  @Test func `taking over a name and a coming grant need approvals`() throws {
    let policy = try World.approved(World.bobWrites)
    let world = try World.withApprovals(policy)
    // mal takes over bob's name, with a key of mal's own.
    let mal = try world.key("mal")
    let taken = policy.replacing(
      #"bob: { email: bob@example.com, uid: 20002, ssh-keys: ["KEY-bob"]"#,
      with: #"mal: { previously: [bob], email: mal@example.com, account: bob, uid: 20002, ssh-keys: ["\#(mal)"]"#)
    #expect(taken.contains("previously"))
    try world.merge(taken, "bob is called mal now")
    try world.expectUnapproved("rename principal mal", "mal envs:write on host:gpu01")

    // A lead's name as well: whoever has it then does not approve with the new key.
    let lead = policy.replacing(
      #"dan: { name: Dan Duarte, email: dan@example.com, uid: 20004, ssh-keys: ["KEY-dan"]"#,
      with: #"mal: { previously: [dan], email: mal@example.com, account: dan, uid: 20004, ssh-keys: ["\#(mal)"]"#)
    #expect(lead.contains("previously"))
    try world.merge(lead, "dan is called mal now")
    #expect(try world.approve(as: "mal", 6).errors.contains("belongs to nobody in the accepted policy"))

    // What begins next month.
    let coming =
      policy + """
        grants:
          - { to: cas, allow: { envs: write }, from: \(World.text(Int64(time(nil)) + 30 * 86_400)), until: \(World.text(Int64(time(nil)) + 40 * 86_400)) }

        """
    try world.merge(coming, "cas writes next month")
    try world.expectUnapproved("cas envs:write on host:gpu01 from")
  }

  @Test func `a host that takes on a label gives what the label gives`() throws {
    let spare = (
      "hosts:\n  gpu01:", "hosts:\n  spare: { connect: \"root:../../sandbox/spare\", labels: [cpu] }\n  gpu01:"
    )
    let world = try World.withApprovals(World.approved(spare)) { world in
      let host = world.scratch.path + "/sandbox/spare"
      try world.expect(0, "init", "--host-root", host, "--name", "spare")
    }
    try world.merge(
      World.approved((spare.0, spare.1.replacing("labels: [cpu]", with: "labels: [cpu, gpu]"))), "spare has a GPU now")
    try world.expectUnapproved("host spare", "ann envs:write on host:spare")
  }
}
