internal import WritDigest
internal import WritPolicy
internal import WritSSHSignature

/// A signed file, and who is said to have signed it.
struct LedgerSeal: Sendable, Hashable {
  var path: String
  var entry: Int?
  /// The entry whose signers judge it: those in force before that one.
  var position: Int
  var message: [UInt8]
  var armour: [UInt8]
  var actor: String
  /// Fingerprint that the entry names; a signature of a key change names none.
  var key: String?
  var namespace = LedgerLayout.namespace

  /// What is wrong with the signature under these signers; nil when nothing is.
  func fault(against signers: AllowedSigners) -> LedgerFault? {
    do {
      let signature = try signers.verify(
        message, signature: armour, principal: actor, namespace: namespace)
      if let key, signature.key.fingerprint != key {
        return LedgerFault(.wrongKey, entry: entry, path: path, "signed by \(signature.key.fingerprint), not \(key)")
      }
      return nil
    } catch {
      return LedgerFault(.badSignature, entry: entry, path: path, Self.text(error))
    }
  }

  static func text(_ error: SignatureError) -> String {
    switch error {
    case .malformed(let reason): "the signature cannot be read: \(reason)"
    case .unusableKey(_, let reason): "unusable key: \(reason)"
    case .unknownPrincipal(let name): "no key of `\(name)` is in force"
    case .foreignKey(let name, let key): "signed by \(key.fingerprint), which is no key of `\(name)` in force"
    case .wrongNamespace(_, let found): "signed for another purpose: \(found)"
    case .namespaceNotAllowed(let name, _): "the key of `\(name)` may not sign here"
    case .notGood(let reason), .notSigned(let reason): "the signature does not fit: \(reason)"
    case .library(let reason): "the signature could not be judged: \(reason)"
    case .program(let failure): "ssh-keygen could not be asked: \(failure)"
    case .system(let error): "ssh-keygen could not be asked: \(error)"
    }
  }
}

extension KeyChange {
  /// Its signatures, to be judged by the signers in force before the entry.
  func seals(in sequence: Int) -> [LedgerSeal] {
    signatures.map {
      LedgerSeal(
        path: LedgerLayout.entry(sequence), entry: sequence, position: sequence, message: statement.bytes,
        armour: Array($0.armour.utf8), actor: $0.actor.text, namespace: LedgerKeys.namespace)
    }
  }
}
