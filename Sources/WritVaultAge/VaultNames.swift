/// Path of a folder inside the vault: components `[A-Za-z0-9][A-Za-z0-9._-]*`, so nothing hidden and no way out.
struct FolderPath: Hashable, Sendable {
  let components: [String]

  init(_ text: String) throws(VaultError) {
    let components = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard text.utf8.count <= 255, components.allSatisfy(Self.isComponent) else {
      throw .invalidName(visible(text))
    }
    self.components = components
  }

  static func isComponent(_ text: String) -> Bool {
    func isAlphanumeric(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: false
      }
    }
    guard (1...200).contains(text.utf8.count), let first = text.utf8.first, isAlphanumeric(first) else { return false }
    return text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
  }

  /// The name of a secret; its file has `.age` after it.
  static func check(secret name: String) throws(VaultError) {
    guard isComponent(name) else { throw .invalidName(visible(name)) }
  }
}

/// Text from outside with control characters made visible, for messages.
func visible(_ text: String) -> String {
  var out = ""
  for scalar in text.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
      out += "\\u{\(String(scalar.value, radix: 16))}"
    default: out.unicodeScalars.append(scalar)
    }
  }
  return out
}
