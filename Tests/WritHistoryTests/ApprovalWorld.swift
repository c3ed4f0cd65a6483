import WritDigest
import WritHistory
import WritPolicy

/// A small lab with rules, changed by replacing text, so that each test shows the one line that matters.
struct ApprovalWorld {
  static let policy = """
    settings:
      signers: signers
      vaults: { team: { kind: age, path: ../vault, custodians: [lead1] } }
    hosts:
      gpu01: { connect: "root:/a", labels: [gpu] }
      gpu02: { connect: "root:/b", labels: [spare] }
    people:
      lead1: { uid: 20001, email: lead1@x.org, ssh-keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"], roles: [security-lead] }
      lead2: { uid: 20002, roles: [security-lead] }
      lead3: { uid: 20003, roles: [security-lead] }
      ann: { uid: 20011, email: ann@x.org, manager: boss, roles: [dev] }
      bob: { uid: 20012, manager: boss, roles: [dev] }
      eve: { uid: 20013, user-type: contractor }
      boss: { uid: 20014 }
    service-accounts:
      robot: { owner: lead2, uid: 19001, roles: [] }
    roles:
      security-lead: {}
      dev: { allow: { repo: push } }
      data: { allow: { weights: read } }
      gpu: { allow: { render: member } }
    resources:
      repo: { external: the git host, operations: [push] }
      weights: { hosts: [gpu], tree: /srv/lab/weights, tags: [high-risk] }
      render: { hosts: [gpu], unix-group: render }
    sharing-groups:
      keys: { vault: team, folder: keys, tags: [high-risk] }
    approval-rules:
      - { match: { tags: high-risk }, approvals: 2, by: [security-lead], not: [author, beneficiary, applier] }
      - { match: { change: [rules, signers, hosts, keys] }, approvals: 2, by: [security-lead], not: [author] }
      - { match: { role: gpu }, approvals: 1, by: [manager], not: [author] }

    """

  var accepted = Self.policy
  var head = Self.policy
  var signers: (accepted: [String], head: [String]) = ([], [])
  var authors: Set<String> = []
  var applier: String?
  var now = at(0)

  /// The policy with each text replaced; stops the test when it is not there.
  static func policy(_ replacements: [(String, String)], of text: String = policy) -> String {
    var text = text
    for (old, new) in replacements {
      precondition(text.contains(old), old)
      text = text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
    return text
  }

  static func changed(_ replacements: (String, String)...) -> ApprovalWorld {
    ApprovalWorld(head: policy(replacements))
  }

  struct Unreadable: Error { var problem: String }

  static func snapshot(_ text: String) throws -> Snapshot {
    let history = MemoryHistory(commits: [.init(time: start, files: ["p/a.yaml": text])])
    switch history.source().state(of: history.line().commits[0]) {
    case .readable(let snapshot): return snapshot
    case .unreadable(let problem): throw Unreadable(problem: problem)
    }
  }

  func change() throws -> ApprovalChange {
    ApprovalChange(
      accepted: try Self.snapshot(accepted), head: try Self.snapshot(head), from: now, signers: signers)
  }

  func needs() throws -> ApprovalNeeds {
    let authors = Set(authors.map { Identity.mailbox(Mailbox($0)) })
    return ApprovalNeeds(try change(), authors: { _ in authors }, applier: applier.map { .principal(named($0)) })
  }

  /// Who approves everything that is demanded, each in a statement of their own.
  func approvals(by approvers: String..., of items: [ApprovalItem]? = nil) throws -> [GivenApproval] {
    let items = try items ?? needs().items
    return approvers.map { approval($0, items) }
  }

  func judgement(_ approvals: [GivenApproval]) throws -> ApprovalJudgement { try needs().judgement(of: approvals) }
}

func named(_ text: String) -> PrincipalName {
  guard let name = PrincipalName(validating: text) else { preconditionFailure(text) }
  return name
}

func approval(
  _ approver: String, _ items: [ApprovalItem], level: Int = 3, signed: Instant = at(-60), expires: Instant = at(86_400),
  used: Bool = false
) -> GivenApproval {
  GivenApproval(
    id: Digest(of: "\(approver) \(items.map { $0.json.canonicalText }) \(signed.seconds)"), approver: named(approver),
    items: items, level: level, signed: signed, expires: expires, used: used)
}

extension ApprovalJudgement {
  /// `missing 1: lead1 author`: what is missing and what was refused, each once.
  var lines: Set<String> {
    Set(
      verdicts.flatMap { verdict in
        (verdict.missing > 0 ? ["missing \(verdict.missing)"] : [])
          + verdict.refused.map { "\($0.approver) \($0.reason.rawValue)" }
      })
  }
}

extension ApprovalNeeds {
  /// `eve weights:read host:gpu01 | 2 | lead1 lead2 lead3`, `tags weights - high-risk + | …`
  var lines: [String] {
    demands.map { demand in
      "\(demand.item.line) | \(demand.approvals) | " + demand.eligible.map(\.text).joined(separator: " ")
    }
  }
}

extension ApprovalItem {
  var line: String {
    switch self {
    case .gain(let gain):
      let from = gain.interval.start == .distantPast ? "" : " from \(gain.interval.start.seconds - start)"
      let until = gain.interval.end == .distantFuture ? "" : " until \(gain.interval.end.seconds - start)"
      return gain.key.description + (gain.target.map { " \($0)" } ?? "") + from + until
    case .sensitive(let change):
      return
        (["\(change.kind.rawValue) \(change.subject)"] + change.before.map { "- \($0)" }
        + change.after.map { "+ \($0)" }).joined(separator: " ")
    }
  }
}
