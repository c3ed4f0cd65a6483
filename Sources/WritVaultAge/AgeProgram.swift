internal import WritSSHSignature
internal import WritSystem

/// The `age` program: plain text reaches it and comes back through pipes only.
struct AgeProgram {
  static let path = "/usr/bin/age"
  /// Seconds for one file.
  static let timeLimit = 30
  /// Bytes of one secret.
  static let secretLimit = 1 << 20
  /// Bytes of one encrypted file: the secret, and a header with many RSA keys.
  static let fileLimit = 4 << 20

  static func encrypt(_ plain: [UInt8], to recipients: [Recipient]) throws(VaultError) -> [UInt8] {
    guard plain.count <= secretLimit else { throw .tooLarge(limit: secretLimit) }
    let keys: MemoryFile
    do { keys = try MemoryFile(recipients.file) } catch { throw .system(error) }
    let result = try run(["-e", "-R", keys.path], input: plain)
    // The exit status is not believed alone: the file must name exactly the keys asked for.
    guard result.succeeded, let header = AgeHeader(result.output),
      Set(header.stanzas) == Set(recipients.map(\.stanza))
    else { throw .notEncrypted(complaint(result)) }
    return result.output
  }

  static func decrypt(_ file: [UInt8], identity: String, folder: String, name: String) throws(VaultError) -> [UInt8] {
    let result = try run(["-d", "-i", identity], input: file)
    guard result.succeeded else { throw .notDecrypted(folder: folder, name: name, complaint(result)) }
    return result.output
  }

  private static func run(_ arguments: [String], input: [UInt8]) throws(VaultError) -> Program.Result {
    do {
      return try Program(path, arguments, input: input, timeLimit: timeLimit, outputLimit: fileLimit).run()
    } catch { throw .program(error) }
  }

  private static func complaint(_ result: Program.Result) -> String {
    let line = result.errorText.split(separator: "\n").first { $0.hasPrefix("age: error: ") }
    return visible(String((line?.dropFirst(12) ?? "age failed").prefix(300)))
  }
}
