internal import Glibc
internal import WritDigest
internal import WritSystem

/// What one attempt has begun and ended on this machine, line by line.
///
/// It is no truth about the targets, which are read after a crash; it tells a change that was interrupted from one
/// that was never tried, and a crashed attempt of this machine from one that runs elsewhere. That it exists is forced to disk
/// before anything else; its lines outlive a killed process at once, and a power cut takes those of the last ``pause`` at most:
/// a thousand changes are not made to wait for the disk two thousand times.
final class ExecutorJournal {
  private let path: String
  private let descriptor: Int32
  /// When its lines were last forced to disk, in milliseconds.
  private var synced = 0

  /// Milliseconds that may lie between two times.
  static let pause = 100

  /// Begins a journal; the folder is made where it is missing.
  init(attempt: String, in folder: String) throws(LedgerError) {
    path = folder + "/" + attempt
    if mkdir(folder, 0o700) != 0 && errno != EEXIST { throw .system(SystemError("create", folder)) }
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system(SystemError("create", path)) }
    do { try FileContents.syncFolder(folder) } catch { throw .system(error) }
  }

  deinit { close(descriptor) }

  func began(_ change: String) throws(LedgerError) { try append(["began": .string(change)]) }

  func ended(_ result: ChangeResult) throws(LedgerError) {
    try append(result.status.members.merging(["ended": .string(result.change)]) { $1 })
  }

  func remove() { unlink(path) }

  private func append(_ members: [String: JSONValue]) throws(LedgerError) {
    var line = JSONValue.object(members).canonicalLine[...]
    while !line.isEmpty {
      let count = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .system(SystemError("write", path)) }
      line = line.dropFirst(count)
    }
    let now = Self.milliseconds()
    guard now - synced >= Self.pause else { return }
    guard fsync(descriptor) == 0 else { throw .system(SystemError("fsync", path)) }
    synced = now
  }

  private static func milliseconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
  }
}

extension ExecutorJournal {
  /// What a journal says of an attempt that was interrupted.
  struct Account: Hashable {
    var began: Set<String> = []
    var ended: [String: ChangeResult] = [:]
  }

  /// Nil when this machine did not make the attempt. A line that a crash cut short says nothing.
  static func account(of attempt: String, in folder: String) throws(LedgerError) -> Account? {
    let bytes: [UInt8]
    do { bytes = try FileContents.read(folder + "/" + attempt) } catch {
      if error.code == ENOENT { return nil }
      throw .system(error)
    }
    var account = Account()
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let members = try? JSONMembers(JSONValue(canonical: Array(line))) else { continue }
      if let change = members.all["began"]?.string { account.began.insert(change) }
      if let change = members.all["ended"]?.string, let status = try? ChangeResult.Status(members) {
        account.ended[change] = ChangeResult(change: change, status: status)
      }
    }
    return account
  }

  /// Removes the journal of an attempt that was answered.
  static func remove(_ attempt: String, in folder: String) { unlink(folder + "/" + attempt) }

  /// Removes journals that nobody wrote to for so many seconds: of attempts that were answered, or never reached the ledger.
  static func sweep(_ folder: String, olderThan seconds: Int64) {
    guard let stream = opendir(folder) else { return }
    defer { closedir(stream) }
    let now = Int64(time(nil))
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      var status = stat()
      guard Intent.isAttempt(name), lstat(folder + "/" + name, &status) == 0,
        Int64(status.st_mtim.tv_sec) + seconds < now
      else { continue }
      remove(name, in: folder)
    }
  }
}
