internal import WritApply
internal import WritGit
internal import WritHistory
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax

/// Finds out who stands behind commits; asked only of commits that an answer names, since each signature costs a verification.
///
/// Whether a key may sign is told by its position, never by a date: by the signers in force now, or by the signers' file of the
/// commit's first parent, which a later or back-dated commit cannot change.
final class ProvenanceReader {
  private let workspace: Workspace
  private let known: KnownIdentities
  /// Where the policy keeps its signers, relative to the repository; nil when it names none.
  private let signersPath: String?
  private let inForce: AllowedSigners?
  private let approvals: KeptApprovals
  private var lists: [GitObjectID: AllowedSigners] = [:]
  private var evidence: [String: ProvenanceEvidence] = [:]
  private var found: [String: CommitProvenance] = [:]
  /// What was judged of other commits that claim the same, since comparing people costs most.
  private var judged: [ProvenanceEvidence.Claims: CommitProvenance] = [:]
  /// Whether there are any notes on commits.
  private lazy var hasNotes = (try? workspace.repository.resolve(Self.reviewNotes)) != nil

  /// Commits that are looked at for who wrote what a merge brought in.
  static let mergeLimit = 500
  /// Different authors of a merge that are kept.
  static let authorLimit = 50
  static let reviewNotes = "refs/notes/review"

  /// - Parameters:
  ///   - policy: whose people and signers count, that of `commit`.
  ///   - ledger: its signers come before the policy's, and the approvals that it keeps before what commits say.
  init(_ workspace: Workspace, policy: Policy, at commit: String, ledger: LedgerState?) throws {
    self.workspace = workspace
    approvals = KeptApprovals(ledger, in: workspace.repository)
    known = KnownIdentities(policy)
    signersPath = policy.settings.signers.map { workspace.options.policies + "/" + $0.value }
    inForce = try ledger?.signers ?? workspace.signers(of: policy, at: commit)
  }

  /// By id, for every commit named, with the approvals of one access.
  func provenance(of commits: [CommitRef], about edge: EdgeKey) throws -> [String: CommitProvenance] {
    var all: [String: CommitProvenance] = [:]
    for commit in commits { all[commit.id] = try provenance(of: commit, about: edge) }
    return all
  }

  /// - Parameter edge: nil leaves out approvals, which are about accesses and not about commits.
  func provenance(of commit: CommitRef, about edge: EdgeKey?) throws -> CommitProvenance {
    let statements = edge.map { approvals.statements(commit.id, $0) } ?? []
    if statements.isEmpty, let known = found[commit.id] { return known }
    var evidence = try evidence[commit.id] ?? read(commit.id)
    self.evidence[commit.id] = evidence
    evidence.statements = statements
    let provenance = judgement(of: evidence)
    if statements.isEmpty { found[commit.id] = provenance }
    return provenance
  }

  private func judgement(of evidence: ProvenanceEvidence) -> CommitProvenance {
    let claims = evidence.claims
    var provenance = judged[claims] ?? evidence.provenance(known)
    judged[claims] = provenance
    provenance.request = evidence.request
    return provenance
  }

  /// Names what ``provenance(of:about:)`` says of a commit beside what it says of the commit about any other access.
  func variant(of commit: CommitRef, about edge: EdgeKey) -> String {
    approvals.statements(commit.id, edge).map(\.id).sorted().joined(separator: " ")
  }

  private func read(_ id: String) throws -> ProvenanceEvidence {
    guard let oid = GitObjectID(hex: id) else { throw GitError.unknownRevision(id) }
    let repository = workspace.repository
    let commit = try repository.commit(oid)
    var evidence = ProvenanceEvidence(
      author: Self.person(commit.author), committer: Self.person(commit.committer), isMerge: commit.parents.count > 1,
      message: CommitMessage(commit.message), signature: try signature(of: oid, commit))
    if hasNotes { evidence.note = try repository.note(on: oid, ref: Self.reviewNotes).map { ReviewNote($0) } }
    if evidence.isMerge { try addBroughtIn(oid, commit, to: &evidence) }
    return evidence
  }

  /// A merge's own author is whoever pressed the button.
  private func addBroughtIn(_ id: GitObjectID, _ merge: GitCommit, to evidence: inout ProvenanceEvidence) throws {
    let repository = workspace.repository
    let commits: [GitObjectID]?
    do { commits = try repository.commits(of: id, without: merge.parents.first, limit: Self.mergeLimit) } catch {
      // Beyond the end of a shallow clone.
      commits = nil
    }
    evidence.broughtInIsPartial = commits == nil
    for other in (commits ?? []).filter({ $0 != id }).sorted() {
      let person = Self.person(try repository.commit(other).author)
      if evidence.broughtIn.contains(person) { continue }
      guard evidence.broughtIn.count < Self.authorLimit else {
        evidence.broughtInIsPartial = true
        break
      }
      evidence.broughtIn.append(person)
    }
    evidence.broughtIn.sort { $0.text < $1.text }
  }

  private static func person(_ signature: GitSignature) -> ProvenanceEvidence.Person {
    let written = Mailbox(name: signature.written.name, email: signature.written.email)
    let mapped = Mailbox(name: signature.name, email: signature.email)
    return .init(
      .mailbox(written, mapped: mapped == written ? nil : mapped), text: "\(signature.name) <\(signature.email)>")
  }

  // MARK: Signatures

  private func signature(of id: GitObjectID, _ commit: GitCommit) throws -> CommitProvenance.Signature {
    guard let (armour, signed) = try workspace.repository.signature(of: id) else { return .none }
    guard armour.starts(with: "-----BEGIN SSH SIGNATURE-----".utf8) else { return .foreign }
    let parsed: SSHSignature
    do throws(SignatureError) { parsed = try SSHSignature(armour: armour) } catch {
      return .bad(reason: CommandFailure(error).message)
    }
    let then = try signers(before: commit)
    for (list, isInForce) in [(inForce, true), (then, false)] {
      guard let list, let signer = list.principals(of: parsed.key).first else { continue }
      do throws(SignatureError) {
        try list.verify(signed, signature: armour, principal: signer, namespace: "git")
        return isInForce ? .good(signer: signer) : .goodThen(signer: signer)
      } catch {
        switch error {
        case .namespaceNotAllowed: continue
        case .program, .system: return .unchecked(reason: CommandFailure(error).message)
        default: return .bad(reason: CommandFailure(error).message)
        }
      }
    }
    return .unlisted
  }

  /// The signers' file of the first parent; a first commit has only its own. One that cannot be read lists nobody.
  private func signers(before commit: GitCommit) throws -> AllowedSigners? {
    guard let signersPath,
      let blob = try? workspace.repository.blob(at: commit.parents.first ?? commit.id, path: signersPath)
    else { return nil }
    if let list = lists[blob] { return list }
    guard let bytes = try? workspace.repository.contents(of: blob, limit: Workspace.fileLimit),
      let list = try? AllowedSigners(reading: bytes)
    else { return nil }
    lists[blob] = list
    return list
  }
}
