import Glibc
import Testing
import WritDigest
import WritSystem
import WritTestSupport

/// From signature to enforcement: what lets a change in.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct ApprovalTests {
  @Test func `a gain waits for its approval, and goes in with it`() throws {
    let world = try World.withApprovals()
    #expect(try world.expect(0, "approvals").output == "nothing here needs an approval\n")
    try world.merge(World.approved(World.casWrites), "cas writes")
    let missing = try world.expect(6, "approvals")
    #expect(missing.output.contains("missing   cas envs:write on host:gpu01\n"), "\(missing.output)")
    #expect(missing.output.contains("could: dan, eve"))
    try world.expectUnapproved("cas envs:write on host:gpu01", "could: dan, eve", "nothing was changed")
    let planned = try world.expect(0, "plan")
    #expect(planned.errors.contains("not approved: 1 of 1 demands for approval is not met"), "\(planned.errors)")
    #expect(planned.errors.contains("  cas envs:write on host:gpu01\n"))
    #expect(!(try world.expect(0, "plan", "--commit", "HEAD~1").errors.contains("not approved")))

    let signed = try world.approve(as: "dan", 0, "--reason", "agreed on Monday")
    #expect(!(try world.expect(0, "plan").errors.contains("not approved")))
    // All that is signed is shown: the line itself, and what it means.
    let statement = try #require(try world.statements().first)
    #expect(signed.output.contains(statement))
    #expect(signed.output.contains("+ cas envs:write on host:gpu01\n"))
    #expect(signed.output.contains("because: agreed on Monday\n"))
    let listed = try world.expect(0, "approvals")
    #expect(listed.output.contains("approved  cas envs:write on host:gpu01\n"))
    #expect(listed.output.contains("+ dan, level 3\n"))
    let json = try world.expect(0, "approvals", "--format", "json").output
    let document = try JSONMembers(JSONValue(canonicalLine: Array(json.utf8)))
    #expect(try document.flag("approved"))
    #expect(try document.objects("demands").map { try $0.integer("missing") } == [0])

    try world.expect(0, "apply")
    #expect(try world.members("readers-w")?.contains("cas") == true)
    try world.expect(0, "verify")
    let log = try world.expect(0, "log").output
    #expect(log.contains("approved by dan"), "\(log)")
    // What the ledger keeps is the statement to the byte, so the branch may go.
    try world.dropApprovals()
    try world.expect(0, "verify")
    try world.expectSettled()
    #expect(try world.expect(0, "approvals").output == "nothing here needs an approval\n")
  }

  @Test func `revocations wait for nobody, and what they took is gained anew`() throws {
    let world = try World.withApprovals(World.approved(World.bobWrites))
    let text = try World.approved(World.casWrites)
    try world.merge(text, "cas writes, bob does not")
    try world.expectUnapproved("cas envs:write")
    #expect(try world.members("readers-w")?.contains("bob") == true)
    try world.expect(0, "apply", "--only", "revocations")
    #expect(try world.members("readers-w")?.contains("bob") == false)
    // It accepted nothing: neither the grant that it left out, nor that bob may write again.
    try world.expectUnapproved("cas envs:write")
    try world.merge(World.approved(World.bobWrites), "back to how it was")
    try world.expectUnapproved("bob envs:write")
    try world.approve(as: "dan")
    try world.expect(0, "apply")
    #expect(try world.members("readers-w")?.contains("bob") == true)
    try world.expect(0, "verify")
  }

  @Test func `two authors approve one another, and both changes go in at once`() throws {
    let world = try World.withApprovals()
    let (dan, eve) = ("Dan Duarte <dan@example.com>", "Eve Ekman <eve@example.com>")
    try world.repository.git("checkout", "-q", "-b", "one")
    world.repository.author = dan
    try world.commit(World.approved(World.casWrites), "cas writes")
    try world.repository.git("checkout", "-q", "-b", "two", "main")
    world.repository.author = eve
    try world.commit(World.approved(World.bobWrites), "bob writes")
    // Nobody approves their own.
    try world.approve(as: "dan", 6, "main..one")
    try world.approve(as: "dan", 0, "main..two")
    try world.approve(as: "eve", 6, "main..two")
    try world.approve(as: "eve", 0, "main..one")
    try world.repository.git("checkout", "-q", "main")
    world.repository.author = "Ann Author <ann@example.com>"
    try world.repository.git("merge", "-q", "--no-ff", "-m", "Merge one", "one")
    try world.commit(World.approved(World.casWrites, World.bobWrites), "ignored")
    try world.repository.git("reset", "-q", "--hard", "HEAD~1")
    // The same file in both: git would conflict, so the merge is written out.
    try world.repository.git("merge", "-q", "--no-ff", "--no-commit", "-s", "ours", "two")
    try world.commit(World.approved(World.casWrites, World.bobWrites), "Merge two")
    try world.push()
    try world.expect(0, "approvals")
    try world.expect(0, "apply")
    #expect(Set(try world.members("readers-w") ?? []).isSuperset(of: ["bob", "cas"]))
    try world.expect(0, "verify")

    // One apply let both in, and each approval speaks for what it names.
    for (who, approver) in [("cas", "eve"), ("bob", "dan")] {
      let blame = try world.expect(0, "blame", who, "envs:write", "--format", "json")
      let approvals = "\"approvers\":[{\"approver\":\"\(approver)\""
      #expect(blame.output.contains(approvals) && blame.output.contains("\"source\":\"statement\""), "\(blame.output)")
      let all = try world.expect(0, "blame", "--all").output.split(separator: "\n")
      // Asked a moment later.
      func timeless(_ line: some StringProtocol) -> String { String(line).replacing(#/"at":"[^"]+"/#, with: "") }
      #expect(all.contains { timeless($0) == timeless(blame.output.dropLast()) }, "\(blame.output)")
      #expect(try world.expect(0, "blame", who, "envs:write").output.contains(approver))
      #expect(try world.expect(0, "log", "--principal", who, "--format", "json").output.contains(approvals))
    }
  }

  @Test func `a rebase or squash that gives the same stays approved, one that gives more does not`() throws {
    let world = try World.withApprovals()
    try world.repository.git("checkout", "-q", "-b", "branch")
    try world.commit(World.approved(("roles: [guest]", "roles: [guest]")) + "# half\n", "half")
    try world.commit(World.approved(World.casWrites), "whole")
    try world.approve(as: "dan", 0, "main..branch")
    try world.repository.git("checkout", "-q", "main")
    try world.commit(World.approved + "# something else\n", "something else")
    try world.merge(World.approved(World.casWrites) + "# something else\n", "Squashed (#7)")
    try world.expect(0, "approvals")
    try world.repository.git("commit", "-q", "--allow-empty", "-m", "empty")
    try world.merge(World.approved(World.casWrites, World.bobWrites), "and bob")
    try world.expectUnapproved("bob envs:write")
    try world.merge(World.approved(World.casWrites), "without bob")
    try world.expect(0, "apply")
  }

  @Test func `a host that lags is caught up without a new approval`() throws {
    let second = (
      "hosts:\n  gpu01:", "hosts:\n  gpu02: { connect: \"root:../../sandbox/gpu02\", labels: [gpu] }\n  gpu01:"
    )
    let world = try World.withApprovals(World.approved)
    let host = world.scratch.path + "/sandbox/gpu02"
    try world.expect(0, "init", "--host-root", host, "--name", "gpu02")
    try FileContents.replace(host + "/etc/writ/limits", with: Array("run-as: root\n".utf8), mode: 0o644)
    try world.makeProgram("/opt/bin/update", below: host)
    try world.merge(World.approved(second, World.casWrites))
    try world.expectUnapproved("ann envs:write on host:gpu02", "cas envs:write on host:gpu01")
    try world.approve(as: "eve")
    try world.expect(0, "apply", "--host", "gpu01")
    try world.dropApprovals()
    try world.expect(0, "apply", "--host", "gpu02")
    #expect(try world.members("readers-w", of: host)?.contains("cas") == true)
    try world.expect(0, "verify")
  }

  @Test func `an approval is signed by an agent as well, and asks before it is`() throws {
    let world = try World.withApprovals()
    try world.merge(World.approved(World.casWrites), "cas writes")
    try world.key("dan")
    let socket = world.scratch.path + "/agent"
    let agent = """
      eval "$(ssh-agent -a \(socket))" >/dev/null
      ssh-add -q \(world.keys)/dan
      mv \(world.keys)/dan \(world.scratch.path)/hidden
      SSH_AUTH_SOCK=\(socket) \(World.writ) approve --yes --key \(world.keys)/dan.pub
      status=$?
      mv \(world.scratch.path)/hidden \(world.keys)/dan
      kill $SSH_AGENT_PID
      exit $status
      """
    // Without an agent a public key signs nothing, and without `--yes` somebody has to be there.
    let silent = try world.writ("approve", "--key", world.keys + "/dan")
    #expect(silent.status == 1 && silent.errors.contains("nobody is there to say yes"), "\(silent.errors)")
    let refused = try world.run(
      "/usr/bin/script", ["-qec", "\(World.writ) approve --key \(world.keys)/dan", "/dev/null"], input: "n\n")
    #expect(refused.status == 1 && refused.output.contains("nothing was signed"), "\(refused.output)")
    // Ctrl-C, whenever it comes.
    let stopped = try world.run(
      "/bin/sh",
      [
        "-c",
        "(sleep 3; printf '\\003'; sleep 1) | script -qec '\(World.writ) approve --key \(world.keys)/dan' /dev/null",
      ])
    #expect(stopped.status == 130, "\(stopped.output)")
    try world.expect(6, "approvals")
    let signed = try world.run("/bin/sh", ["-c", agent])
    #expect(signed.status == 0, "\(signed.output)\(signed.errors)")
    try world.expect(0, "approvals")
  }

  @Test func `nothing is signed that cannot be handed on, and what is gone is missing`() throws {
    let world = try World.withApprovals()
    try world.merge(World.approved(World.casWrites), "cas writes")
    let away = world.scratch.path + "/away"
    rename(world.remote, away)
    let unreachable = try world.approve(as: "dan", 1)
    #expect(unreachable.errors.contains("does not answer"), "\(unreachable.errors)")
    // Whoever only asks is told what was seen last.
    let old = try world.expect(6, "approvals")
    #expect(old.errors.contains("may be old"), "\(old.errors)")
    rename(away, world.remote)
    try FileContents.replace(
      world.remote + "/hooks/pre-receive", with: Array("#!/bin/sh\nexit 1\n".utf8), mode: 0o755)
    try world.approve(as: "dan", 1)
    unlink(world.remote + "/hooks/pre-receive")
    try world.approve(as: "dan")
    try world.expect(0, "approvals")
    // Somebody forces another version of the branch: nothing counts because it once was there.
    try world.repository.git("push", "-q", "-f", "origin", "main:writ/approvals")
    try world.expectUnapproved("cas envs:write")
    try world.approve(as: "eve")
    try world.expect(0, "apply")
  }

  @Test func `a dirty working tree is not approved`() throws {
    let world = try World.withApprovals()
    try world.merge(World.approved(World.casWrites), "cas writes")
    try world.repository.write("policies/more.yaml", "roles: { more: {} }\n")
    #expect(try world.approve(as: "dan", 1).errors.contains("not committed"))
    try world.approve(as: "dan", 0, "HEAD~1..HEAD")
  }
}
