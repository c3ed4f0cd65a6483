import Testing
import WritDigest
import WritTestSupport

/// `blame` says who stands behind a commit: author, committer, signer, approvers, and how far each can be trusted.
@Suite struct ProvenanceCommandTests {
  /// A repository whose policy gives `repo:push` to those named, with `signers` listed.
  private final class Scene {
    let world: World
    var members: [String] = []
    var signers = ["ann", "bob"]

    init() throws {
      world = try World()
      try world.repository.git("config", "gpg.format", "ssh")
    }

    var files: [String: String] {
      get throws {
        let people = ["ann", "bob", "cas", "dan", "eve"].map {
          "  \($0): { email: \($0)@example.com\(members.contains($0) ? ", roles: [dev]" : "") }\n"
        }
        return [
          "policies/policy.yaml": """
          settings: { signers: signers/allowed_signers }
          resources: { repo: { external: the git host, operations: [push] } }
          roles: { dev: { allow: { repo: push } } }
          people:
          \(people.joined())
          """,
          "policies/signers/allowed_signers": try signers.map { "\($0) \(try world.key($0))\n" }.joined(),
        ]
      }
    }

    /// Commits what the scene now says, signed by `key` where one is named; gives the id.
    @discardableResult
    func commit(_ message: String, by author: String = "ann", key: String? = nil) throws -> String {
      world.repository.author = "\(author.prefix(1).uppercased() + author.dropFirst()) <\(author)@example.com>"
      world.repository.committer = world.repository.author
      if let key {
        try world.key(key)
        try world.repository.git("config", "user.signingkey", world.keys + "/" + key)
      }
      try world.repository.git("config", "commit.gpgsign", key == nil ? "false" : "true")
      return try world.repository.commit(message, try files)
    }

    /// The commit since which somebody has the access, as JSON has it.
    func since(_ who: String) throws -> JSONValue {
      let text = try world.expect(0, "blame", who, "repo:push", "--format", "json").output
      let document = try JSONValue(canonicalLine: Array(text.utf8))
      guard let since = document["since"], since != .null else { throw World.Failure(description: text) }
      return since
    }

    func text(_ who: String) throws -> String { try world.expect(0, "blame", who, "repo:push").output }
  }

  @Test func `the signer is told by key and position, and compared with the author`() throws {
    let scene = try Scene()
    try scene.commit("Begin")
    scene.members = ["cas"]
    try scene.commit("Let cas in", by: "ann", key: "ann")
    scene.members.append("dan")
    try scene.commit("Let dan in", by: "ann", key: "bob")
    scene.members.append("eve")
    try scene.commit("Let eve in", by: "cas", key: "cas")
    scene.members.append("ann")
    try scene.commit("Let ann in")
    let own = try scene.since("cas")
    #expect(own["signer"] == "ann" && own["signature"] == "good" && own["signer_is_author"] == "yes")
    let other = try scene.since("dan")
    #expect(other["signer"] == "bob" && other["author_person"] == "ann" && other["signer_is_author"] == "no")
    #expect(try scene.text("dan").contains("\n  signed by bob, not the author\n"))
    let unlisted = try scene.since("eve")
    #expect(unlisted["signer"] == .null && unlisted["signature"] == "unlisted")
    #expect(unlisted["signer_is_author"] == .null && unlisted["author_person"] == "cas")
    let none = try scene.since("ann")
    #expect(none["signature"] == "none" && none["signer"] == .null)
    #expect(try scene.text("ann").contains("not signed: author and date are claims"))
  }

  @Test func `a key that was taken off the list signs nothing new, whatever date it writes`() throws {
    let scene = try Scene()
    try scene.commit("Begin")
    scene.members = ["cas"]
    try scene.commit("Let cas in", by: "bob", key: "bob")
    scene.signers = ["ann"]
    try scene.commit("bob signs no more", key: "ann")
    let now = scene.world.repository.time
    scene.world.repository.time = now - 3600
    scene.members.append("dan")
    try scene.commit("Let dan in", by: "bob", key: "bob")
    scene.world.repository.time = now
    let then = try scene.since("cas")
    #expect(then["signer"] == "bob" && then["signature"] == "good-then")
    let after = try scene.since("dan")
    #expect(after["signer"] == .null && after["signature"] == "unlisted")
    #expect(try scene.text("dan").contains("signed with a key that no signer has\n"))
  }

  @Test func `a changed commit keeps no signature, and one by the other kind of key says nothing`() throws {
    let scene = try Scene()
    try scene.commit("Begin")
    scene.members = ["cas"]
    let signed = try scene.commit("Let cas in", key: "ann")
    let repository = scene.world.repository
    let text = try repository.git("cat-file", "commit", signed)
    for (old, new, expected) in [
      ("Let cas in", "Let cas in!", "bad"), ("Ann <ann@", "Ann <bob@", "bad"),
      ("-----BEGIN SSH SIGNATURE-----", "-----BEGIN PGP SIGNATURE-----", "foreign"),
      ("-----BEGIN SSH SIGNATURE-----", "-----BEGIN SSH SIGNATURE-----\n %%", "bad"),
    ] {
      let forged = try repository.git(
        "hash-object", "-t", "commit", "-w", "--stdin", input: Array(text.replacing(old, with: new).utf8) + [10])
      try repository.git("update-ref", "refs/heads/main", forged)
      let found = try scene.since("cas")
      #expect(found["signature"] == .string(expected) && found["signer"] == .null, "\(new)")
    }
  }

  @Test func `approvers come from trailers and notes, with the request that brought the commit`() throws {
    let scene = try Scene()
    try scene.commit("Begin")
    scene.members = ["cas"]
    let first = try scene.commit(
      "Let cas in\n\nReviewed-by: Bob <BOB@example.com>\nApproved-by: Ann <ann@home.org>\n"
        + "Co-authored-by: Eve <eve@example.com>\nApproved-by: eve\n")
    try scene.world.repository.git(
      "notes", "--ref", "review", "add", "-m",
      "Code-Review+2: Dan <dan@example.com>\nReviewed-on: https://review.example.com/c/access/+/77", first)
    let found = try scene.since("cas")
    let approvers = (found["approvers"]?.array ?? []).map { approver in
      "\(approver["person"]?.canonicalText ?? "") \(approver["own"]?.canonicalText ?? "") "
        + "\(approver["level"]?.canonicalText ?? "") \(approver["label"]?.canonicalText ?? "")"
    }
    #expect(
      approvers == [
        #""bob" "no" 1 "Reviewed-by""#, #"["ann"] "unclear" 1 "Approved-by""#, #""eve" "yes" 1 "Approved-by""#,
        #""dan" "no" 1 "Code-Review+2""#,
      ])
    #expect(found["pull_request"] == 77 && found["pull_request_form"] == "gerrit")
    let text = try scene.text("cas")
    #expect(text.contains("approved by Bob <BOB@example.com>, says the trailer Reviewed-by (level 1)\n"))
    #expect(text.contains("approved by Ann <ann@home.org>, who may be its author, says the trailer"))
    #expect(text.contains("approved by eve, who is its author, says the trailer"))
    #expect(text.contains("approved by Dan <dan@example.com>, says refs/notes/review (level 1)\n"))
    #expect(text.contains("written together with Eve <eve@example.com>\n"))
    #expect(text.contains("Gerrit change 77\n"))
  }

  @Test func `a merge is one change by its first parent, and names those whose work it brings in`() throws {
    let scene = try Scene()
    try scene.commit("Begin")
    let repository = scene.world.repository
    try repository.git("checkout", "-q", "-b", "topic")
    scene.members = ["cas"]
    try scene.commit("Let cas in", by: "bob")
    scene.members = ["cas", "dan"]
    try scene.commit("And dan", by: "eve")
    try repository.git("checkout", "-q", "main")
    repository.author = "Ann <ann@example.com>"
    repository.committer = repository.author
    try repository.git(
      "merge", "-q", "--no-ff", "-m", "Merge pull request #9 from topic\n\nReviewed-by: bob\nReviewed-by: ann\n",
      "topic")
    let merge = try repository.git("rev-parse", "HEAD")
    for who in ["cas", "dan"] {
      let found = try scene.since(who)
      #expect(found["commit"] == .string(merge) && found["pull_request"] == 9)
      #expect((found["brings_in"]?.array ?? []).compactMap { $0["person"] } == ["bob", "eve"])
      #expect((found["approvers"]?.array ?? []).compactMap { $0["own"] } == ["yes", "yes"])
    }
    #expect(try scene.text("cas").contains("brings in work of Bob <bob@example.com>, Eve <eve@example.com>\n"))
  }

  @Test func `the mailmap names people, and does not make one of the policy's somebody else`() throws {
    let scene = try Scene()
    try scene.commit("Begin")
    scene.members = ["cas"]
    try scene.commit("Let cas in", by: "bob")
    scene.members.append("dan")
    scene.world.repository.author = "x <x@y.org>"
    try scene.world.repository.write(
      ".mailmap", "Eve <eve@example.com> <bob@example.com>\nCas <cas@example.com> <x@y.org>\n")
    let files = try scene.files
    scene.world.repository.committer = "x <x@y.org>"
    try scene.world.repository.commit("Let dan in", files)
    let shown = try scene.since("cas")
    #expect(shown["author"] == "Eve <eve@example.com>" && shown["author_person"] == "bob")
    #expect(try scene.since("dan")["author_person"] == "cas")
  }

  @Test func `everything somebody has is a table, and one JSON object a line`() throws {
    let scene = try Scene()
    scene.members = ["cas"]
    let first = try scene.commit("Begin")
    let table = try scene.world.expect(0, "blame", "cas").output
    #expect(table.hasPrefix("repo:push  since ") && table.contains("no end") && table.contains(first.prefix(10)))
    #expect(try scene.world.expect(0, "blame", "bob").output.hasPrefix("bob has nothing at "))
    let line = try scene.world.expect(0, "blame", "cas", "--format", "json").output
    let document = try JSONValue(canonicalLine: Array(line.utf8))
    #expect(document["until"] == .null && document["since"]?["commit"] == .string(first))
    #expect(try scene.world.expect(3, "blame", "nobody").errors.contains("nobody"))
  }
}
