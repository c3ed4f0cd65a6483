internal import WritHistory
internal import WritPolicy
internal import WritSyntax

/// Who stands behind a commit, as people read it: one line for each thing known, claims told from proofs.
struct ProvenanceText {
  var style: TextStyle

  /// Names shown of those whose work a merge brought in.
  static let nameLimit = 10

  func lines(_ commit: CommitRef, _ provenance: CommitProvenance?) -> [String] {
    guard let provenance else { return unexamined(commit) }
    var lines: [String] = []
    if provenance.committer.text != provenance.author.text {
      lines.append("committed by \(visible(provenance.committer.text))" + Self.relation(provenance.committerIsAuthor))
    }
    if !provenance.coAuthors.isEmpty { lines.append("written together with " + Self.names(provenance.coAuthors)) }
    if !provenance.broughtIn.isEmpty {
      lines.append(
        "brings in work of " + Self.names(provenance.broughtIn)
          + (provenance.broughtInIsPartial ? " and perhaps others" : ""))
    }
    lines.append(signature(provenance))
    lines += provenance.approvals.map(approval)
    if let request = provenance.request { lines.append(request.text) }
    return lines
  }

  /// Where nobody looked further than the commit itself.
  private func unexamined(_ commit: CommitRef) -> [String] {
    var lines: [String] = []
    if commit.committer != commit.author { lines.append("committed by \(visible(commit.committer))") }
    lines += commit.approvers.map { "approved by \(visible($0)), says the message" }
    if let number = commit.pullRequest { lines.append("pull request \(number)") }
    return lines
  }

  private func signature(_ provenance: CommitProvenance) -> String {
    let who = provenance.signerIsAuthor.map(Self.relation) ?? ""
    return switch provenance.signature {
    case .none: "not signed: author and date are claims"
    case .good(let signer): "signed by \(visible(signer))" + who
    case .goodThen(let signer): "signed by \(visible(signer))\(who), by a key that no signer has any more"
    case .unlisted: style.warning("signed with a key that no signer has")
    case .bad(let reason): style.warning("the signature is not good: \(visible(reason))")
    case .foreign: "signed with OpenPGP or X.509, which writ does not look at"
    case .unchecked(let reason): style.warning("the signature could not be looked at: \(visible(reason))")
    }
  }

  private func approval(_ approval: CommitApproval) -> String {
    let how =
      switch approval.source {
      case .statement: "by a signed statement (level \(approval.level))"
      case .trailer: "says the trailer \(visible(approval.label)) (level \(approval.level))"
      case .note: "says refs/notes/review (level \(approval.level))"
      }
    let own =
      switch approval.own {
      case .same: style.warning(", who is its author")
      case .oneHand: style.warning(", who and its author are in one hand")
      case .ambiguous: style.warning(", who may be its author")
      case .different: ""
      }
    return "approved by \(visible(approval.text))\(own), \(how)"
  }

  private static func relation(_ comparison: IdentityComparison) -> String {
    switch comparison {
    case .same: ""
    case .oneHand: ", in one hand with the author"
    case .ambiguous: ", perhaps the author"
    case .different: ", not the author"
    }
  }

  private static func names(_ authors: [CommitProvenance.Author]) -> String {
    let shown = authors.prefix(nameLimit).map { visible($0.text) }.joined(separator: ", ")
    return authors.count > nameLimit ? shown + " and \(authors.count - nameLimit) more" : shown
  }
}
