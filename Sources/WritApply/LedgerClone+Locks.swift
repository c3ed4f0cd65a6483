internal import Glibc
internal import WritSystem

extension LedgerClone {
  /// Milliseconds after which a lock file counts as left behind: git holds one for the blink of an eye.
  static let staleLockAge: Int64 = 5_000

  /// Clears the lock that a killed git left on the branch in the user's own repository, where there is no remote.
  ///
  /// The file names no owner. But none but writ writes this branch, one run at a time under the lock of this clone, which
  /// the caller holds: so it is of a run that is over. What that run's git may still be finishing gets its time first.
  /// Locks of a remote belong to whoever keeps it.
  func clearBranchLock(of upstream: Ledger.Upstream) {
    guard case .repository(let path) = upstream else { return }
    let file = "\(path)/refs/heads/writ/\(name).lock"
    var waited: Int64 = 0
    while let age = Self.age(of: file) {
      // A clock that was set back makes it look new for ever; then the time waited counts.
      guard max(age, waited) < Self.staleLockAge else {
        unlink(file)
        return
      }
      usleep(50_000)
      waited += 50
    }
  }

  /// Milliseconds since the file was made; nil when there is none.
  private static func age(of file: String) -> Int64? {
    var status = stat()
    var now = timespec()
    guard lstat(file, &status) == 0, clock_gettime(CLOCK_REALTIME, &now) == 0 else { return nil }
    return Int64(now.tv_sec - status.st_mtim.tv_sec) * 1000 + Int64(now.tv_nsec - status.st_mtim.tv_nsec) / 1_000_000
  }
}
