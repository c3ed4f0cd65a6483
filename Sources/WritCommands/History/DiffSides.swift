internal import ArgumentParser
internal import WritGit
internal import WritHistory
internal import WritPolicy
internal import WritSyntax

/// The two things that `diff` compares, from revisions as git-diff(1) takes them.
struct DiffSides {
  /// Nil where there is nothing before: the parent of a first commit.
  var base: String?
  var head: Workspace.Basis

  /// - Parameter revisions: nothing for HEAD and the working tree; `A` for A and the working tree; `A..B`, `A...B` and `A B`; `A^!`
  ///   for one commit and its first parent.
  init(_ revisions: [String], in workspace: Workspace) throws {
    let repository = workspace.repository
    switch revisions.count {
    case 0:
      base = try workspace.resolve("HEAD")
      head = .workingTree
    case 1 where revisions[0].hasSuffix("^!"):
      let commit = try repository.resolve(String(revisions[0].dropLast(2)))
      base = try repository.firstParent(of: commit)?.hex
      head = .commit(commit.hex)
    case 1:
      let range = try repository.resolve(range: revisions[0])
      base = range.base?.hex ?? range.head.hex
      head = range.base == nil ? .workingTree : .commit(range.head.hex)
    default:
      base = try workspace.resolve(revisions[0])
      head = .commit(try workspace.resolve(revisions[1]))
    }
  }

  /// The earlier side's id as JSON and comments write it.
  var baseName: String { base ?? "" }

  var headName: String {
    switch head {
    case .commit(let id): id
    case .workingTree: "working-tree"
    }
  }
}

extension Workspace {
  /// A policy that can be evaluated, and the commit it is of.
  struct Standing {
    var snapshot: Snapshot
    /// Nil where no commit has any.
    var commit: String?
  }

  /// What held at a commit: its own policy, or the last one before it that is valid. A commit whose policy is wrong is never
  /// applied, so that comparing with it would show neither what its repair gives nor what it takes.
  func standing(at commit: String?, _ instant: Instant) throws -> Standing {
    var next = try commit.map { try repository.resolve($0) }
    var passed: GitObjectID?
    while let id = next, let tree = try policyFolder(at: id) {
      if tree != passed {
        if let snapshot = try validSnapshot(at: id, instant) { return Standing(snapshot: snapshot, commit: id.hex) }
        passed = tree
        Terminal.message(
          "warning: the policy of commit \(id.hex.prefix(10)) is invalid; the last valid one before it is compared")
      }
      next = try repository.firstParent(of: id)
    }
    return Standing(snapshot: Snapshot(policy: Policy(sources: SourceTable()), access: Access([])), commit: nil)
  }

  /// Nil where the policy of the commit has errors.
  func validSnapshot(at id: GitObjectID, _ instant: Instant) throws -> Snapshot? {
    let loaded = loader.load(try committedFiles(id.hex), at: instant)
    return loaded.access.map { Snapshot(policy: loaded.policy, access: $0) }
  }

  /// Nil where the commit has no policy folder, or a file in its place.
  func policyFolder(at id: GitObjectID) throws -> GitObjectID? {
    do { return try repository.tree(at: id, folder: options.policies) } catch GitError.notAFolder { return nil }
  }
}
