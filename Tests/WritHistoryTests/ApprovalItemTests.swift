import Testing
import WritDigest
import WritHistory
import WritPolicy

private let eve = "eve: { uid: 20013, user-type: contractor"
private let bob = "bob: { uid: 20012, manager: boss, roles: [dev"
private let tagged = "weights, tags: [high-risk]"
private let one = "match: { tags: high-risk }, approvals: 1, by: [security-lead], not: [author, beneficiary]"
private let two = "match: { tags: high-risk }, approvals: 2, by: [security-lead], not: [author, beneficiary, applier]"

@Suite struct `Several pull requests` {
  let accepted = ApprovalWorld.policy([(two, one)])
  func world(_ replacements: (String, String)...) -> ApprovalWorld {
    ApprovalWorld(accepted: accepted, head: ApprovalWorld.policy(replacements, of: accepted))
  }

  @Test func `approved crosswise by their authors may be applied together`() throws {
    let (gains, more) = ((eve, eve + ", roles: [data]"), (bob, bob + ", data"))
    let (first, second, both) = (world(gains), world(more), world(gains, more))
    let steps = ApprovalAuthors([
      .init(items: try first.change().items, authors: [.principal(named("lead1"))]),
      .init(
        items: try ApprovalWorld(accepted: first.head, head: both.head).change().items,
        authors: [.mailbox(Mailbox("lead2@x.org")), .mailbox(Mailbox("lead2"))]),
    ])
    let needs = ApprovalNeeds(try both.change(), authors: steps.authors, applier: nil)
    let crosswise = try second.approvals(by: "lead1") + first.approvals(by: "lead2")
    #expect(needs.judgement(of: crosswise).isApproved)
    #expect(needs.judgement(of: crosswise).counted.count == 2)
    let own = try first.approvals(by: "lead1") + second.approvals(by: "lead2")
    #expect(needs.judgement(of: own).lines == ["missing 1", "lead1 author", "lead2 author"])
    // Nobody can be named for an item of no step: then everybody is an author.
    let unknown = ApprovalNeeds(
      try both.change(), authors: ApprovalAuthors([.init(items: [], authors: [.principal(named("lead3"))])]).authors,
      applier: nil)
    #expect(unknown.demands.allSatisfy { $0.excluded == [named("lead3"): .author] })
  }

  @Test func `an author of any part of it is an author of the whole`() throws {
    let early = "roles: [{ role: data, from: 2026-01-05, until: 2026-01-06 }]"
    let long = "roles: [{ role: data, from: 2026-01-05, until: 2026-02-06 }]"
    let (first, whole) = (world((eve, eve + ", " + early)), world((eve, eve + ", " + long)))
    let steps = ApprovalAuthors([
      .init(items: try first.change().items, authors: [.principal(named("lead1"))]),
      .init(
        items: try ApprovalWorld(accepted: first.head, head: whole.head).change().items,
        authors: [.principal(named("lead2"))]),
    ])
    let needs = ApprovalNeeds(try whole.change(), authors: steps.authors, applier: nil)
    #expect(needs.demands.map(\.eligible) == [[named("lead3")]])
  }

  @Test func `that change one list are approved part by part, and never by halves`() throws {
    let hosts = "weights: { hosts: [gpu]"
    let (a, b, both) = (
      world((hosts, "weights: { hosts: [gpu, gpu02]")), world((tagged, "weights, tags: [high-risk, a]")),
      world((tagged, "weights, tags: [high-risk, a, b]"))
    )
    let other = world((tagged, "weights, tags: [high-risk, b]"))
    #expect(
      try a.needs().lines == [
        "hosts weights + gpu02 | 1 | lead1 lead2 lead3", "hosts weights + gpu02 | 2 | lead1 lead2 lead3",
      ])
    #expect(try both.needs().lines == ["tags weights + a + b | 1 | lead1 lead2 lead3"])
    let apart = try b.approvals(by: "lead1") + other.approvals(by: "lead2")
    #expect(try both.judgement(apart).isApproved)
    #expect(try both.judgement(b.approvals(by: "lead1")).lines == ["missing 1", "lead1 other-change"])
    // Replacing a tag was approved; leaving it out was not.
    let replaced = world((tagged, "weights, tags: [a]"))
    let dropped = world((tagged, "weights"))
    #expect(try !dropped.judgement(replaced.approvals(by: "lead1", "lead2")).isApproved)
    #expect(try replaced.judgement(replaced.approvals(by: "lead1")).isApproved)
  }
}

@Suite struct `What approvers sign` {
  @Test func `is read as it is written, and in no other way`() throws {
    let items = try ApprovalWorld.changed(
      (eve, eve + ", roles: [{ role: data, from: 2026-02-01, until: 9999-12-31 }, dev]"),
      ("labels: [spare]", "labels: [gpu]"), ("kind: age, path: ../vault", "kind: age, path: \"../größe\\\"\\\\\"")
    ).change().items
    #expect(items.count == 5)
    for item in items {
      #expect(try ApprovalItem(json: item.json) == item)
      #expect(try ApprovalItem(json: JSONValue(canonical: item.json.canonical)).digest == item.digest)
    }
    #expect(ApprovalItem.ordered(items.reversed() + items) == items && Set(items.map(\.digest)).count == 5)
  }

  @Test(arguments: [
    "{}", "[]", "{\"gain\":{}}", "{\"sensitive\":{\"kind\":\"tags\",\"subject\":\"x\"}}",
    // A kind that there is not, a list out of order, an entry twice, something beside it.
    "{\"sensitive\":{\"after\":[],\"before\":[],\"kind\":\"x\",\"subject\":\"x\"}}",
    "{\"sensitive\":{\"after\":[\"b\",\"a\"],\"before\":[],\"kind\":\"tags\",\"subject\":\"x\"}}",
    "{\"sensitive\":{\"after\":[\"a\",\"a\"],\"before\":[],\"kind\":\"tags\",\"subject\":\"x\"}}",
    "{\"more\":1,\"sensitive\":{\"after\":[\"a\"],\"before\":[],\"kind\":\"tags\",\"subject\":\"x\"}}",
    gain(principal: "Eve"), gain(permission: "weights"), gain(permission: "weights:read:x"), gain(target: "gpu01"),
    gain(more: "\"from\":\"2026-02-01T00:00:00+00:00\","), gain(more: "\"from\":\"2026-02-01\","),
    gain(more: "\"from\":\"2026-02-01T00:00:00Z\",", until: "\"until\":\"2026-02-01T00:00:00Z\""),
    gain(control: "sha256:00"), gain(control: "SHA256:" + String(repeating: "0", count: 64)),
  ])
  func `refuses everything else`(_ text: String) throws {
    let value = try JSONValue(canonical: Array(text.utf8))
    #expect(throws: JSONShapeFault.self) { try ApprovalItem(json: value) }
  }

  @Test func `has bounds`() throws {
    func item(_ count: Int) -> ApprovalItem {
      .sensitive(.init(kind: .tags, subject: "x", before: [], after: [String(repeating: "a", count: count)]))
    }
    #expect(try ApprovalItem(json: item(ApprovalItem.textLimit).json) == item(ApprovalItem.textLimit))
    #expect(throws: JSONShapeFault.self) { try ApprovalItem(json: item(ApprovalItem.textLimit + 1).json) }
    #expect(try ApprovalItem(json: parsed(gain())) != item(1))
  }
}

private func parsed(_ text: String) throws -> JSONValue { try JSONValue(canonical: Array(text.utf8)) }

/// A gain as canonical text, so that what is wrong about it is the one thing that is given.
private func gain(
  principal: String = "eve", permission: String = "weights:read", target: String = "host:gpu01", more: String = "",
  until: String? = nil, control: String = "sha256:" + String(repeating: "0", count: 64)
) -> String {
  "{\"gain\":{\"control\":\"\(control)\",\(more)\"identity\":\"sha256:\(String(repeating: "1", count: 64))\","
    + "\"permission\":\"\(permission)\",\"principal\":\"\(principal)\",\"target\":\"\(target)\""
    + (until.map { "," + $0 } ?? "") + "}}"
}
