import Testing
import WritDigest
import WritHistory
import WritPlan
import WritPolicy
import WritSSHSignature
import WritSystem
import WritTestSupport

@testable import WritApply

/// What entries keep of approvals, and what verifying says of it without any policy.
struct ApprovalLedgerTests {
  private let fixture: LedgerFixture
  private let ledger: Ledger
  private let items: [ApprovalItem]

  init() throws {
    fixture = try LedgerFixture(["li.na", "chen.bo"])
    ledger = try fixture.begun(fixture.repository())
    items = try ["wang.fang", "sun.hao"].map { name in
      .gain(
        .init(
          principal: try #require(PrincipalName(validating: name)),
          permission: try #require(Permission("base-weights:read")), target: TargetName("host:gpu01"),
          interval: Interval(.distantPast, .distantFuture), control: Digest(of: "control"),
          identity: Digest(of: "identity")))
    }
  }

  private func statement(_ items: [ApprovalItem], _ change: (inout ApprovalStatement) -> Void = { _ in }) throws
    -> ApprovalStatement
  {
    let state = try #require(try ledger.read())
    let now = fixture.clock.now
    var statement = ApprovalStatement(
      repository: state.approvals.repository, accepted: state.accepted, head: LedgerFixture.commit,
      approver: try fixture.signer("chen.bo").actor, signed: now, expires: now + Duration(seconds: 86_400),
      items: items)
    change(&statement)
    return statement
  }

  private func copy(_ statement: ApprovalStatement, _ name: String = "chen.bo") throws -> ApprovalCopy {
    let armour = try fixture.signer(name).key.sign(statement.canonicalLine, namespace: ApprovalStatement.format)
    return ApprovalCopy(
      statement: String(decoding: statement.canonicalLine, as: UTF8.self),
      signature: String(decoding: armour, as: UTF8.self))
  }

  /// An intent with that approval, and its outcome.
  private func apply(_ number: Int, _ approval: IntentApproval, breakglass: Breakglass? = nil) throws {
    let plan = try smallPlan(number)
    var intent = intent(plan, attempt: breakglass?.attempt ?? Intent.newAttempt())
    intent.at = fixture.clock.now
    intent.approval = approval
    let state = try #require(try ledger.read())
    try ledger.append(.intent(intent), plan: plan, signer: fixture.signer(), .exactly(state))
    try ledger.append(
      .outcome(outcome(intent, at: state.head.size, plan)), signer: fixture.signer(), .retrying)
  }

  private func expectFault(_ detail: String, _ approval: IntentApproval) {
    #expect {
      try apply(9, approval)
    } throws: { error in
      guard case LedgerError.faulty(let faults) = error else { return false }
      return faults.contains { $0.kind == .badApproval && $0.detail.contains(detail) }
    }
  }

  @Test func `an approval is kept to the byte, verified, and used up`() throws {
    let copy = try copy(statement(items))
    try apply(1, IntentApproval(letIn: [items[0]], copies: [copy]))
    let report = try #require(try ledger.verify())
    #expect(report.faults == [])
    let record = try #require(report.state).approvals
    let statement = try ApprovalStatement(canonicalLine: Array(copy.statement.utf8))
    // What was let in is used up, also of a statement that nobody counted; the rest is not.
    #expect(record.parts(of: statement).used == [items[0]])
    #expect(record.parts(of: statement).fresh == [items[1]])
    expectFault(
      "was used up before",
      IntentApproval(
        letIn: [items[0]],
        copies: [
          try self.copy(
            try self.statement([items[0]]) {
              $0.accepted = statement.accepted; $0.reason = "again"
            })
        ]))
    try apply(2, IntentApproval(letIn: [items[1]], copies: [copy]))
    #expect(try ledger.verify()?.faults == [])
  }

  @Test func `what does not verify is not even written down`() throws {
    let good = try statement(items)
    expectFault("without any", IntentApproval(letIn: items))
    expectFault("for another repository", try admitted { $0.repository.genesis = Digest(of: "other") })
    expectFault(
      "was not valid at",
      try admitted {
        $0.expires = $0.signed + Duration(seconds: 1); $0.signed = Instant(seconds: $0.signed.seconds - 90);
        $0.expires = Instant(seconds: $0.signed.seconds + 60)
      })
    expectFault(
      "was not valid at",
      try admitted {
        $0.signed = $0.signed + Duration(seconds: 3600); $0.expires = $0.signed + Duration(seconds: 60)
      })
    expectFault("never accepted", try admitted { $0.accepted = String(repeating: "b", count: 40) })
    expectFault("to sign off a breakglass entry", try admitted { $0.breakglass = 1 })
    let signed = try copy(good)
    let other = try copy(statement([items[0]]))
    expectFault(
      "the signature does not fit",
      IntentApproval(letIn: items, copies: [ApprovalCopy(statement: signed.statement, signature: other.signature)]))
    expectFault(
      "is no statement", IntentApproval(letIn: items, copies: [ApprovalCopy(statement: "{}\n", signature: "")]))
    expectFault("does not say why", IntentApproval(letIn: items, breakglass: 0))
    #expect(try ledger.read()?.head.size == 1)
  }

  private func admitted(_ change: (inout ApprovalStatement) -> Void) throws -> IntentApproval {
    IntentApproval(letIn: items, copies: [try copy(statement(items, change))])
  }

  @Test func `what went in without is open until an approval for that very entry is recorded`() throws {
    let state = try #require(try ledger.read())
    let breakglass = Breakglass(
      attempt: Intent.newAttempt(), commit: LedgerFixture.commit, accepted: state.accepted, reason: "fire", items: items
    )
    let entry = try ledger.append(.breakglass(breakglass), signer: fixture.signer(), .exactly(state)).entry
    // Announced is not yet done.
    #expect(try ledger.read()?.approvals.openBreakglass == [])
    try apply(1, IntentApproval(letIn: items, breakglass: entry.sequence), breakglass: breakglass)
    #expect(try ledger.read()?.approvals.openBreakglass.map(\.sequence) == [entry.sequence])
    // One that lets something in signs nothing off, and neither does one for another entry.
    for number in [nil, 0] {
      let wrong = try copy(statement(items) { $0.breakglass = number })
      #expect(throws: LedgerError.self) {
        try ledger.append(
          .approvalUsed(ApprovalUse(about: entry.sequence, copies: [wrong])), signer: fixture.signer(), .retrying)
      }
    }
    let right = try copy(statement(items) { $0.breakglass = entry.sequence })
    try ledger.append(
      .approvalUsed(ApprovalUse(about: entry.sequence, copies: [right])), signer: fixture.signer(), .retrying)
    #expect(try ledger.read()?.approvals.openBreakglass == [])
    #expect(try ledger.verify()?.faults == [])
  }

  @Test func `a run for revocations alone accepts nothing, and holds the line`() throws {
    var plan = try smallPlan(1)
    plan.commit = String(repeating: "c", count: 40)
    var intent = intent(plan)
    intent.extent = .revocations
    let state = try #require(try ledger.read())
    try ledger.append(.intent(intent), plan: plan, signer: fixture.signer(), .exactly(state))
    let after = try #require(try ledger.read())
    #expect(after.accepted == LedgerFixture.commit && after.approvals.accepted == LedgerFixture.commit)
    #expect(after.newest == plan.commit)
    #expect(after.approvals.revokedBy.map(\.commit) == [plan.commit])
  }
}
