internal import Glibc
internal import WritSystem

/// The bare clone of writ's own that holds the ledger, with what lies beside it below `<git common dir>/writ`.
///
/// Apart from the user's repository so that hooks, locks and configuration there cannot touch the ledger. Whoever holds
/// the lock file is the only writer: the kernel drops the lock when a process dies, so a stale one cannot be.
final class LedgerClone {
  let folder: String
  let git: LedgerGit
  private var lock: Int32 = -1

  /// The upstream's branches as last seen.
  static let upstreamRefs = "refs/writ/upstream/"
  static let upstream = upstreamRefs + "ledger"
  /// A commit on its way to the upstream; after a failed push of an outcome it waits here.
  static let pending = "refs/writ/pending"

  init(commonGitDirectory: String, environment: [String: String]) {
    folder = commonGitDirectory + "/writ"
    git = LedgerGit(directory: folder + "/ledger.git", transferEnvironment: environment)
  }

  deinit { unlock() }

  var lockPath: String { folder + "/ledger.lock" }
  var rememberedPath: String { folder + "/ledger-head" }
  var journalFolder: String { folder + "/journal" }

  var isLocked: Bool { lock >= 0 }

  /// Takes the lock, waiting for it a little.
  ///
  /// - Returns: false when somebody else keeps it for longer than `seconds`.
  func takeLock(waiting seconds: Int) throws(LedgerError) -> Bool {
    if isLocked { return true }
    try makeFolder(folder)
    let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system(SystemError("open", lockPath)) }
    var left = seconds * 20
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      guard code == EWOULDBLOCK || code == EINTR else {
        close(descriptor)
        throw .system(SystemError("lock", lockPath, code: code))
      }
      guard left > 0 else {
        close(descriptor)
        return false
      }
      left -= 1
      usleep(50_000)
    }
    lock = descriptor
    return true
  }

  func unlock() {
    if lock >= 0 { close(lock) }
    lock = -1
  }

  /// Makes the clone where there is none, and clears what a killed git left; only under the lock.
  func prepare() throws(LedgerError) {
    if access(git.directory + "/HEAD", F_OK) != 0 {
      try git.run(["init", "--quiet", "--bare", "--template=", git.directory])
    }
    // A killed git leaves these behind without a trace of whose they were. All writers of this clone hold the lock that
    // this process holds now, so nobody is using them.
    for name in ["HEAD", "config", "packed-refs", "shallow", Self.pending, Self.upstream] {
      unlink("\(git.directory)/\(name).lock")
    }
  }

  /// Packs loose objects; git's own collection is off in this clone, so that nothing runs behind the lock's back.
  func pack() {
    // Without it everything works, only slower.
    _ = try? git.attempt(["repack", "-d", "-l", "-q"])
  }

  func makeFolder(_ path: String) throws(LedgerError) {
    if mkdir(path, 0o700) != 0 && errno != EEXIST { throw .system(SystemError("create", path)) }
  }
}
