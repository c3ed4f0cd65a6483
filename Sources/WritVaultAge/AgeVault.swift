internal import Glibc
public import WritApply
internal import WritDigest
public import WritPolicy
public import WritSSHSignature
internal import WritSystem

/// A vault of age files in passage's layout: `FOLDER/SECRET.age`, and the folder's readers in `FOLDER/.age-recipients`.
///
/// What it should hold is said by a signed manifest in `.writ`. A file counts when the manifest lists its digest; nothing else
/// in the store is believed. Where the manifest itself cannot be relied on (missing, damaged, signed by nobody
/// listed, older than one seen before) every owned folder is shown with that fault, and an apply with a custodian's
/// identity encrypts all of it anew, starts a new manifest and marks every secret as rotation due.
///
/// One value is for one thread.
public final class AgeVault: Target {
  /// Whoever changes the vault signs its manifest.
  public struct Signer: Sendable {
    /// As the allowed signers list the key.
    public var principal: String
    public var key: SigningKey

    public init(principal: String, key: SigningKey) {
      self.principal = principal
      self.key = key
    }
  }

  public let vault: VaultName
  public var name: TargetName { .vault(vault) }
  /// The store: absolute, or relative to the working directory.
  public let path: String
  let identity: String?
  let signer: Signer?
  let signers: AllowedSigners
  let custodians: [String]
  let now: Instant
  var rememberedVersion: Int?
  /// Seconds to wait for another writer.
  var patience = 10

  /// Called after each durable write; tests make the n-th one the last.
  var afterWrite: (() throws -> Void)?
  private var verified: (bytes: [UInt8], signature: [UInt8], manifest: Manifest)?

  /// - Parameters:
  ///   - path: The store. It need not exist.
  ///   - identity: A custodian's ssh private key or age identity file, without passphrase; needed to change readers.
  ///   - signer: Needed for every change.
  ///   - signers: Whose manifest counts.
  ///   - custodians: `PRINCIPAL KEYTYPE BASE64`: who keeps the secrets of a folder that is no longer wanted. Keys that age cannot
  ///     encrypt to are passed over.
  ///   - now: The instant written into records.
  ///   - rememberedVersion: The newest version the caller has seen, see ``version()``; an older manifest is a roll-back.
  public init(
    _ vault: VaultName, path: String, identity: String? = nil, signer: Signer? = nil, signers: AllowedSigners,
    custodians: [String], now: Instant, rememberedVersion: Int? = nil
  ) {
    self.vault = vault
    self.path = path
    self.identity = identity
    self.signer = signer
    self.signers = signers
    self.custodians = custodians
    self.now = now
    self.rememberedVersion = rememberedVersion
  }

  /// The version of the signed manifest, for the caller to remember; nil when there is none.
  ///
  /// - Throws: ``VaultError/untrusted(_:)``.
  public func version() throws(VaultError) -> Int? {
    switch try standing() {
    case .trusted(let manifest): manifest.version
    case .missing: nil
    case .untrusted(let reason, _): throw .untrusted(reason)
    }
  }

  /// How far the manifest can be relied on. Read again when it seems bad: another process may be replacing it just now.
  func standing() throws(VaultError) -> ManifestStanding {
    var pairs = try readPairs()
    while true {
      let standing = try judge(pairs)
      guard case .untrusted = standing else { return standing }
      usleep(2000)
      let again = try readPairs()
      if again == pairs { return standing }
      pairs = again
    }
  }

  /// Nil when something else than regular files stands there.
  private func readPairs() throws(VaultError) -> [ManifestFiles.Pair]? {
    do {
      guard let folder = try StoreFolder.root(path)?.folder(ManifestFiles.folder) else { return [] }
      return try ManifestFiles.pairs(in: folder)
    } catch {
      guard [ELOOP, ENOTDIR, EINVAL, EFBIG].contains(error.code) else { throw .system(error) }
      return nil
    }
  }

  private func judge(_ pairs: [ManifestFiles.Pair]?) throws(VaultError) -> ManifestStanding {
    guard let pairs else { return .untrusted(reason: "the manifest is no regular file", version: 0) }
    guard let first = pairs.first else { return lost() }
    var reason = "the manifest is damaged"
    for pair in pairs {
      switch try verify(pair) {
      case .bad(let text): reason = text
      case .good(let manifest):
        guard manifest.vault == vault.text else {
          return .untrusted(reason: "the manifest is another vault's: \(visible(manifest.vault))", version: 0)
        }
        guard manifest.version >= rememberedVersion ?? 0 else {
          return .untrusted(
            reason: "the manifest was rolled back from version \(rememberedVersion ?? 0) to \(manifest.version)",
            version: manifest.version)
        }
        return .trusted(manifest)
      }
    }
    return .untrusted(reason: reason, version: Manifest(first.manifest)?.version ?? 0)
  }

  /// Whose key signed the manifest that was found good.
  var manifestKey: PublicKey? { verified.flatMap { try? SSHSignature(armour: $0.signature) }?.key }

  private func lost() -> ManifestStanding {
    guard let rememberedVersion else { return .missing }
    return .untrusted(reason: "the manifest is gone", version: rememberedVersion)
  }

  /// The manifest, or why it does not count.
  private func verify(_ pair: ManifestFiles.Pair) throws(VaultError) -> Verdict {
    if let verified, verified.bytes == pair.manifest, verified.signature == pair.signature {
      return .good(verified.manifest)
    }
    guard let made = try? SSHSignature(armour: pair.signature) else { return .bad("the manifest is not signed") }
    guard let principal = signers.principals(of: made.key).first else {
      return .bad("the manifest is signed by a key that is not listed")
    }
    do {
      try signers.verify(
        pair.manifest, signature: pair.signature, principal: principal, namespace: ManifestFiles.namespace)
    } catch {
      // What could not be asked is not a bad signature.
      switch error {
      case .program, .system, .library: throw .signature(error)
      default: return .bad("the manifest's signature is not good")
      }
    }
    guard let manifest = Manifest(pair.manifest) else { return .bad("the manifest cannot be read") }
    verified = (pair.manifest, pair.signature, manifest)
    return .good(manifest)
  }

  private enum Verdict {
    case good(Manifest)
    case bad(String)
  }
}
