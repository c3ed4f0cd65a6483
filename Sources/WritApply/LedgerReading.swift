internal import WritDigest
internal import WritPolicy

/// The entries of a ledger, each read by itself and once. Nothing here is judged: it says what there is to judge.
struct LedgerReading: Sendable {
  let files: LedgerFiles
  /// By place; nil where the file is missing.
  let entries: [Entry?]

  struct Entry: Sendable {
    var entry: LedgerEntry?
    /// Why it is no entry.
    var problem = ""
    var leaf: Digest
    var digest: Digest

    init(_ bytes: [UInt8]) {
      leaf = MerkleTree.leaf(bytes)
      digest = Digest(of: bytes)
      do { entry = try LedgerEntry(bytes: bytes) } catch { problem = "\(error)" }
    }
  }

  init(_ files: LedgerFiles) {
    self.init(
      files, SharedWork.map(Array(0..<files.entryCount)) { files[LedgerLayout.entry($0)].map(Entry.init) })
  }

  /// - Parameter entries: what the files of the entries were read as.
  init(_ files: LedgerFiles, _ entries: [Entry?]) {
    self.files = files
    self.entries = entries
  }

  /// Paths of the plans needed to know what is owned: those of base's intents and all later ones.
  var neededPlans: Set<String> {
    let entries = entries.compactMap { $0?.entry }
    let bases = LedgerBases(entries)
    var needed: Set<String> = []
    for entry in entries {
      guard case .intent(let intent) = entry.record else { continue }
      if bases.concerns(intent, entry.sequence) { needed.insert(LedgerLayout.plan(intent.plan)) }
    }
    return needed
  }
}
