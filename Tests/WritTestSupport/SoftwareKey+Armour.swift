internal import CLibcrypto

extension SoftwareKey {
  /// `TYPE BASE64`.
  public var line: String {
    get throws { "\(kind.rawValue) \(Self.base64(try wire))" }
  }

  /// As `ssh-keygen -l` prints it.
  public var fingerprint: String {
    get throws {
      "SHA256:" + String(Self.base64(Self.digest(try wire, EVP_sha256())).prefix { $0 != "=" })
    }
  }

  public func armour(over message: [UInt8], namespace: String) throws -> [UInt8] {
    Self.armoured(try blob(over: message, .with { $0.namespace = namespace }))
  }

  /// As ssh-keygen writes it, in lines of 70.
  public static func armoured(_ blob: [UInt8]) -> [UInt8] {
    var rest = base64(blob)[...]
    var lines = ["-----BEGIN SSH SIGNATURE-----"]
    while !rest.isEmpty {
      lines.append(String(rest.prefix(70)))
      rest = rest.dropFirst(70)
    }
    return Array((lines + ["-----END SSH SIGNATURE-----", ""]).joined(separator: "\n").utf8)
  }

  public static func base64(_ bytes: [UInt8]) -> String {
    var out = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let count = EVP_EncodeBlock(&out, bytes, Int32(bytes.count))
    return String(decoding: out.prefix(Int(count)), as: UTF8.self)
  }
}
