internal import WritGit
internal import WritPolicy
internal import WritSyntax

extension Workspace {
  /// Bytes of one policy file that are read at all; the parser has a tighter limit and says so with the file's name.
  static let fileLimit = 64 << 20

  /// The full id of the commit that `revision` names.
  func resolve(_ revision: String) throws -> String { try repository.resolve(revision).hex }

  /// The policy files of a commit or of the working tree, in path order.
  ///
  /// Symbolic links and submodules are no policy files; they are passed over with a message.
  func files(_ basis: Basis) throws -> [SourceFile] {
    switch basis {
    case .workingTree:
      let found = try repository.workingFiles(below: options.policies, limit: Self.fileLimit)
      warn(of: found.skipped)
      guard !found.files.isEmpty else { throw noPolicy("the working tree") }
      return found.files.map { SourceFile(path: $0.path, bytes: $0.bytes) }
    case .commit(let id):
      let files = try committedFiles(id)
      guard !files.isEmpty else { throw noPolicy("commit \(id.prefix(10))") }
      return files
    }
  }

  private func noPolicy(_ place: String) -> CommandFailure {
    CommandFailure(
      .invalidPolicy, "there is no policy below `\(visible(options.policies))` in \(place)",
      hint: "`writ init` begins one; `--policies DIR` names another folder")
  }

  /// The policy files of a commit, in path order; none where it has no policy folder.
  func committedFiles(_ id: String) throws -> [SourceFile] {
    guard let commit = GitObjectID(hex: id),
      let tree = try repository.tree(at: commit, folder: options.policies)
    else { return [] }
    let listing = try repository.files(below: tree, folder: options.policies, where: isPolicyFile)
    warn(of: listing.skipped)
    return try listing.files.map { file in
      do throws(GitError) {
        return SourceFile(path: file.path, bytes: try repository.contents(of: file.blob, limit: Self.fileLimit))
      } catch {
        if case .tooLarge = error { throw GitError.fileTooLarge(file.path, limit: Self.fileLimit) }
        throw error
      }
    }
  }

  private func warn(of skipped: [SkippedEntry]) {
    for entry in skipped { Terminal.message("warning: \(visible(entry.path)) is no plain file and was passed over") }
  }

  /// One file of a commit that is no policy file: the signers. Nil when the commit has none at that path.
  func contents(of path: String, at id: String) throws -> [UInt8]? {
    guard let commit = GitObjectID(hex: id), let blob = try repository.blob(at: commit, path: path) else { return nil }
    return try repository.contents(of: blob, limit: Self.fileLimit)
  }

  /// Id of the policy folder's tree in a commit.
  func policyTree(at id: String) throws -> String {
    guard let commit = GitObjectID(hex: id), let tree = try repository.tree(at: commit, folder: options.policies) else {
      throw noPolicy("commit \(id.prefix(10))")
    }
    return tree.hex
  }

  /// A path that the policy writes relative to the policy folder, made absolute.
  func path(relativeToPolicies path: String) -> String {
    if path.hasPrefix("/") { return path }
    let root = repository.workingTree ?? repository.commonDirectory
    return normalised(root + "/" + options.policies + "/" + path)
  }

  private func normalised(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == "..", !parts.isEmpty { parts.removeLast() } else if part != ".." { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}

extension Workspace {
  /// Policy files and signers of the working tree that differ from `commit`.
  func uncommitted(since commit: String) throws -> [String] {
    guard repository.workingTree != nil, let id = GitObjectID(hex: commit) else { return [] }
    return try repository.changes(inWorkingTreeBelow: options.policies, against: id)
  }
}
