internal import CLibgit2
internal import Glibc
public import WritSystem

/// Why a repository could not answer.
public enum GitError: Error, Sendable, Hashable {
  /// Neither the folder nor any above it is in a repository.
  case notARepository(String)
  /// The repository belongs to another user, and no `safe.directory` names it: its configuration is not trusted.
  case foreignOwner(String)
  /// Its objects are named by SHA-256, which libgit2 1.5 does not read.
  case sha256Repository(String)
  /// The branch that HEAD names has no commit yet.
  case unbornBranch(String)
  case unknownRevision(String)
  /// More than one object begins with these digits.
  case ambiguousRevision(String)
  /// The revision names something, but no commit.
  case notACommit(String)
  /// The two revisions share no commit.
  case noMergeBase(String)
  /// An object that others refer to is not there: beyond the end of a shallow or partial clone, or lost.
  case missingObject(GitObjectID)
  /// What is stored under an id is something else: the repository is damaged.
  case damagedObject(GitObjectID)
  /// A commit object without a tree.
  case malformedCommit(GitObjectID)
  /// An object of more bytes than the caller takes.
  case tooLarge(GitObjectID, bytes: Int, limit: Int)
  /// A file, of a commit or of the working tree, of more bytes than are read.
  case fileTooLarge(String, limit: Int)
  /// The path is a file where a folder is expected.
  case notAFolder(String)
  /// More entries or levels below the policy folder than ``Repository/entryLimit`` and ``Repository/depthLimit``.
  case tooManyEntries(String)
  /// A repository without a working tree was asked for it.
  case bare(String)
  case system(SystemError)
  /// Anything else that libgit2 reports.
  case library(operation: String, code: Int32, message: String)
}

enum Libgit2 {
  /// Started once, never shut down: handles may outlive any scope that could do it.
  static let ready: Void = {
    _ = git_libgit2_init()
    // Extensions that change nothing about refs and objects, and that git sets for partial clones and sparse checkouts.
    withCStrings(["partialclone", "preciousobjects", "worktreeconfig"]) { _ = writ_git_extensions($0, 3) }
    // ``StoredObject`` does, with libcrypto, which takes a tenth of the time.
    _ = writ_git_check_objects(0)
  }()

  private static func withCStrings(_ texts: [String], _ body: (UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Void) {
    // libgit2 keeps copies.
    let copies = texts.map { strdup($0) }
    var pointers = copies.map { $0.map { UnsafePointer($0) } }
    pointers.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { body(base) } }
    for copy in copies { free(copy) }
  }

  /// Passes a result on, or throws what libgit2 says of it; to be called right after the call, on the same thread.
  @discardableResult
  static func check(_ code: Int32, _ operation: String) throws(GitError) -> Int32 {
    guard code < 0 else { return code }
    throw failure(code, operation)
  }

  static func failure(_ code: Int32, _ operation: String) -> GitError {
    let message = git_error_last()?.pointee.message.map { String(cString: $0) }
    return .library(operation: operation, code: code, message: message ?? "no message")
  }
}
