internal import WritApply
internal import WritPolicy
internal import WritSSHSignature
internal import WritSystem

/// How far the manifest can be relied on.
enum ManifestStanding {
  case trusted(Manifest)
  case missing
  /// Damaged, signed by nobody who is listed, of another vault, or older than one seen before. `version` as it claims.
  case untrusted(reason: String, version: Int)

  var manifest: Manifest? { if case .trusted(let manifest) = self { manifest } else { nil } }
}

/// The signed manifest's files in `.writ`.
///
/// Two files cannot be replaced at once, so the pair is first written whole under other names; then the signature takes its
/// place, then the manifest. A reader that meets the moment between finds the new manifest under its other name.
struct ManifestFiles {
  static let folder = ".writ"
  static let name = "manifest.json"
  static let signatureName = "manifest.json.sig"
  private static let nextName = "manifest.json.next"
  private static let nextSignatureName = "manifest.json.sig.next"
  static let namespace = "writ-vault-v1"
  static let limit = 64 << 20

  struct Pair: Hashable {
    var manifest: [UInt8]
    var signature: [UInt8]
  }

  /// The pairs that may be the current one, likeliest first; none when nothing was ever written.
  static func pairs(in folder: StoreFolder) throws(SystemError) -> [Pair] {
    let signature = try folder.read(signatureName, limit: SSHSignature.armourLimit)
    let manifest = try folder.read(name, limit: limit)
    let next = try folder.read(nextName, limit: limit)
    guard signature != nil || manifest != nil else { return [] }
    return [manifest, next].compactMap { $0.map { Pair(manifest: $0, signature: signature ?? []) } }
      + (manifest == nil && next == nil ? [Pair(manifest: [], signature: signature ?? [])] : [])
  }

  static func save(_ pair: Pair, in folder: StoreFolder) throws(SystemError) {
    try folder.replace(nextName, with: pair.manifest)
    try folder.replace(nextSignatureName, with: pair.signature)
    try folder.rename(nextSignatureName, to: signatureName)
    try folder.rename(nextName, to: name)
  }
}
