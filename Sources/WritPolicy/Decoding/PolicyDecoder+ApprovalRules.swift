internal import WritSyntax

extension PolicyDecoder {
  static let approvalMatchKeys = matchKeys + ["change"]
  private static let approvalRuleKeys = ["match", "approvals", "by", "not", "max-age", "min-level"]
  /// In `by`: not a role, so no role that approves can be called so.
  static let manager = "manager"

  func readApprovalRules(_ node: Node) {
    for item in listOrBlank(node, "`approval-rules`") ?? [] {
      guard let entries = mapping(item, "an approval rule") else { continue }
      readApprovalRule(item, entries)
    }
  }

  private func readApprovalRule(_ item: Node, _ entries: [Node.Entry]) {
    let what = "an approval rule"
    var match: Match?
    var approvals: Located<Int>?
    var by: [Located<ApprovalRule.Approver>]?
    var rest = (not: [Located<ApprovalRule.Excluded>]?.none, age: Located<Duration>?.none, level: Located<Int>?.none)
    for entry in entries {
      switch entry.key.value {
      case "match": match = self.match(entry.value, "`match`", keys: Self.approvalMatchKeys)
      case "approvals":
        approvals = number(entry.value, "`approvals`", within: 1...ApprovalRule.approvalsLimit)
      case "by": by = approvers(entry.value)
      case "not": rest.not = (list(entry.value, "`not`") ?? []).compactMap { word($0, "`not`") }
      case "max-age": rest.age = duration(entry.value, "`max-age`")
      case "min-level": rest.level = number(entry.value, "`min-level`", within: ApprovalRule.levels)
      default: unknownKey(entry.key, known: Self.approvalRuleKeys, in: what)
      }
    }
    let written = Set(entries.map(\.key.value))
    if !written.contains("match") {
      missingKey(
        "match", of: "the approval rule", at: item.span, help: "write `match: {}` for every access and every change")
    }
    if !written.contains("approvals") {
      missingKey("approvals", of: "the approval rule", at: item.span, help: "write how many people must approve")
    }
    if !written.contains("by") {
      missingKey("by", of: "the approval rule", at: item.span, help: "write whose approval counts: roles, or `manager`")
    }
    guard let match, let approvals, let by, !by.isEmpty else { return }
    policy.approvalRules.append(
      ApprovalRule(
        span: item.span, match: match, approvals: approvals, by: by, not: rest.not, maxAge: rest.age,
        minLevel: rest.level))
  }

  private func approvers(_ node: Node) -> [Located<ApprovalRule.Approver>]? {
    oneOrMore(node, "`by`")?.compactMap { item in
      guard let name: Located<RoleName> = name(item, "a name of a role") else { return nil }
      return Located(name.value.text == Self.manager ? .manager : .role(name.value), name.span)
    }
  }

  func changeWord(_ node: Node) -> Located<ChangeWord>? {
    guard let text = text(node, "`change`") else { return nil }
    if let word = ChangeWord(text.value) { return Located(word, text.span) }
    let words = ChangeWord.words.keys.sorted()
    let near = nearest(to: text.value, among: words)
    report(
      .unknownChange, "no kind of change is called `\(text.value.clipped)`", at: text.span, label: "unknown change",
      help: near.map { "did you mean `\($0)`?" } ?? "the kinds are \(words.joined(separator: ", "))")
    return nil
  }

  private func number(_ node: Node, _ what: String, within range: ClosedRange<Int>) -> Located<Int>? {
    guard let number = number(node, what) else { return nil }
    guard range.contains(number.value) else {
      report(
        .invalidValue, "\(what) cannot be \(number.value)", at: number.span,
        label: "expected \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }
}
