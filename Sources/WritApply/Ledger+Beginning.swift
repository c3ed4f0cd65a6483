internal import WritPolicy
internal import WritSSHSignature

extension Ledger {
  /// Begins the ledger: `apply --bootstrap`. Trusts the signers that this commit's policy names.
  ///
  /// Refused where anything remembers a ledger: the upstream, this clone, or a target. Otherwise whoever can delete the
  /// branch could have everything begun anew, with signers of their own.
  ///
  /// - Throws: ``LedgerError/exists(where:)`` and others.
  public func begin(
    _ genesis: Genesis, signer: LedgerSigner, runner: String? = nil, targets: [any Target],
    crew: TargetCrew = TargetCrew()
  ) throws(LedgerError) {
    precondition(access == .writing, "a ledger opened for reading is not written")
    guard LedgerLayout.isOrigin(genesis.origin) else { throw .badOrigin(genesis.origin) }
    if try RememberedHead(reading: clone.rememberedPath) != nil { throw .exists(where: clone.rememberedPath) }
    if try newest() != nil { throw .exists(where: upstream.url) }
    let heads = crew.map(targets) { target in Result { try target.readHead() } }
    for (target, head) in zip(targets, heads) {
      switch head {
      // A target that cannot say whether it remembers a ledger may well do so.
      case .failure: throw .unreadWitness(target.name)
      case .success(nil): continue
      case .success: throw .exists(where: target.name.description)
      }
    }
    let keys: LedgerKeys
    do { keys = try LedgerKeys(version: 1, file: genesis.signers, threshold: genesis.threshold) } catch {
      throw .badSigners(error)
    }
    guard keys.signers.entries(of: signer.actor.text).contains(where: { $0.key == signer.key.publicKey }) else {
      throw .notASigner(actor: signer.actor.text, key: signer.key.publicKey.fingerprint)
    }
    let entry = LedgerEntry(
      sequence: 0, previous: nil, time: clock(), actor: signer.actor, key: signer.key.publicKey.fingerprint,
      runner: runner, record: .genesis(genesis))
    let commit = try commit(entry, plan: nil, signer: signer, after: nil)
    switch try push(commit, onto: nil) {
    case .taken: return
    case .moved: throw .exists(where: upstream.url)
    case .unreachable(let reason):
      try clone.git.setRef(LedgerClone.pending, nil)
      throw .unreachable(upstream: upstream.url, reason: reason)
    }
  }
}
