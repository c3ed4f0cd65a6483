public import WritDigest
public import WritHistory
internal import WritPolicy

/// A commit as the published JSON forms have it (design §10).
public enum CommitJSON {
  /// - Parameter provenance: who stands behind it, where that was looked for; else `signature` is absent and approvers are what
  ///   the message says.
  public static func value(_ commit: CommitRef, _ provenance: CommitProvenance? = nil) -> JSONValue {
    var members: [String: JSONValue] = [
      "commit": .string(commit.id), "time": .string(Instant(seconds: commit.time).rfc3339),
      "author": .string(commit.author), "committer": .string(commit.committer), "signer": .null,
      "approvers": .array(
        commit.approvers.map {
          ["approver": .string($0), "source": "trailer", "level": .integer(CommitApproval.claimedLevel)]
        }),
      "pull_request": commit.pullRequest.map { .integer($0) } ?? .null, "subject": .string(commit.subject),
    ]
    guard let provenance else { return .object(members) }
    members["author_person"] = person(provenance.author.person)
    members["committer_person"] = person(provenance.committer.person)
    members["committer_is_author"] = answer(provenance.committerIsAuthor)
    members["signature"] = .string(provenance.signature.text)
    members["signer"] = provenance.signature.signer.map { .string($0) } ?? .null
    members["signer_is_author"] = provenance.signerIsAuthor.map(answer) ?? .null
    members["approvers"] = .array(provenance.approvals.map(approval))
    members["pull_request"] = provenance.request.map { .integer($0.number) } ?? .null
    members["pull_request_form"] = provenance.request.map { .string($0.form.rawValue) }
    if !provenance.coAuthors.isEmpty { members["co_authors"] = .array(provenance.coAuthors.map(author)) }
    if !provenance.broughtIn.isEmpty { members["brings_in"] = .array(provenance.broughtIn.map(author)) }
    if provenance.broughtInIsPartial { members["brings_in_is_partial"] = true }
    return .object(members)
  }

  private static func approval(_ approval: CommitApproval) -> JSONValue {
    [
      "approver": .string(approval.text), "person": person(approval.person),
      "source": .string(approval.source.rawValue),
      "label": .string(approval.label), "level": .integer(approval.level), "own": answer(approval.own),
    ]
  }

  private static func author(_ author: CommitProvenance.Author) -> JSONValue {
    ["author": .string(author.text), "person": person(author.person)]
  }

  /// The policy's name; a list of names where it may be any of them; null for nobody known.
  private static func person(_ person: IdentifiedPerson) -> JSONValue {
    switch person {
    case .known(let name): .string(name.text)
    case .ambiguous(let names): .array(names.map { .string($0.text) })
    case .unknown: .null
    }
  }

  private static func answer(_ comparison: IdentityComparison) -> JSONValue {
    switch comparison {
    case .same: "yes"
    case .oneHand: "one-hand"
    case .ambiguous: "unclear"
    case .different: "no"
    }
  }
}
