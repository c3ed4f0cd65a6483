internal import WritGit
internal import WritHistory
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax

/// Who had a hand in what of a change: authors, committer and signer of every commit that each first-parent step brought in.
///
/// Whoever may be one of them counts as one, which is for ``ApprovalNeeds`` to say. An author whom no policy knows and who looks like nobody is somebody else, since
/// anybody can write any name; that is said, and no more.
final class ApprovalHands {
  private let workspace: Workspace
  private let change: ApprovalChange
  private let known: KnownIdentities
  /// Everybody who could approve anything.
  private let everybody: Set<Identity>
  /// Authors whom nobody knows, for people to read.
  private(set) var strangers: Set<String> = []

  /// Commits of a change over which nobody looks for authors: everybody counts as one.
  static let commitLimit = 20_000

  init(_ workspace: Workspace, _ change: ApprovalChange) {
    self.workspace = workspace
    self.change = change
    known = KnownIdentities([change.accepted.policy, change.head.policy])
    everybody = Set(change.accepted.policy.people.keys.map(Identity.principal))
  }

  /// - Parameters:
  ///   - accepted: what it has, nobody of this change wrote.
  /// - Throws: ``CommandFailure`` and ``GitError`` when the commits cannot be read: then nobody knows whose approval counts.
  func authors(from accepted: String, to head: String) throws -> ApprovalAuthors {
    let repository = workspace.repository
    let (old, new) = (try repository.resolve(accepted), try repository.resolve(head))
    guard let all = try repository.commits(of: new, without: old, limit: Self.commitLimit) else {
      return ApprovalAuthors([.init(items: change.items, authors: everybody)])
    }
    let range = Set(all)
    let line = try repository.firstParents(from: new, notIn: old).reversed()
    guard let first = line.first else { return ApprovalAuthors([]) }
    let parent = try repository.firstParent(of: first)
    var tree = try parent.flatMap(workspace.policyFolder)
    var before = try workspace.standing(at: parent?.hex, change.from)
    var waiting: Set<Identity> = []
    var steps: [ApprovalAuthors.Step] = []
    for id in line {
      let now = try workspace.policyFolder(at: id)
      if now == tree { continue }
      tree = now
      waiting.formUnion(try authors(ofStep: id, range))
      // What a commit that cannot be read brought, shows in the next one that can.
      guard let snapshot = try workspace.validSnapshot(at: id, change.from) else { continue }
      let after = Workspace.Standing(snapshot: snapshot, commit: id.hex)
      steps.append(.init(items: try items(from: before, to: after), authors: waiting))
      (before, waiting) = (after, [])
    }
    return ApprovalAuthors(steps)
  }

  /// In the names of the whole change. After a rename the step's own names say nothing, so it counts for every item.
  private func items(from before: Workspace.Standing, to after: Workspace.Standing) throws -> [ApprovalItem] {
    if !Renames(from: after.snapshot.policy, to: change.head.policy).isEmpty { return change.items }
    let signers = (
      accepted: try workspace.signerLines(before), head: try workspace.signerLines(after)
    )
    return ApprovalChange(accepted: before.snapshot, head: after.snapshot, from: change.from, signers: signers).items
  }

  private func authors(ofStep id: GitObjectID, _ range: Set<GitObjectID>) throws -> Set<Identity> {
    let repository = workspace.repository
    let brought = try repository.commits(
      of: id, without: try repository.firstParent(of: id), limit: Self.commitLimit)
    guard let brought else { return everybody }
    return try brought.filter(range.contains).reduce(into: []) { $0.formUnion(try authors(of: $1)) }
  }

  private func authors(of id: GitObjectID) throws -> Set<Identity> {
    let commit = try workspace.repository.commit(id)
    // Whoever merged what others wrote wrote nothing.
    if try CleanMerge(workspace.repository, folder: workspace.options.policies).isClean(commit) { return [] }
    var found: Set<Identity> = []
    if let key = try signingKey(of: id) { found.insert(.key(key)) }
    // A squash names everybody but one in its trailers.
    for author in CommitMessage(commit.message).coAuthors { found.insert(.mailbox(Mailbox(author.text))) }
    for person in [commit.author, commit.committer] {
      let written = Mailbox(name: person.written.name, email: person.written.email)
      let mapped = Mailbox(name: person.name, email: person.email)
      // What the mailmap says is a claim of the change as well: it may add somebody, and take nobody away.
      found.formUnion([.mailbox(written), .mailbox(written, mapped: mapped), .mailbox(mapped)])
      if person == commit.author, known.person(.mailbox(written, mapped: mapped)) == .unknown {
        strangers.insert(written.description)
      }
    }
    return found
  }

  /// The key that made a good signature over the commit; whose it is, the policies say.
  private func signingKey(of id: GitObjectID) throws -> String? {
    guard let (armour, signed) = try workspace.repository.signature(of: id),
      let signature = try? SSHSignature(armour: armour),
      let anybody = try? AllowedSigners([.init(principals: ["anybody"], key: signature.key)]),
      (try? anybody.verify(signed, signature: armour, principal: "anybody", namespace: "git")) != nil
    else { return nil }
    return signature.key.description
  }
}

/// Whether a merge only puts together what its sides wrote, file by file: then whoever merged is no author of it.
struct CleanMerge {
  private let repository: Repository
  private let folder: String

  init(_ repository: Repository, folder: String) {
    self.repository = repository
    self.folder = folder
  }

  /// False for what is no merge of two, and wherever both sides changed one file: nobody can tell then what was written anew.
  func isClean(_ merge: GitCommit) throws -> Bool {
    guard merge.parents.count == 2 else { return false }
    let sides = merge.parents.map(\.hex)
    guard let base = try? repository.resolve(range: sides.joined(separator: "...")).base else { return false }
    let (result, ours, theirs) = (
      try files(merge.id), try files(merge.parents[0]), try files(merge.parents[1])
    )
    let before = try files(base)
    return Set(result.keys).union(ours.keys).union(theirs.keys).union(before.keys).allSatisfy { path in
      let (a, b) = (ours[path], theirs[path])
      if a == b { return result[path] == a }
      if a == before[path] { return result[path] == b }
      return b == before[path] && result[path] == a
    }
  }

  private func files(_ commit: GitObjectID) throws -> [String: GitObjectID] {
    guard let tree = try? repository.tree(at: commit, folder: folder) else { return [:] }
    let listing = try repository.files(below: tree, folder: folder)
    return Dictionary(listing.files.map { ($0.path, $0.blob) }) { first, _ in first }
  }
}

extension Workspace {
  func signerLines(_ standing: Standing) throws -> [String] {
    guard let commit = standing.commit else { return [] }
    return try signerLines(of: standing.snapshot.policy, .commit(commit))
  }
}
