internal import WritHistory
internal import WritPolicy

/// Changes that differ in nothing but who and what, on one line: people × permissions. Nothing is left out.
struct ChangeRow: Sendable {
  /// What all of them share.
  struct Shared: Hashable, Sendable {
    var isHighRisk: Bool
    /// `from 2026-…Z until 2026-…Z`; empty for now and without an end.
    var times: String
    /// False for what is only longer, shorter or on other targets.
    var isWhole: Bool
    var targets: String
    var cause: WrittenCause
  }

  /// Sorted.
  var principals: [PrincipalName]
  /// In the order of permissions; one's own folder is written without its owner.
  var permissions: [String]
  var shared: Shared

  /// High-risk rows first, then by the first principal.
  static func rows(_ changes: [AccessDifference.Change], of review: Review) -> [ChangeRow] {
    var byPrincipal: [Who: [String]] = [:]
    var order: [Who] = []
    for change in changes {
      let who = Who(principal: change.key.principal, shared: shared(change, review))
      if byPrincipal[who] == nil { order.append(who) }
      byPrincipal[who, default: []].append(permission(change.key))
    }
    var rows: [What: ChangeRow] = [:]
    var found: [What] = []
    for who in order {
      let what = What(permissions: byPrincipal[who] ?? [], shared: who.shared)
      if rows[what] == nil { found.append(what) }
      rows[what, default: ChangeRow(principals: [], permissions: what.permissions, shared: who.shared)]
        .principals.append(who.principal)
    }
    let all = found.compactMap { rows[$0] }
    return all.filter(\.shared.isHighRisk) + all.filter { !$0.shared.isHighRisk }
  }

  private struct Who: Hashable {
    var principal: PrincipalName
    var shared: Shared
  }
  private struct What: Hashable {
    var permissions: [String]
    var shared: Shared
  }

  private static func shared(_ change: AccessDifference.Change, _ review: Review) -> Shared {
    Shared(
      isHighRisk: review.isHighRisk(change), times: times(change, review.difference.from), isWhole: change.isWhole,
      targets: change.targets.isEmpty
        ? "declared, not enforced" : change.targets.map(\.description).joined(separator: ", "),
      cause: change.cause)
  }

  private static func permission(_ key: EdgeKey) -> String {
    let object = key.permission.object
    guard object.folder == key.principal else { return key.permission.description }
    return "\(object.resource):\(key.permission.operation) (own)"
  }

  private static func times(_ change: AccessDifference.Change, _ now: Instant) -> String {
    change.holds.intervals.map { interval in
      let from = interval.start <= now ? "" : "from \(interval.start.rfc3339)"
      let until = interval.end == .distantFuture ? "" : "until \(interval.end.rfc3339)"
      return [from, until].filter { !$0.isEmpty }.joined(separator: " ")
    }
    .filter { !$0.isEmpty }.joined(separator: ", ")
  }
}

/// The words that the difference of two revisions is told in, whatever the format. They hold no text of people's but what is
/// passed through `quote`.
struct DiffWords {
  /// How text of people's is written in the format at hand.
  var quote: (String) -> String

  static func counted(_ number: Int, _ noun: String, _ nouns: String? = nil) -> String {
    "\(number) \(number == 1 ? noun : nouns ?? noun + "s")"
  }

  /// `2 principals, 1 resource`
  static func size(_ changes: [AccessDifference.Change]) -> String {
    let people = Set(changes.map(\.key.principal)).count
    let resources = Set(changes.map(\.key.permission.object.resource)).count
    return "\(counted(people, "principal")), \(counted(resources, "resource"))"
  }

  func place(_ place: Blame.Path.Place) -> String { quote("\(place.file):\(place.line)") }

  func list(_ names: [String]) -> String { names.map(quote).joined(separator: ", ") }

  /// `roles of bob had 2 entries and is empty now`
  func line(_ list: EmptiedList) -> String {
    let place = list.place
    let name = place.key.map { "\(quote($0)) of \(quote(place.entry ?? place.section))" }
    return "\(name ?? "section \(quote(place.section))") \(list.fate)"
  }

  /// `one line, 109 principals gain 218 accesses: roles/gpu.yaml:4`
  func line(_ wave: Amplification) -> String {
    let kind =
      switch wave.cause.kind {
      case .entry: "one entry"
      case .include: "one included role"
      case .rule, .other: "one line"
      }
    return "\(kind), \(wave.principals.count) principals gain \(Self.counted(wave.edges, "access", "accesses")): "
      + place(wave.cause.place)
  }

  func line(_ change: SensitiveChange) -> String {
    var parts = ["\(change.kind.rawValue) \(quote(change.subject))"]
    if !change.before.isEmpty { parts.append("- " + list(change.before)) }
    if !change.after.isEmpty { parts.append("+ " + list(change.after)) }
    if !change.principals.isEmpty { parts.append("for " + list(change.principals.map(\.text))) }
    return parts.joined(separator: "  ")
  }

  func line(_ end: MovedEnd) -> String {
    func words(_ end: Instant?) -> String { end?.rfc3339 ?? "no end" }
    return "\(quote(end.key.description)): \(words(end.before)) → \(words(end.after)) "
      + (end.isLater ? "(later)" : "(earlier)")
  }

  func line(_ end: ComingEnd) -> String {
    "\(end.end.rfc3339)  \(quote(end.principal.text)): \(list(end.permissions.map(\.description))) (\(place(end.place)))"
  }

  func line(_ rule: BindingExpiryRule) -> String {
    let people = Set(rule.edges.map(\.principal)).count
    return "expiry rule \(quote(rule.text)) (\(place(rule.place))) binds "
      + "\(Self.counted(rule.edges.count, "gained access", "gained accesses")) of \(Self.counted(people, "principal"))"
  }

  func line(_ rule: TouchedSeparationRule) -> String {
    "separation rule \(quote(rule.text)) (\(place(rule.place))): \(quote(rule.person.text)) gets "
      + "\(list(rule.gained.map(\.text))) and then has \(list(rule.roles.map(\.text))) in hand"
  }

  func line(_ edge: IndirectEdge) -> String {
    "\(quote(edge.principal.text)) reaches \(quote(edge.reached.permission.description)) as "
      + "\(quote(edge.reached.principal.text)) through \(list(edge.via.map(\.description)))"
      + (edge.means == .ownership ? ", which owns it" : "")
  }

  /// `missing 1 of 2: wang.fang base-weights:read on host:gpu01; approved by sun.hao; could: chen.bo (rules.yaml:7)`
  func line(_ line: ApprovalSummary.Line) -> String {
    var out = line.missing == 0 ? "approved: " : "missing \(line.missing) of \(line.needed): "
    switch line.item {
    case .gain(let gain):
      out +=
        quote(gain.key.description) + " " + (gain.target.map { "on " + quote("\($0)") } ?? "declared, not enforced")
      if gain.interval.start != .distantPast { out += " from \(gain.interval.start.rfc3339)" }
      if gain.interval.end != .distantFuture { out += " until \(gain.interval.end.rfc3339)" }
    case .sensitive(let change): out += "\(change.kind.rawValue) \(quote(change.subject))"
    }
    if !line.approvedBy.isEmpty { out += "; approved by " + list(line.approvedBy.map(\.text)) }
    if line.missing > 0 {
      out += line.eligible.isEmpty ? "; nobody is left who could" : "; could: " + list(line.eligible.map(\.text))
    }
    for refused in line.refused { out += "; \(quote(refused.approver.text))'s does not count" }
    return out + " (\(place(line.rule.place)))"
  }

  /// Longest subject that is shown of a commit that is pointed at; the rest is a `git show` away.
  static let subjectLength = 120

  func line(_ silent: SilentCommit) -> String {
    var subject = silent.commit.subject
    if subject.count > Self.subjectLength { subject = subject.prefix(Self.subjectLength) + "…" }
    let people = Self.counted(silent.principals, "principal")
    return "\(silent.commit.short) \(quote(subject.isEmpty ? "(no subject)" : subject)) by "
      + "\(quote(silent.commit.author)) gives \(Self.counted(silent.edges, "access", "accesses")) to \(people)"
  }
}
