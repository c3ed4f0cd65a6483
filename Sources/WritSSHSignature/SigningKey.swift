internal import Glibc
internal import WritSystem

/// A key to sign with: a private key file without a passphrase, or a public key file whose private half is in an agent.
public struct SigningKey: Sendable {
  public let path: String
  /// The agent's socket; passed on to `ssh-keygen` as `SSH_AUTH_SOCK`. Nil: no agent is asked.
  public let agentSocket: String?
  public let publicKey: PublicKey

  /// Bytes of a key file over which it is not read.
  private static let fileLimit = 64 << 10

  /// - Throws: ``SignatureError/unusableKey(path:reason:)``, also for a private key that needs a passphrase.
  public init(path: String, agentSocket: String? = nil) throws(SignatureError) {
    self.path = path
    self.agentSocket = agentSocket
    let bytes: [UInt8]
    do { bytes = try FileContents.read(path, limit: Self.fileLimit) } catch {
      throw .unusableKey(path: path, reason: error.code == EINVAL ? "it is no regular file" : error.reason)
    }
    if let first = bytes.split(separator: UInt8(ascii: "\n")).first,
      let key = PublicKey(String(decoding: first, as: UTF8.self), comment: true)
    {
      publicKey = key
      return
    }
    let result = try SSHKeygen.run(["-y", "-P", "", "-f", path])
    let line = result.output.split(separator: UInt8(ascii: "\n")).first ?? []
    guard result.succeeded, let key = PublicKey(String(decoding: line, as: UTF8.self), comment: true) else {
      throw .unusableKey(path: path, reason: SSHKeygen.complaint(result))
    }
    publicKey = key
  }

  /// An armoured SSHSIG over `message`.
  ///
  /// - Throws: ``SignatureError``; also when the signature that came back is by another key than ``publicKey``.
  public func sign(_ message: [UInt8], namespace: String) throws(SignatureError) -> [UInt8] {
    let result = try SSHKeygen.run(
      ["-Y", "sign", "-f", path, "-n", namespace], agentSocket: agentSocket, input: message)
    guard result.succeeded else { throw .notSigned(SSHKeygen.complaint(result)) }
    let made = try SSHSignature(armour: result.output)
    guard made.namespace == namespace else { throw .wrongNamespace(wanted: namespace, found: made.namespace) }
    guard made.key == publicKey else { throw .notSigned("signed with another key than \(publicKey)") }
    return result.output
  }
}
