/// An OpenSSH public key line: type, base64 and perhaps a comment (sshd(8), "AUTHORIZED_KEYS FILE FORMAT").
public struct PublicKeyText: Hashable, Sendable {
  /// `type base64`, without the comment.
  public let text: String
  /// `ssh-ed25519`
  public let type: String

  /// Whether the age program can encrypt to the key (age(1): `ssh-ed25519` and `ssh-rsa`).
  public var isUsableByAge: Bool { type == "ssh-ed25519" || type == "ssh-rsa" }

  public enum Problem: Error, Hashable, Sendable {
    case malformed
    case unknownType(String)
    case options
    case notBase64
    /// Says one type outside and another inside.
    case typeDiffers
    /// Too short, too long, or not made as keys of its type are.
    case damaged
    /// RSA below 2048 bits.
    case weak
    case privateKey

    /// What is wrong, in words; names nothing of the key but its type, shortened.
    public var message: String {
      switch self {
      case .malformed: "this is not an ssh public key"
      case .unknownType(let type): "`\(type.clipped)` is not a type of ssh key"
      case .options: "options before an ssh key are not taken"
      case .notBase64: "the ssh key is not base64"
      case .typeDiffers: "the ssh key is of another type than it says"
      case .damaged: "the ssh key is damaged"
      case .weak: "the ssh key is too short to be safe"
      case .privateKey: "this is a private key"
      }
    }

    var label: String {
      switch self {
      case .malformed: "expected a type and base64"
      case .unknownType: "expected `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-…` or `sk-…`"
      case .options: "limits come from the policy"
      case .notBase64: "cut off or mistyped"
      case .typeDiffers: "the two do not agree"
      case .damaged: "cut off or mistyped"
      case .weak: "RSA needs 2048 bits or more"
      case .privateKey: "must never be in a policy"
      }
    }
  }

  static let types: Set<String> = [
    "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
  ]

  /// Longest line that is read: sshd's own limit is larger, a 16384-bit RSA key is below it.
  static let longest = 8192

  public init(_ line: String) throws(Problem) {
    if line.hasPrefix("-----BEGIN") || line.hasPrefix("AGE-SECRET-KEY") { throw .privateKey }
    guard line.utf8.count <= Self.longest else { throw .damaged }
    let words = line.utf8.split(maxSplits: 2) { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard let first = words.first.map({ String(Substring($0)) }) else { throw .malformed }
    guard Self.types.contains(first) else {
      // `command="…" ssh-ed25519 …`: a known type stands later in the line.
      if words.count > 1,
        line.split(whereSeparator: { $0 == " " || $0 == "\t" }).contains(where: { Self.types.contains(String($0)) })
      {
        throw .options
      }
      throw words.count > 1 ? .unknownType(first) : .malformed
    }
    guard words.count > 1 else { throw .malformed }
    guard let blob = Self.decodeBase64(words[1]) else { throw .notBase64 }
    try Self.check(blob, type: first)
    type = first
    text = "\(first) \(String(Substring(words[1])))"
  }

  /// RFC 4648 §4 with padding, as OpenSSH writes it; nil for anything else.
  private static func decodeBase64(_ text: Substring.UTF8View) -> [UInt8]? {
    guard text.count % 4 == 0, !text.isEmpty else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var bits: UInt32 = 0
    var held = 0
    var padding = 0
    for character in text {
      let value: UInt8
      switch character {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      case UInt8(ascii: "="):
        padding += 1
        continue
      default: return nil
      }
      guard padding == 0 else { return nil }
      bits = bits << 6 | UInt32(value)
      held += 6
      if held >= 8 {
        held -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
        bits &= (1 << UInt32(held)) - 1
      }
    }
    // What padding cuts off must be zero, or two texts would be one key.
    return padding <= 2 && bits == 0 ? bytes : nil
  }

  /// The blob is a row of strings, each after its length (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4, PROTOCOL.u2f).
  private static func check(_ blob: [UInt8], type: String) throws(Problem) {
    var fields: [ArraySlice<UInt8>] = []
    var rest = blob[...]
    while !rest.isEmpty {
      guard rest.count >= 4 else { throw .damaged }
      let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(4)
      guard length <= rest.count else { throw .damaged }
      fields.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    guard let inner = fields.first else { throw .damaged }
    guard inner.elementsEqual(type.utf8) else { throw .typeDiffers }
    switch type {
    case "ssh-ed25519": guard fields.count == 2, fields[1].count == 32 else { throw .damaged }
    case "sk-ssh-ed25519@openssh.com":
      guard fields.count == 3, fields[1].count == 32, !fields[2].isEmpty else { throw .damaged }
    case "ssh-rsa":
      guard fields.count == 3, !fields[1].isEmpty, !fields[2].isEmpty else { throw .damaged }
      let modulus = fields[2].drop { $0 == 0 }
      let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
      if bits < 2048 { throw .weak }
    default:
      let isHardware = type.hasPrefix("sk-")
      guard fields.count == (isHardware ? 4 : 3) else { throw .damaged }
      let size = type.contains("nistp256") ? 32 : type.contains("nistp384") ? 48 : 66
      // An uncompressed point: 4, x, y.
      guard fields[2].count == 2 * size + 1, fields[2].first == 4 else { throw .damaged }
    }
  }
}
