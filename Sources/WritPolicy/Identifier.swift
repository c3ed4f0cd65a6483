/// A validated name of one kind: `[a-z0-9][a-z0-9._-]{0,62}` (design §2).
///
/// A bare `String` never crosses a module's border as a name.
public struct Identifier<Kind>: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
  public let text: String

  /// Nil when `text` is no name.
  public init?(validating text: String) {
    let bytes = text.utf8
    guard (1...63).contains(bytes.count), let first = bytes.first, Self.isAlphanumeric(first) else {
      return nil
    }
    for byte in bytes
    where
      !(Self.isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
      || byte == UInt8(ascii: "-"))
    {
      return nil
    }
    self.text = text
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  public var description: String { text }

  /// - Throws: `DecodingError` for a text that is no name.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let name = Self(validating: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a name")
    }
    self = name
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  public static func < (a: Identifier, b: Identifier) -> Bool { a.text < b.text }
}

/// People and service accounts share one name space.
public enum PrincipalTag {}
public enum RoleTag {}
/// Resources and sharing groups share one name space.
public enum ResourceTag {}
/// Hosts and labels share one name space.
public enum HostTag {}
public enum VaultTag {}
public enum BaselineTag {}

public typealias PrincipalName = Identifier<PrincipalTag>
public typealias RoleName = Identifier<RoleTag>
public typealias ResourceName = Identifier<ResourceTag>
public typealias HostName = Identifier<HostTag>
public typealias VaultName = Identifier<VaultTag>
public typealias BaselineName = Identifier<BaselineTag>

/// What a plan changes: a host or a vault.
public enum TargetName: Hashable, Sendable, Comparable, CustomStringConvertible {
  case host(HostName)
  case vault(VaultName)

  /// `host:gpu01` or `vault:team`, as JSON and the ledger write it.
  public var description: String {
    switch self {
    case .host(let name): "host:\(name)"
    case .vault(let name): "vault:\(name)"
    }
  }

  /// Reads what ``description`` writes.
  public init?(_ text: String) {
    if text.hasPrefix("host:"), let name = HostName(validating: String(text.dropFirst(5))) {
      self = .host(name)
    } else if text.hasPrefix("vault:"), let name = VaultName(validating: String(text.dropFirst(6))) {
      self = .vault(name)
    } else {
      return nil
    }
  }

  public static func < (a: TargetName, b: TargetName) -> Bool { a.description < b.description }
}
