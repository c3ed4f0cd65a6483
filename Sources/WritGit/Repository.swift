internal import CLibgit2
internal import Glibc

/// One git repository, read through libgit2: hooks, external filters, fsmonitor and replace refs play no part.
///
/// It is not `Sendable`: libgit2 keeps the last error for each thread, and a repository belongs to one task. Whoever works
/// on several threads opens it once on each.
public final class Repository {
  let pointer: OpaquePointer
  lazy var mailmap = loadMailmap()
  lazy var shallowBoundary = readShallowBoundary()

  /// Opens the repository that `folder` lies in.
  ///
  /// The environment (`GIT_DIR` and the like) is not asked. The owner is checked as git does: another user's repository is
  /// refused unless the user's own or the system's `safe.directory` names it.
  ///
  /// - Throws: ``GitError/notARepository(_:)``, ``GitError/foreignOwner(_:)``, ``GitError/sha256Repository(_:)``.
  public init(containing folder: String) throws(GitError) {
    _ = Libgit2.ready
    var found: OpaquePointer?
    let code = git_repository_open_ext(&found, folder, 0, nil)
    guard code == 0, let found else {
      let failure = Libgit2.failure(code, "open repository")
      let path = Self.discovered(folder)
      // libgit2 1.5 says "not found" of another user's repository when no `safe.directory` is configured at all.
      if code == GIT_EOWNER.rawValue || path.map(Self.belongsToAnother) == true {
        throw .foreignOwner(path.map(Self.top(of:)) ?? folder)
      }
      if code == GIT_ENOTFOUND.rawValue, path == nil { throw .notARepository(folder) }
      throw path.map(Self.namesObjectsBySHA256) == true ? .sha256Repository(folder) : failure
    }
    pointer = found
  }

  deinit { git_repository_free(pointer) }

  /// The git directory that a folder lies in, found without opening it.
  private static func discovered(_ folder: String) -> String? {
    var path = BufferHandle()
    return git_repository_discover(&path.buffer, folder, 0, nil) == 0 ? path.text : nil
  }

  /// What `safe.directory` has to name: the working tree, or the git directory of a bare repository.
  private static func top(of gitDirectory: String) -> String {
    let path = trimmed(gitDirectory)
    return path.hasSuffix("/.git") ? String(path.dropLast(5)) : path
  }

  private static func belongsToAnother(_ gitDirectory: String) -> Bool {
    var status = stat()
    return stat(gitDirectory, &status) == 0 && status.st_uid != geteuid()
  }

  /// libgit2 only says that it does not know the extension; which one it is, the configuration tells.
  private static func namesObjectsBySHA256(_ gitDirectory: String) -> Bool {
    var opened: OpaquePointer?
    guard git_config_open_ondisk(&opened, gitDirectory + "config") == 0, let opened else { return false }
    let configuration = ConfigurationHandle(owning: opened)
    var value = BufferHandle()
    guard git_config_get_string_buf(&value.buffer, configuration.pointer, "extensions.objectformat") == 0 else {
      return false
    }
    return value.text == "sha256"
  }

  public var isBare: Bool { git_repository_is_bare(pointer) == 1 }

  /// Whether history was cut when it was fetched: an answer about the past may then be "not known here".
  public var isShallow: Bool { git_repository_is_shallow(pointer) == 1 }

  /// Whether this is a linked working tree of another repository.
  public var isLinkedWorktree: Bool { git_repository_is_worktree(pointer) == 1 }

  /// The root of the working tree, without a trailing slash; nil in a bare repository.
  public var workingTree: String? { git_repository_workdir(pointer).map { Self.trimmed(String(cString: $0)) } }

  /// The git directory shared by all linked working trees, without a trailing slash.
  public var commonDirectory: String {
    git_repository_commondir(pointer).map { Self.trimmed(String(cString: $0)) } ?? gitDirectory
  }

  /// This working tree's own git directory, without a trailing slash.
  public var gitDirectory: String { git_repository_path(pointer).map { Self.trimmed(String(cString: $0)) } ?? "" }

  /// Where `origin` is, as configured; nil without a remote of that name.
  public var originURL: String? {
    var found: OpaquePointer?
    guard git_remote_lookup(&found, pointer, "origin") == 0, let found else { return nil }
    let remote = RemoteHandle(owning: found)
    return git_remote_url(remote.pointer).map { String(cString: $0) }
  }

  private static func trimmed(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}
