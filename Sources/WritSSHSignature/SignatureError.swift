public import WritSystem

/// Why something could not be signed or is not well signed.
public enum SignatureError: Error, Sendable, Hashable {
  /// The signature is no readable SSHSIG.
  case malformed(String)
  /// The file is no usable key, or its key cannot be had without a passphrase.
  case unusableKey(path: String, reason: String)
  /// Nobody of that name is listed.
  case unknownPrincipal(String)
  /// Good or not, it was made by a key that is not listed for the principal.
  case foreignKey(principal: String, key: PublicKey)
  case wrongNamespace(wanted: String, found: String)
  /// The principal's key is listed for other namespaces only.
  case namespaceNotAllowed(principal: String, namespace: String)
  /// The signature does not fit the message, or the key was not valid at the time asked for.
  case notGood(String)
  /// libcrypto could not judge it: a key that lies on no curve, an algorithm that this machine has switched off.
  case library(String)
  /// `ssh-keygen` did not make a signature, or none by the key asked for.
  case notSigned(String)
  case program(Program.Failure)
  case system(SystemError)
}
