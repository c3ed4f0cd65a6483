internal import WritPolicy
internal import WritSSHSignature

extension LedgerAudit {
  /// A file that somebody signed.
  struct Signed: Sendable {
    var path: String
    /// Place among ``LedgerAudit/entries`` of the entry that says who signed.
    var place: Int

    var signature: String { path + ".sig" }
  }

  /// What has a signature to be judged: the entries that were not verified earlier, and the checkpoint.
  var signed: [Signed] {
    guard keys != nil, let last = entries.indices.last else { return [] }
    let new = entries.indices.filter { entries[$0].sequence >= signaturesFrom }
    return new.map { Signed(path: LedgerLayout.entry(entries[$0].sequence), place: $0) }
      + [Signed(path: LedgerLayout.checkpoint, place: last)]
  }

  /// Judges the signatures of some of ``signed``.
  ///
  /// - Parameters:
  ///   - files: have the contents of these signatures.
  ///   - verify: checks one signature; nil stands for a good one. Called from several threads.
  mutating func judgeSignatures(
    of some: ArraySlice<Signed>, in files: LedgerFiles,
    _ verify: @Sendable (LedgerSeal, AllowedSigners) -> LedgerFault? = { $0.fault(against: $1) }
  ) {
    guard let keys else { return }
    var faults: [LedgerFault] = []
    var seals: [LedgerSeal] = []
    for signed in some {
      let entry = entries[signed.place]
      let isCheckpoint = signed.path == LedgerLayout.checkpoint
      guard let message = self.files[signed.path] else { continue }
      if let armour = files[signed.signature] {
        seals.append(
          LedgerSeal(
            path: signed.path, entry: isCheckpoint ? nil : entry.sequence, position: entry.sequence,
            message: message, armour: armour, actor: entry.actor.text, key: entry.key))
      } else {
        faults.append(
          LedgerFault(.missingFile, entry: entry.sequence, path: signed.signature, "the signature is not there"))
      }
      if !isCheckpoint, case .keyChange(let change) = entry.record { seals += change.seals(in: entry.sequence) }
    }
    faults += SharedWork.map(seals) { verify($0, keys.keys(at: $0.position).signers) }.compactMap(\.self)
    add(signatures: some.count, faults)
  }
}
