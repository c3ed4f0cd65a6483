internal import WritDigest
internal import WritPolicy
internal import WritSSHSignature

/// Whose signatures count at each place of a ledger: decided by the entries before it, never by a date.
struct KeyChain: Sendable, Hashable {
  let origin: String
  let genesis: Digest
  /// Each with the first entry that it judges.
  private(set) var states: [State]

  struct State: Sendable, Hashable {
    var from: Int
    var keys: LedgerKeys
  }

  /// - Parameter digest: of the genesis entry's file.
  init(_ genesis: Genesis, digest: Digest) throws(KeyChangeFault) {
    origin = genesis.origin
    self.genesis = digest
    // The genesis entry is judged by the signers that it names itself: whoever begins a ledger is believed once.
    states = [
      State(from: 0, keys: try LedgerKeys(version: 1, file: genesis.signers, threshold: genesis.threshold))
    ]
  }

  /// In force for the next entry.
  var current: LedgerKeys { states[states.count - 1].keys }

  /// In force when an entry was signed.
  func keys(at sequence: Int) -> LedgerKeys {
    (states.last { $0.from <= sequence } ?? states[0]).keys
  }

  /// What the signers in force have to sign for other keys.
  func statement(signers: String, threshold: Int) -> KeyStatement {
    KeyStatement(
      origin: origin, genesis: genesis, version: current.version + 1, signers: signers, threshold: threshold)
  }

  /// The keys that a change makes, as far as its signatures are good, which is left to the caller.
  ///
  /// - Throws: ``KeyChangeFault`` when it is for another ledger or place, makes keys that nobody could use, or has too few signatures.
  func successor(by change: KeyChange) throws(KeyChangeFault) -> LedgerKeys {
    let wanted = change.statement
    guard wanted.origin == origin, wanted.genesis == genesis else { throw KeyChangeFault("it is for another ledger") }
    guard wanted.version == current.version + 1 else {
      throw KeyChangeFault("it makes version \(wanted.version) of the keys after version \(current.version)")
    }
    let next = try LedgerKeys(version: wanted.version, file: wanted.signers, threshold: wanted.threshold)
    // Names that have signed; who goes by two of them is one person.
    var names: Set<String> = []
    for signature in change.signatures {
      let made = try? SSHSignature(armour: Array(signature.armour.utf8))
      let theirs = made.map { current.signers.principals(of: $0.key) } ?? []
      guard theirs.contains(signature.actor.text) else {
        throw KeyChangeFault("the signature of \(signature.actor) is by no key of theirs in force")
      }
      guard names.isDisjoint(with: theirs) else { throw KeyChangeFault("\(signature.actor) signed it twice") }
      names.formUnion(theirs)
    }
    guard change.signatures.count >= current.threshold else {
      throw KeyChangeFault("\(change.signatures.count) of \(current.threshold) signatures")
    }
    return next
  }

  /// Takes a change over from the entry after it on.
  mutating func take(_ change: KeyChange, at sequence: Int) throws(KeyChangeFault) {
    states.append(State(from: sequence + 1, keys: try successor(by: change)))
  }
}
