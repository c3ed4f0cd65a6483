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
    case .conflictingKeys: .conflictingKeys
    case .invalidTime: .invalidTime
    case .unknownTimezone: .unknownTimezone
    case .invalidNetwork: .invalidNetwork
    case .invalidSSHKey: .invalidSSHKey
    // Names
    case .unknownRole: .unknownRole
    case .duplicateName: .duplicateName
    case .unknownPrincipal: .unknownPrincipal
    case .unknownResource: .unknownResource
    case .unknownHost: .unknownHost
    case .unknownVault: .unknownVault
    case .unknownOperation: .unknownOperation
    case .unknownTag: .unknownTag
    case .unknownChange: .unknownChange
    case .previousNameInUse: .previousNameInUse
    case .includeCycle: .includeCycle
    // Principals
    case .invalidAccount: .invalidAccount
    case .invalidUID: .invalidUID
    case .missingUID: .missingUID
    case .sharedAccount: .sharedAccount
    case .sharedUID: .sharedUID
    case .sharedEmail: .sharedEmail
    case .sharedSSHKey: .sharedSSHKey
    case .sharedWorkload: .sharedWorkload
    case .notAPerson: .notAPerson
    case .notAServiceAccount: .notAServiceAccount
    case .serviceAccountLogin: .serviceAccountLogin
    case .custodianWithoutKey: .custodianWithoutKey
    // Resources, hosts and vaults
    case .unsafePath: .unsafePath
    case .duplicatePath: .duplicatePath
    case .invalidMode: .invalidMode
    case .invalidGroup: .invalidGroup
    case .groupConflict: .groupConflict
    case .needsPrivileged: .needsPrivileged
    case .egressWithoutEffect: .egressWithoutEffect
    case .notPersonal: .notPersonal
    case .wrongResourceKind: .wrongResourceKind
    case .vaultCannot: .vaultCannot
    case .overlappingFolders: .overlappingFolders
    case .sharedConnection: .sharedConnection
    case .baselineConflict: .baselineConflict
    case .backupPlace: .backupPlace
    // Meaning
    case .entryTooLong: .entryTooLong
    case .unboundedEntry: .unboundedEntry
    case .missingReason: .missingReason
    case .separationBroken: .separationBroken
    case .ruleNeverMatches: .ruleNeverMatches
    case .tooFewApprovers: .tooFewApprovers
    case .missingManager: .missingManager
    case .unreadableSigners: .unreadableSigners
    case .unknownSigner: .unknownSigner
    case .inactiveSigner: .inactiveSigner
    case .keyThresholdTooHigh: .keyThresholdTooHigh
    case .sharedGroup: .sharedGroup
    case .allowedAndDenied: .allowedAndDenied
    case .entryDenied: .entryDenied
    case .unreachableResource: .unreachableResource
    case .emptyRole: .emptyRole
    case .emptyList: .emptyList
    case .testMatchesNobody: .testMatchesNobody
    case .entryOver: .entryOver
    case .entryEndsSoon: .entryEndsSoon
    case .ownerInactive: .ownerInactive
    case .outlivesOwner: .outlivesOwner
    case .lastReader: .lastReader
    case .lastAdministrator: .lastAdministrator
    // Seen on targets
    case .openListener: .openListener
    case .auditSilenced: .auditSilenced
    case .auditLocked: .auditLocked
    case .backupOverdue: .backupOverdue
    }
  }
}
