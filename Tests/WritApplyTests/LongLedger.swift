import Testing
import WritDigest
import WritHistory
import WritPlan
import WritPolicy
import WritTestSupport

@testable import WritApply

/// A good ledger of fifty entries, in which every kind of entry occurs, made in memory.
struct LongLedger {
  static let size = 50
  private(set) var paper: PaperLedger
  private var number = 0

  var contents: [String: [UInt8]] { paper.contents }

  init() throws {
    paper = try PaperLedger(["li.na", "chen.bo"])
    try apply()
    try addApprovals()
    try addRemarks()
    try paper.makeKey(for: "sun.hao")
    try paper.changeKeys(
      to: ["li.na", "chen.bo", "sun.hao"], threshold: 2, signedBy: ["li.na"], by: "chen.bo")
    try paper.intend(next(), by: "sun.hao")
    let open = try #require(paper.open)
    try paper.append(
      .abandon(Abandon(attempt: open.intent.attempt, intent: open.sequence, reason: "left")), by: "li.na")
    while paper.size + 2 <= Self.size { try apply() }
    while paper.size < Self.size { try paper.append(.annotation(Annotation(text: "the end")), by: "sun.hao") }
  }

  private mutating func next() -> Int {
    number += 1
    return number
  }

  private mutating func apply(_ change: @escaping (inout Intent) -> Void = { _ in }) throws {
    let people = ["li.na", "sun.hao"].filter { paper.signers.contains($0) }
    let number = next()
    try paper.intend(number, by: people[number % people.count], .with { $0.intent = change })
    try paper.answer(by: people[number % people.count])
  }

  private mutating func addApprovals() throws {
    let items: [ApprovalItem] = [
      .gain(
        .init(
          principal: try #require(PrincipalName(validating: "wang.fang")),
          permission: try #require(Permission("base-weights:read")), target: TargetName("host:gpu01"),
          interval: Interval(.distantPast, .distantFuture), control: Digest(of: "control"),
          identity: Digest(of: "identity")))
    ]
    let copy = try paper.approval(of: items, by: "chen.bo")
    try apply { $0.approval = IntentApproval(letIn: items, copies: [copy]) }
    let breakglass = Breakglass(
      attempt: Intent.newAttempt(), commit: LedgerFixture.commit, accepted: LedgerFixture.commit, reason: "fire",
      items: items)
    let sequence = paper.size
    try paper.append(.breakglass(breakglass), by: "li.na")
    try apply {
      $0.attempt = breakglass.attempt
      $0.approval = IntentApproval(letIn: items, breakglass: sequence)
    }
    let signedOff = try paper.approval(of: items, by: "chen.bo", breakglass: sequence)
    try paper.append(.approvalUsed(ApprovalUse(about: sequence, copies: [signedOff])), by: "li.na")
  }

  private mutating func addRemarks() throws {
    let target = try #require(TargetName("host:gpu02"))
    let records: [LedgerRecord] = [
      .drift(DriftFound(commit: LedgerFixture.commit, items: [.init(target: target, object: "folder a")])),
      .secret(SecretUse(operation: .rotate, target: target, secret: "a/b", digest: Digest(of: "x"))),
      .annotation(Annotation(text: "x", about: 1)),
      .override(GuardOverride(guardName: "max-removal", commit: LedgerFixture.commit, reason: "moved")),
      .release(Release(target: target, reason: "gone")), .other(kind: "of-the-future", members: ["x": [1]]),
    ]
    for record in records { try paper.append(record, by: "chen.bo") }
  }
}

extension PaperLedger.Twist {
  static func with(_ change: (inout Self) -> Void) -> Self {
    var twist = Self()
    change(&twist)
    return twist
  }
}
