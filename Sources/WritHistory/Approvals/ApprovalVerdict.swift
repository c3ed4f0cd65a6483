public import WritDigest
public import WritPolicy

/// A valid signature over items: who signed what is settled by whoever read it.
public struct GivenApproval: Sendable, Hashable {
  /// The digest of the statement.
  public var id: Digest
  /// To whom the accepted signers give the key.
  public var approver: PrincipalName
  public var items: [ApprovalItem]
  /// How strongly it is proved; see ``ApprovalRule/levels``.
  public var level: Int
  /// When it was signed, as the approver says.
  public var signed: Instant
  /// The first instant at which it does not count.
  public var expires: Instant
  /// Whether it let a commit in already.
  public var used: Bool

  public init(
    id: Digest, approver: PrincipalName, items: [ApprovalItem], level: Int, signed: Instant, expires: Instant,
    used: Bool = false
  ) {
    self.id = id
    self.approver = approver
    self.items = items
    self.level = level
    self.signed = signed
    self.expires = expires
    self.used = used
  }
}

/// Why an approval that is about the same access or subject does not count for a demand.
public enum ApprovalRefusal: String, Sendable, Hashable, CaseIterable {
  /// By nobody of the accepted policy, or by a service account.
  case notAPerson = "not-a-person"
  case author, applier, beneficiary
  /// The rule does not name the approver.
  case notEligible = "not-eligible"
  case used, expired
  /// Signed later than now.
  case notYet = "not-yet"
  /// Older than the rule's `max-age`.
  case tooOld = "too-old"
  /// Proved less than the rule's `min-level`.
  case lowLevel = "low-level"
  case otherTarget = "other-target"
  case otherControl = "other-control"
  /// For other keys, another account or another uid of whoever gains.
  case otherIdentity = "other-identity"
  case otherInterval = "other-interval"
  /// For another change of the same subject.
  case otherChange = "other-change"
}

/// Whether one demand is met, and by whom.
public struct ApprovalVerdict: Sendable, Hashable {
  public struct Counted: Sendable, Hashable {
    public var approver: PrincipalName
    public var approval: Digest
  }
  public struct Refused: Sendable, Hashable {
    public var approver: PrincipalName
    public var approval: Digest
    public var reason: ApprovalRefusal
  }

  public var demand: ApprovalDemand
  /// Approvals that count, by approver.
  public var counted: [Counted]
  /// Approvals that are about it and do not count, by approver.
  public var refused: [Refused]
  /// How many people are missing where most are: for some of the time, or for some of what changes.
  public var missing: Int

  public var isMet: Bool { missing == 0 }
}

/// The approvals of a whole change.
public struct ApprovalJudgement: Sendable {
  /// One for each demand, in the same order.
  public var verdicts: [ApprovalVerdict]
  /// Approvals that are about nothing that is demanded; sorted.
  public var idle: [Digest]

  public init(verdicts: [ApprovalVerdict], idle: [Digest]) {
    self.verdicts = verdicts
    self.idle = idle
  }

  public var isApproved: Bool { verdicts.allSatisfy(\.isMet) }
  /// The approvals that count for anything: these are used up by applying.
  public var counted: Set<Digest> { Set(verdicts.flatMap { $0.counted.map(\.approval) }) }
}
