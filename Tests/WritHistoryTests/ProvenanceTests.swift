import Testing
import WritHistory
import WritPolicy

@Suite struct `Provenance of a commit` {
  private static let people = """
    people:
      bob: { email: bob@example.com }
      li.na: { email: li.na@example.com }
      sun.hao: { email: sun.hao@example.com }
    service-accounts:
      agent: { owner: bob, email: agent@example.com }

    """

  private static func known() -> KnownIdentities {
    let history = MemoryHistory(commits: [.init(time: start, files: ["p/a.yaml": people])])
    guard case .readable(let snapshot) = history.source().state(of: history.line().commits[0]) else {
      preconditionFailure("the policy is wrong")
    }
    return KnownIdentities(snapshot.policy)
  }

  private static func evidence(
    author: String = "Bob <bob@example.com>", committer: String = "Bob <bob@example.com>", isMerge: Bool = false,
    _ trailers: String = "", signature: CommitProvenance.Signature = .none
  ) -> ProvenanceEvidence {
    ProvenanceEvidence(
      author: .init(author), committer: .init(committer), isMerge: isMerge,
      message: CommitMessage("s\n\n" + trailers), signature: signature)
  }

  /// `NAME own level source`
  private static func approvals(_ evidence: ProvenanceEvidence) -> [String] {
    evidence.provenance(known()).approvals.map {
      let who =
        switch $0.person {
        case .known(let name): name.text
        case .ambiguous(let names): names.map(\.text).joined(separator: "|") + "?"
        case .unknown: "-"
        }
      return "\(who) \($0.own) \($0.level) \($0.source.rawValue)"
    }
  }

  @Test(arguments: [
    ("Reviewed-by: Li Na <LI.NA@example.com>", "li.na different 1 trailer"),
    ("Approved-by: bob", "bob same 1 trailer"),
    ("Approved-by: Robert <bob@example.com>", "bob same 1 trailer"),
    ("Approved-by: Robert <bob@home.org>", "bob? ambiguous 1 trailer"),
    ("Approved-by: agent", "agent oneHand 1 trailer"),
    ("Approved-by: Somebody <x@y.org>", "- different 1 trailer"),
    ("Co-authored-by: Li Na <li.na@example.com>\nReviewed-by: li.na", "li.na same 1 trailer"),
  ])
  func `an approval by an author is marked`(_ trailers: String, _ expected: String) {
    #expect(Self.approvals(Self.evidence(trailers)) == [expected])
  }

  /// Commits that claim the same are judged once: everything that the judgement follows from must tell them apart.
  @Test func `claims differ wherever the judgement may`() {
    let plain = Self.evidence()
    var differing = [
      Self.evidence(author: "Eve <bob@example.com>"), Self.evidence(committer: "Eve <bob@example.com>"),
      Self.evidence(isMerge: true), Self.evidence("Reviewed-by: li.na\n"), Self.evidence("Co-authored-by: li.na\n"),
      Self.evidence(signature: .good(signer: "bob")), plain, plain, plain, plain,
    ]
    differing[6].broughtIn = [.init("li.na")]
    differing[7].broughtInIsPartial = true
    differing[8].note = ReviewNote("Code-Review+2: li.na")
    if let name = PrincipalName(validating: "li.na") {
      differing[9].statements = [.init(approver: name, id: "1", level: 3)]
    }
    let claims = differing.map(\.claims)
    #expect(Set(claims + [plain.claims]).count == 11)
    // The request is no part of it, and is each commit's own.
    let other = ProvenanceEvidence(
      author: plain.author, committer: plain.committer, isMerge: false, message: CommitMessage("another (#7)"),
      signature: .none)
    #expect(other.claims == plain.claims)
    #expect(other.request?.number == 7 && plain.request == nil)
  }

  @Test func `the committer is an author, unless of a merge, and so are the signer and those whose work is merged`() {
    let trailer = "Reviewed-by: li.na\n"
    let committed = Self.evidence(committer: "Li Na <li.na@example.com>", trailer)
    #expect(Self.approvals(committed) == ["li.na same 1 trailer"])
    var merge = Self.evidence(committer: "Li Na <li.na@example.com>", isMerge: true, trailer)
    #expect(Self.approvals(merge) == ["li.na different 1 trailer"])
    merge.broughtIn = [.init("li <li.na@example.com>")]
    #expect(Self.approvals(merge) == ["li.na same 1 trailer"])
    #expect(Self.approvals(Self.evidence(trailer, signature: .good(signer: "li.na"))) == ["li.na same 1 trailer"])
    // An unlisted or bad signature says nothing about anybody.
    for signature in [CommitProvenance.Signature.unlisted, .bad(reason: "x"), .foreign, .unchecked(reason: "x")] {
      #expect(Self.approvals(Self.evidence(trailer, signature: signature)) == ["li.na different 1 trailer"])
      #expect(Self.evidence(signature: signature).provenance(Self.known()).signerIsAuthor == nil)
    }
  }

  @Test func `statements come first, then trailers, then notes, each with its level`() throws {
    var evidence = Self.evidence("Approved-by: sun.hao\n")
    let (bob, li) = (try #require(PrincipalName(validating: "bob")), try #require(PrincipalName(validating: "li.na")))
    evidence.statements = [
      .init(approver: bob, id: "sha256:1", level: 3), .init(approver: li, id: "sha256:2", level: 4),
    ]
    evidence.note = ReviewNote(
      "Code-Review+2: Sun Hao <sun.hao@example.com>\nCode-Review+1: Li Na <li.na@example.com>\nVerified+1: x\n"
        + "Reviewed-on: https://review.example.com/c/access/+/815\n")
    #expect(
      Self.approvals(evidence) == [
        "li.na different 4 statement", "bob same 3 statement", "sun.hao different 1 trailer",
        "sun.hao different 1 note",
      ])
    #expect(evidence.provenance(Self.known()).request == PullRequest(815, .gerrit))
  }

  @Test func `author, committer and signer are compared as people`() {
    let found = Self.evidence(
      author: "B <BOB@example.com>", committer: "bob <bob@home.org>", signature: .goodThen(signer: "agent")
    ).provenance(Self.known())
    #expect(found.committerIsAuthor == .ambiguous)
    #expect(found.signerIsAuthor == .oneHand)
    #expect(found.signature.signer == "agent" && found.signature.text == "good-then")
    let nobody = Self.evidence(author: " <>", committer: " <>").provenance(Self.known())
    #expect(nobody.committerIsAuthor == .ambiguous && nobody.author.person == .unknown)
  }
}
