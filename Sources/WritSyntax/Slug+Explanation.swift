extension Slug {
  /// What `writ explain SLUG` prints: for somebody who met the finding and has never read the documentation.
  public struct Explanation: Sendable, Hashable {
    /// What the finding says, in one or two sentences.
    public var meaning: String
    /// Why it is refused or worth a warning.
    public var reason: String
    /// How to mend it.
    public var mend: String
    /// A few lines that cause it, and what to write instead.
    public var example: String

    public init(meaning: String, reason: String, mend: String, example: String) {
      self.meaning = meaning
      self.reason = reason
      self.mend = mend
      self.example = example
    }
  }

  /// The explanation of every slug. Without a default, so that no slug can be added without one; the texts stand
  /// with their group, in `Slug+Explanation+….swift`.
  public var explanation: Explanation {
    switch self {
    // Syntax
    case .yamlSyntax: .yamlSyntax
    case .anchor: .anchor
    case .alias: .alias
    case .mergeKey: .mergeKey
    case .tag: .tag
    case .duplicateKey: .duplicateKey
    case .complexKey: .complexKey
    case .severalDocuments: .severalDocuments
    case .fileTooLarge: .fileTooLarge
    case .nestingTooDeep: .nestingTooDeep
    case .invalidUTF8: .invalidUTF8
    case .controlCharacter: .controlCharacter
    // Schema
    case .unknownKey: .unknownKey
    case .missingKey: .missingKey
    case .wrongType: .wrongType
    case .invalidName: .invalidName
    case .invalidValue: .invalidValue
    // Names
    case .unknownRole: .unknownRole
    case .duplicateName: .duplicateName
    }
  }
}
