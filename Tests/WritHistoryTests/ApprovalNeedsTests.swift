import Testing
import WritHistory
import WritPolicy

@Suite struct `What must be approved` {
  @Test func `a gain that a rule covers, and no other`() throws {
    let world = ApprovalWorld.changed(
      ("eve: { uid: 20013, user-type: contractor }", "eve: { uid: 20013, user-type: contractor, roles: [data, dev] }"))
    let needs = try world.needs()
    #expect(needs.lines == ["eve weights:read host:gpu01 | 2 | lead1 lead2 lead3"])
    #expect(needs.change.items.map(\.line) == ["eve repo:push", "eve weights:read host:gpu01"])
    #expect(
      needs.demands[0].rule.text == "tags high-risk, approvals 2, by security-lead, not applier|author|beneficiary")
    #expect(needs.demands[0].rule.place.line == 29)
    #expect(try !world.judgement([]).isApproved)
    #expect(try !world.judgement(world.approvals(by: "lead1")).isApproved)
    let judgement = try world.judgement(world.approvals(by: "lead1", "lead2"))
    #expect(judgement.isApproved && judgement.counted.count == 2 && judgement.idle.isEmpty)
  }

  @Test func `nothing for the same policy`() throws {
    let needs = try ApprovalWorld().needs()
    #expect(needs.change.items.isEmpty && needs.demands.isEmpty)
    #expect(needs.judgement(of: []).isApproved)
  }
}
