public import WritPolicy

/// What can be read of one commit, before it is judged who is who.
public struct ProvenanceEvidence: Sendable {
  /// Somebody as a source names them.
  public struct Person: Sendable, Hashable {
    public var identity: Identity
    public var text: String

    public init(_ identity: Identity, text: String) {
      self.identity = identity
      self.text = text
    }

    /// `Name <e-mail>` of a trailer or a note.
    public init(_ text: String) { self.init(.mailbox(Mailbox(text)), text: text) }
  }

  /// An approval that whoever read it has verified.
  public struct Statement: Sendable, Hashable {
    public var approver: PrincipalName
    /// Names the statement, such as its digest.
    public var id: String
    public var level: Int

    public init(approver: PrincipalName, id: String, level: Int) {
      self.approver = approver
      self.id = id
      self.level = level
    }
  }

  public var author: Person
  public var committer: Person
  public var isMerge: Bool
  public var message: CommitMessage
  public var signature: CommitProvenance.Signature
  /// Authors of what a merge brought in.
  public var broughtIn: [Person] = []
  public var broughtInIsPartial = false
  /// Approvals kept by the ledger that let this commit in.
  public var statements: [Statement] = []
  /// The commit's note in `refs/notes/review`.
  public var note: ReviewNote?

  public init(
    author: Person, committer: Person, isMerge: Bool, message: CommitMessage, signature: CommitProvenance.Signature
  ) {
    self.author = author
    self.committer = committer
    self.isMerge = isMerge
    self.message = message
    self.signature = signature
  }

  /// What the judgement follows from, but for the pull request: the same for most commits of one author.
  public struct Claims: Sendable, Hashable {
    var author: Person
    var committer: Person
    var isMerge: Bool
    var approvals: [CommitMessage.Person]
    var coAuthors: [CommitMessage.Person]
    var signature: CommitProvenance.Signature
    var broughtIn: [Person]
    var broughtInIsPartial: Bool
    var statements: [Statement]
    var noted: [CommitMessage.Person]
  }

  public var claims: Claims {
    Claims(
      author: author, committer: committer, isMerge: isMerge, approvals: message.approvals,
      coAuthors: message.coAuthors, signature: signature, broughtIn: broughtIn,
      broughtInIsPartial: broughtInIsPartial, statements: statements, noted: note?.approvals ?? [])
  }

  /// Where the change was asked for: what the message says, or else the note.
  public var request: PullRequest? { message.request ?? note?.request }

  /// Judges it by the people that `known` knows.
  public func provenance(_ known: KnownIdentities) -> CommitProvenance {
    let coAuthors = message.coAuthors.map { Person($0.text) }
    let signer = signature.signer.map(Self.signer)
    let hands = [author] + (isMerge ? [] : [committer]) + coAuthors + broughtIn
    let all = hands.map(\.identity) + (signer.map { [$0] } ?? [])
    func named(_ person: Person) -> CommitProvenance.Author {
      .init(identity: person.identity, text: person.text, person: known.person(person.identity))
    }
    func approval(_ person: Person, _ source: CommitApproval.Source, _ label: String, level: Int) -> CommitApproval {
      CommitApproval(
        identity: person.identity, text: person.text, person: known.person(person.identity), source: source,
        label: label, level: level, own: Self.nearest(all.map { known.comparison($0, person.identity) }))
    }
    var approvals = statements.sorted { ($1.level, $0.approver) < ($0.level, $1.approver) }.map {
      approval(Person(.principal($0.approver), text: $0.approver.text), .statement, $0.id, level: $0.level)
    }
    let claimed = CommitApproval.claimedLevel
    approvals += message.approvals.map { approval(Person($0.text), .trailer, $0.label, level: claimed) }
    approvals += (note?.approvals ?? []).map { approval(Person($0.text), .note, $0.label, level: claimed) }
    return CommitProvenance(
      author: named(author), committer: named(committer),
      committerIsAuthor: known.comparison(author.identity, committer.identity), coAuthors: coAuthors.map(named),
      broughtIn: broughtIn.map(named), broughtInIsPartial: broughtInIsPartial, signature: signature,
      signerIsAuthor: signer.map { known.comparison($0, author.identity) }, approvals: approvals,
      request: request)
  }

  /// Signers are named as the policy names people; a list may hold other names.
  private static func signer(_ text: String) -> Identity {
    PrincipalName(validating: text).map(Identity.principal) ?? .mailbox(Mailbox(text))
  }

  private static func nearest(_ all: [IdentityComparison]) -> IdentityComparison {
    [.same, .oneHand, .ambiguous].first(where: all.contains) ?? .different
  }
}

/// A note as Gerrit's reviewnotes plugin writes it: `Code-Review+2: Name <e-mail>`, `Reviewed-on: https://…/12`.
public struct ReviewNote: Sendable, Hashable {
  /// Votes that let a change in.
  public var approvals: [CommitMessage.Person] = []
  public var request: PullRequest?

  public init(_ text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = String(line[line.index(after: colon)...].drop { $0.isWhitespace })
      switch line[..<colon] {
      case "Code-Review+2" where approvals.count < CommitMessage.trailerLimit:
        approvals.append(.init(label: "Code-Review+2", text: String(value.prefix(CommitMessage.subjectLimit))))
      case "Reviewed-on": request = request ?? PullRequest.gerrit(value)
      default: continue
      }
    }
  }
}

extension Blame {
  /// Every commit that the answer names, each once.
  public var commits: [CommitRef] {
    var all: [CommitRef] = []
    // They are few, and mostly one.
    func add(_ commit: CommitRef) { if !all.contains(where: { $0.id == commit.id }) { all.append(commit) } }
    for period in periods {
      add(period.since)
      switch period.end {
      case .open: break
      case .date(let commit), .commit(let commit): add(commit)
      }
    }
    for path in paths { if let since = path.since { add(since) } }
    if let sameControlSince { add(sameControlSince) }
    return all
  }
}
