internal import WritGit
internal import WritSyntax
internal import WritSystem

extension CommandFailure {
  init(_ error: GitError) {
    switch error {
    case .notARepository(let folder):
      self.init(
        "`\(visible(folder))` is in no git repository", hint: "`git init` begins one; `-C DIR` names another folder")
    case .foreignOwner(let folder):
      self.init(
        "the repository at `\(visible(folder))` belongs to another user, so its configuration is not trusted",
        hint: "if you trust it: git config --global --add safe.directory \(visible(folder))")
    case .sha256Repository(let folder):
      self.init("the repository at `\(visible(folder))` names objects by SHA-256, which libgit2 cannot read")
    case .unbornBranch(let branch):
      self.init(
        "branch `\(visible(branch))` has no commit yet",
        hint: "commit a policy first; `--worktree` reads what is not committed")
    case .unknownRevision(let text): self.init("`\(visible(text))` names no commit")
    case .ambiguousRevision(let text):
      self.init("`\(visible(text))` names more than one object", hint: "give more digits")
    case .notACommit(let text): self.init("`\(visible(text))` is no commit")
    case .noMergeBase(let text): self.init("the two sides of `\(visible(text))` share no commit")
    case .missingObject(let id):
      self.init(
        "object \(id.hex) is not in this clone",
        hint: "`git fetch --unshallow` gets the rest of a shallow clone, "
          + "`git fetch --refetch --no-filter origin` that of a partial one")
    case .damagedObject(let id):
      self.init(
        .failed, "object \(id.hex) of the repository is damaged: what is stored there is something else",
        hint: "`git fsck` tells more")
    case .malformedCommit(let id): self.init(.invalidPolicy, "object \(id.hex) is no commit that can be read")
    case .tooLarge(let id, let bytes, let limit):
      self.init(.invalidPolicy, "object \(id.hex) has \(bytes) bytes; at most \(limit) are read")
    case .fileTooLarge(let path, let limit):
      self.init(.invalidPolicy, "`\(visible(path))` is too large for a policy file: at most \(limit) bytes are read")
    case .notAFolder(let path): self.init(.invalidPolicy, "`\(visible(path))` is a file, not a folder")
    case .tooManyEntries(let path): self.init(.invalidPolicy, "there are too many files below `\(visible(path))`")
    case .bare(let path):
      self.init(
        "`\(visible(path))` is a bare repository: there is no working tree", hint: "`--commit REV` reads a commit")
    case .system(let error): self.init(visible(error.description))
    case .library(let operation, _, let message): self.init("git: \(operation): \(visible(message))")
    }
  }
}
