/// For whom an age file says that it was encrypted (age-encryption.org/v1).
///
/// The header is what the writer of the file claims: a tag is four bytes and can be made up. It shows who was let in by
/// somebody using `age`; that a file is the right one is shown by its digest in the signed manifest alone.
struct AgeHeader: Hashable, Sendable {
  struct Stanza: Hashable, Sendable {
    var type: String
    /// Of `ssh-ed25519` and `ssh-rsa`: which key. Empty for the others, which do not tell.
    var tag: String
  }

  let stanzas: [Stanza]

  /// Bytes over which a header is not read.
  static let limit = 1 << 20

  /// Nil when the bytes do not begin with a header.
  init?(_ bytes: [UInt8]) {
    var stanzas: [Stanza] = []
    var position = 0
    func line() -> String? {
      guard position < Swift.min(bytes.count, Self.limit), let end = bytes[position...].firstIndex(of: 0x0a) else {
        return nil
      }
      defer { position = end + 1 }
      return String(validating: bytes[position..<end], as: UTF8.self)
    }
    guard line() == "age-encryption.org/v1" else { return nil }
    while let text = line() {
      if text.hasPrefix("--- ") {
        guard !stanzas.isEmpty, text.utf8.count == 47 else { return nil }
        self.stanzas = stanzas
        return
      }
      let fields = text.split(separator: " ", omittingEmptySubsequences: false)
      guard fields.count >= 2, fields[0] == "->", fields.allSatisfy({ !$0.isEmpty }) else { return nil }
      let type = String(fields[1])
      let hasTag = type == "ssh-ed25519" || type == "ssh-rsa"
      guard !hasTag || fields.count >= 3 else { return nil }
      stanzas.append(Stanza(type: type, tag: hasTag ? String(fields[2]) : ""))
      // The body: full lines of 64 characters, then a shorter one.
      while true {
        guard let body = line(), body.utf8.count <= 64, !body.hasPrefix("-") else { return nil }
        if body.utf8.count < 64 { break }
      }
    }
    return nil
  }
}
