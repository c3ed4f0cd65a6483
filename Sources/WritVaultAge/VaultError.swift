public import WritSSHSignature
public import WritSystem

/// Why something in an age vault could not be read or done. Never holds anything of a secret.
public enum VaultError: Error, Sendable, Hashable {
  case system(SystemError)
  case program(Program.Failure)
  case signature(SignatureError)
  /// The signed manifest cannot be relied on: missing, damaged, signed by nobody listed, or rolled back.
  case untrusted(String)
  case invalidName(String)
  case unknownFolder(String)
  case unknownSecret(folder: String, name: String)
  /// The file is not the one that the manifest lists.
  case changedOutside(folder: String, name: String)
  /// An earlier change of the folder's readers stopped half-way.
  case unfinished(folder: String)
  /// Not `PRINCIPAL KEYTYPE BASE64`, or a key that age cannot encrypt to.
  case unusableRecipient(String)
  case noRecipients(folder: String)
  case noIdentity
  case unusableIdentity(path: String, String)
  case noSigningKey
  /// `age` said so; its words, control characters made visible.
  case notDecrypted(folder: String, name: String, String)
  case notEncrypted(String)
  /// A symbolic link, a folder, or something over the size limit stands where a secret's file should.
  case irregular(folder: String, name: String)
  case tooLarge(limit: Int)
  /// Somebody else holds the vault's lock.
  case locked(String)
  case notCommitted(String)
}
