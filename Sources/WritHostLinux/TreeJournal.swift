internal import CWritSys
internal import Glibc
internal import Synchronization
internal import WritSystem

/// What the inodes of one tree were before a run changed them: written, and forced to disk, before the first change of each.
///
/// A scan notes every inode that differs; the mending after it asks of each whether it is still as it was noted, and notes it
/// anew where it is not. The file is made with the first record.
final class TreeJournal: Sendable {
  struct OpenedFile {
    var descriptor: Int32
    var path: String
  }

  private struct File {
    var descriptor: Int32 = -1
    /// What is not written yet.
    var bytes: [UInt8] = []
    var failure: SystemError?
  }

  /// So many bytes of records are written and forced to disk at a time: some twenty thousand inodes.
  private static let batch = 1 << 20
  private static let parts = 16

  private final class Part: Sendable {
    /// By inode the digest of the state that was noted last. Only that of one device: an inode of another one that has the
    /// same number is noted again.
    let digests = Mutex<[UInt64: UInt32]>([:])
  }

  private let open: @Sendable () throws(SystemError) -> OpenedFile
  let narrowOnly: Bool
  private let file = Mutex(File())
  private let known = (0..<TreeJournal.parts).map { _ in Part() }

  /// - Parameters:
  ///   - narrowOnly: as the mending that follows, so that what is noted as coming is what it makes.
  ///   - open: makes the file, with what stands before the records; called once, from any thread. Nothing of it needs to be on
  ///     disk yet.
  init(narrowOnly: Bool, open: @escaping @Sendable () throws(SystemError) -> OpenedFile) {
    self.narrowOnly = narrowOnly
    self.open = open
  }

  deinit { file.withLock { if $0.descriptor >= 0 { close($0.descriptor) } } }

  /// Notes an inode that differs. What cannot be written is told by ``force()``.
  func note(_ observed: TreeObservation, becoming wanted: TreeExpectation) {
    remember(observed)
    file.withLock { file in
      guard file.failure == nil else { return }
      append(observed, wanted, &file)
      if file.bytes.count >= Self.batch { file.failure = Self.result { () throws(SystemError) in try write(&file) } }
    }
  }

  /// Sees to it that the inode's present state is on disk before it is changed.
  func cover(_ observed: TreeObservation, becoming wanted: TreeExpectation) throws(SystemError) {
    let digest = TreeRecord.digest(of: observed)
    let isKnown =
      known[part(observed)].digests.withLock { $0.updateValue(digest, forKey: observed.status.ino) } == digest
    try force(isKnown ? nil : (observed, wanted))
  }

  /// Everything noted so far is on disk afterwards.
  ///
  /// - Throws: ``SystemError`` when some of it is not; nothing may be changed then.
  func force() throws(SystemError) { try force(nil) }

  private func force(_ last: (TreeObservation, TreeExpectation)?) throws(SystemError) {
    let failure = file.withLock { file -> SystemError? in
      if file.failure != nil { return file.failure }
      if let (observed, wanted) = last { append(observed, wanted, &file) }
      file.failure = Self.result { () throws(SystemError) in try write(&file) }
      return file.failure
    }
    if let failure { throw failure }
  }

  private func part(_ observed: TreeObservation) -> Int {
    Int(truncatingIfNeeded: observed.status.ino) & (Self.parts - 1)
  }

  private func remember(_ observed: TreeObservation) {
    let digest = TreeRecord.digest(of: observed)
    known[part(observed)].digests.withLock { $0[observed.status.ino] = digest }
  }

  private func append(_ observed: TreeObservation, _ wanted: TreeExpectation, _ file: inout File) {
    let coming = narrowOnly ? TreeComparison.narrowed(observed, to: wanted) ?? wanted : wanted
    TreeRecord.append(observed, afterwards: TreeRecord.digest(of: observed, as: coming), to: &file.bytes)
  }

  private func write(_ file: inout File) throws(SystemError) {
    guard !file.bytes.isEmpty else { return }
    guard file.descriptor < 0 else { return try writeRecords(&file) }
    let opened = try open()
    file.descriptor = opened.descriptor
    do throws(SystemError) {
      try writeRecords(&file)
      // The name after the content: a power cut between the two leaves no journal without a beginning.
      try FileContents.syncFolder(opened.path.lastIndex(of: "/").map { String(opened.path[..<$0]) } ?? ".")
    } catch {
      // Nothing was changed by it, and half a beginning is no journal.
      unlink(opened.path)
      throw error
    }
  }

  private func writeRecords(_ file: inout File) throws(SystemError) {
    var written = 0
    while written < file.bytes.count {
      let count = file.bytes.withUnsafeBytes {
        Glibc.write(file.descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw SystemError("write", "the undo journal")
      }
      written += count
    }
    guard fdatasync(file.descriptor) == 0 else { throw SystemError("fsync", "the undo journal") }
    file.bytes.removeAll(keepingCapacity: true)
  }

  private static func result(_ body: () throws(SystemError) -> Void) -> SystemError? {
    do throws(SystemError) {
      try body()
      return nil
    } catch { return error }
  }
}
