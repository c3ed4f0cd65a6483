internal import WritSyntax

/// Permissions that one line allows and another denies to the same principal, and entries of which deny leaves nothing.
extension SemanticCheck {
  private struct Clash: Hashable {
    var allow: SourceSpan
    var deny: SourceSpan
  }

  private struct Clashes {
    var permission: Permission
    var principals: Set<PrincipalName>
  }

  private struct Held {
    var entry: Evaluation.Entry
    var holds: IntervalSet
    var allow: [Evaluation.Rule]
    var deny: [Evaluation.Rule]
  }

  mutating func denials() {
    let denying = Set(policy.roles.keys.filter { !evaluation.closedRole($0).deny.isEmpty })
    if denying.isEmpty { return }
    var clashes: [Clash: Clashes] = [:]
    var emptied: Set<SourceSpan> = []
    let folders = evaluation.folders(extras)
    for number in evaluation.principals.indices where holds(any: denying, number) {
      let held = held(by: number)
      var denials = Evaluation.Denials()
      for one in held {
        for rule in one.deny { denials.add(rule.selector, for: number, one.holds) }
      }
      if denials.isEmpty { continue }
      for one in held where !one.allow.isEmpty {
        var isLeft = false
        var isDenied = false
        for rule in one.allow {
          for key in evaluation.keys(of: rule.selector, for: number, folders) {
            let taken = one.holds.intersection(denials.denied(key, to: number))
            if taken != one.holds { isLeft = true }
            if taken.isEmpty { continue }
            isDenied = true
            if let line = line(denying: key, to: number, in: taken, held) {
              let principal = evaluation.principals[number]
              let permission = evaluation.permission(of: key)
              let clash = Clash(allow: rule.span, deny: line)
              var known = clashes[clash] ?? Clashes(permission: permission, principals: [])
              known.permission = min(known.permission, permission)
              known.principals.insert(principal)
              clashes[clash] = known
            }
          }
        }
        if isDenied, !isLeft, emptied.insert(one.entry.name).inserted {
          report(
            .entryDenied, .warning, "deny leaves nothing of this entry of `\(evaluation.principals[number])`",
            at: one.entry.name, help: "take the entry out, or the role that denies")
        }
      }
    }
    for (clash, found) in clashes { report(clash, found) }
  }

  private mutating func report(_ clash: Clash, _ found: Clashes) {
    guard let first = found.principals.min() else { return }
    let more = found.principals.count - 1
    let who = more == 0 ? "`\(first)`" : "`\(first)` and \(more) more"
    report(
      .allowedAndDenied, .note, "`\(found.permission)` is allowed and denied to \(who), and deny wins", at: clash.deny,
      label: "denied here", related: [.init(clash.allow, "allowed here")])
  }

  /// Whether an entry of the principal is about one of the roles, at any time.
  private func holds(any roles: Set<RoleName>, _ number: Int) -> Bool {
    policy.assignments(of: evaluation.principals[number]).contains { roles.contains($0.role.value) }
      || extras.entries[number, default: []].contains { entry in
        if case .role(let role) = entry.content { roles.contains(role) } else { false }
      }
  }

  private mutating func held(by number: Int) -> [Held] {
    let active = policy.activity(of: evaluation.principals[number])
    if active.isEmpty { return [] }
    var held: [Held] = []
    for entry in evaluation.entries(of: number, extras) {
      let holds = active.intersection(IntervalSet(entry.term))
      if holds.isEmpty { continue }
      let given = evaluation.given(by: entry)
      held.append(Held(entry: entry, holds: holds, allow: given.allow, deny: given.deny))
    }
    return held
  }

  /// The first line, in file order, that denies `key` within `when`.
  private func line(denying key: Evaluation.Key, to principal: Int, in when: IntervalSet, _ held: [Held]) -> SourceSpan?
  {
    held.filter { !$0.deny.isEmpty && !$0.holds.intersection(when).isEmpty }
      .flatMap(\.deny).filter { evaluation.denies($0.selector, key, to: principal) }.map(\.span).min()
  }
}
