/// The stable name of a kind of finding: scripts and documentation refer to it, so a case is never renamed.
public enum Slug: String, Sendable, Hashable, CaseIterable {
  // Syntax
  case yamlSyntax = "yaml-syntax"
  case anchor = "anchor"
  case alias = "alias"
  case mergeKey = "merge-key"
  case tag = "tag"
  case duplicateKey = "duplicate-key"
  case complexKey = "complex-key"
  case severalDocuments = "several-documents"
  case fileTooLarge = "file-too-large"
  case nestingTooDeep = "nesting-too-deep"
  case invalidUTF8 = "invalid-utf8"
  case controlCharacter = "control-character"
  // Schema
  case unknownKey = "unknown-key"
  case missingKey = "missing-key"
  case wrongType = "wrong-type"
  case invalidName = "invalid-name"
  case invalidValue = "invalid-value"
  // Names
  case unknownRole = "unknown-role"
  case duplicateName = "duplicate-name"
}
