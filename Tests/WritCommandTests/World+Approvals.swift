import Glibc
import WritDigest
import WritSystem
import WritTestSupport

extension World {
  /// ``small`` with two security leads, whose approval it takes to write the shared environments, to use the extra host,
  /// and to change a rule, a key, a tag, a name or a host. `ann` applies; she is no lead.
  static let approved: String = {
    var text = small
    for (old, new) in [
      ("  ann: { uid", "  ann: { email: ann@example.com, uid"),
      ("  bob: { uid", "  bob: { email: bob@example.com, uid"),
      ("  cas: { uid", "  cas: { email: cas@example.com, uid"),
      (
        "service-accounts:\n",
        """
          dan: { name: Dan Duarte, email: dan@example.com, uid: 20004, ssh-keys: ["KEY-dan"], roles: [security-lead] }
          eve: { name: Eve Ekman, email: eve@example.com, uid: 20005, ssh-keys: ["KEY-eve"], roles: [security-lead] }
        service-accounts:

        """
      ),
      ("  guest: {", "  writer: { allow: { envs: write } }\n  security-lead: { allow: { login: ssh } }\n  guest: {"),
      ("owner: tree-owner, group: readers }", "owner: tree-owner, group: readers, tags: [high-risk] }"),
      (
        "hosts:\n",
        """
        approval-rules:
          - { match: { tags: high-risk, operation: write }, approvals: 1, by: [security-lead] }
          - { match: { change: [rules, signers, keys, tags, hosts, renames, controls] }, approvals: 1, by: [security-lead] }
        guards: { max-removal: "100%" }
        hosts:

        """
      ),
    ] {
      precondition(text.contains(old), "the policy has no `\(old)`")
      text = text.replacing(old, with: new)
    }
    return text
  }()

  static func approved(_ replacements: (String, String)...) throws -> String {
    try changed(replacements, in: approved)
  }

  static func changed(_ replacements: [(String, String)], in policy: String) throws -> String {
    var text = policy
    for (old, new) in replacements {
      guard text.contains(old) else { throw Failure(description: "the policy has no `\(old)`") }
      text = text.replacing(old, with: new)
    }
    return text
  }

  /// cas may write the environments.
  static let casWrites = (#"ssh-keys: ["KEY-cas"], roles: [guest]"#, #"ssh-keys: ["KEY-cas"], roles: [guest, writer]"#)
  /// bob may.
  static let bobWrites = (
    #"ssh-keys: ["KEY-bob"], roles: [member]"#, #"ssh-keys: ["KEY-bob"], roles: [member, writer]"#
  )

  var remote: String { scratch.path + "/remote.git" }

  /// A world with a remote in which ``approved`` is applied.
  static func withApprovals(
    _ policy: String = approved, prepare: (World) throws -> Void = { _ in }
  ) throws -> World {
    let world = try World()
    world.repository.time = Int64(time(nil)) - 86400
    world.repository.author = "Ann Author <ann@example.com>"
    world.repository.committer = "Forge <noreply@forge.example.org>"
    try world.commit(policy, "Begin")
    try world.makeHost()
    try world.makeProgram("/opt/bin/update")
    try world.use("ann")
    try prepare(world)
    try world.repository.git("init", "-q", "--bare", "-b", "main", world.remote)
    try world.repository.git("remote", "add", "origin", world.remote)
    try world.push()
    try world.expect(0, "apply", "--bootstrap")
    return world
  }

  func push() throws { try repository.git("push", "-q", "-f", "origin", "main") }

  /// Commits a policy, as somebody, and pushes it.
  @discardableResult
  func merge(_ text: String, _ message: String = "Change the policy", author: String? = nil) throws -> String {
    if let author { repository.author = author }
    let id = try commit(text, message)
    try push()
    return id
  }

  @discardableResult
  func approve(as name: String, _ status: Int32 = 0, _ arguments: String...) throws -> Run {
    try key(name)
    let all = ["approve", "--yes", "--key", keys + "/" + name] + arguments
    let found = try run(Self.writ, all)
    guard found.status == status else {
      throw Failure(
        description: "\(all) ended with \(found.status), not \(status)\n" + found.output + found.errors)
    }
    return found
  }

  /// Apply is refused for want of an approval, says `reasons`, and neither target, ledger nor accepted commit moved.
  func expectUnapproved(_ reasons: String...) throws {
    let (footprint, ledger) = (try self.footprint(), try ledgerTip())
    let refused = try expect(6, "apply")
    for reason in reasons where !refused.errors.contains(reason) {
      throw Failure(description: "the refusal does not say `\(reason)`:\n" + refused.errors)
    }
    guard try self.footprint() == footprint, try ledgerTip() == ledger else {
      throw Failure(description: "an apply that was refused changed something")
    }
  }

  /// ``expectUnapproved(_:)`` as `approvals` tells it, which is cheaper: both judge alike.
  func expectMissing(_ reasons: String...) throws {
    let listed = try expect(6, "approvals")
    for reason in reasons where !listed.output.contains(reason) {
      throw Failure(description: "the list does not say `\(reason)`:\n" + listed.output + listed.errors)
    }
  }

  func ledgerTip() throws -> String { try repository.git(in: remote, "rev-parse", "writ/ledger") }

  // MARK: The branch, by hand

  /// The statements on the branch, in order of their names.
  func statements() throws -> [String] {
    let list = try repository.git(in: remote, "ls-tree", "-r", "--name-only", "writ/approvals")
    return try list.split(separator: "\n").map(String.init).filter { $0.hasSuffix(".json") }.map {
      try repository.git(in: remote, "show", "writ/approvals:\($0)") + "\n"
    }
  }

  func dropApprovals() throws { try repository.git(in: remote, "update-ref", "-d", "refs/heads/writ/approvals") }

  /// Puts a statement there that was made without `writ`.
  func offer(_ statement: String, signedWith name: String, namespace: String = "writ-approval-v1") throws {
    try key(name)
    let folder = scratch.path + "/forger"
    removeTree(folder)
    try repository.git("init", "-q", folder)
    let digest = Digest(of: statement).hex
    let file = "statements/\(digest.prefix(2))/\(digest).json"
    mkdir(folder + "/statements", 0o755)
    mkdir(folder + "/statements/" + digest.prefix(2), 0o755)
    try FileContents.replace(folder + "/" + file, with: Array(statement.utf8), mode: 0o644)
    let signed = try run(
      "/usr/bin/ssh-keygen", ["-q", "-Y", "sign", "-n", namespace, "-f", keys + "/" + name, folder + "/" + file])
    guard signed.status == 0 else { throw Failure(description: signed.errors) }
    try repository.git(in: folder, "add", "-A")
    try repository.git(in: folder, "-c", "user.name=f", "-c", "user.email=f@f", "commit", "-q", "-m", "forged")
    try repository.git(in: folder, "push", "-q", "-f", remote, "HEAD:refs/heads/writ/approvals")
  }

  /// The one statement that `name` would sign now, which then is on no branch.
  func pocketed(by name: String, _ arguments: String...) throws -> String {
    try key(name)
    let made = try run(Self.writ, ["approve", "--yes", "--key", keys + "/" + name] + arguments)
    guard made.status == 0, let statement = try statements().first else { throw Failure(description: made.errors) }
    try dropApprovals()
    return statement
  }
}
