public import WritDigest
public import WritHistory
internal import WritPolicy
internal import WritSyntax

/// Approvals as people read them: what is signed, what is demanded, what came of it.
public struct ApprovalText {
  public var style: TextStyle

  public init(style: TextStyle = .plain) { self.style = style }

  /// `wang.fang base-weights:read on host:gpu01 from … until …`, or what goes and comes.
  public static func line(_ item: ApprovalItem) -> String {
    switch item {
    case .gain(let gain):
      var parts = [gain.key.description]
      parts.append(gain.target.map { "on \($0)" } ?? "declared, not enforced")
      if gain.interval.start != .distantPast { parts.append("from \(gain.interval.start.rfc3339)") }
      if gain.interval.end != .distantFuture { parts.append("until \(gain.interval.end.rfc3339)") }
      return parts.joined(separator: " ")
    case .sensitive(let change):
      var parts = ["\(change.kind.rawValue) \(visible(change.subject))"]
      if !change.before.isEmpty { parts.append("- " + change.before.map(visible).joined(separator: " | ")) }
      if !change.after.isEmpty { parts.append("+ " + change.after.map(visible).joined(separator: " | ")) }
      return parts.joined(separator: "  ")
    }
  }

  /// Everything that a statement says, and below it the very line that is signed.
  public func text(_ statement: ApprovalStatement) -> String {
    var out = style.bold("\(statement.approver) approves, in \(visible(statement.repository.origin)):") + "\n"
    for item in statement.items {
      out += "  \(style.added("+")) \(Self.line(item))\n"
      if case .gain(let gain) = item {
        out += "      enforced as \(gain.control), for whoever has the keys and account \(gain.identity)\n"
      }
    }
    if let breakglass = statement.breakglass {
      out += "to sign off what went in without approvals by ledger entry \(breakglass)\n"
    }
    out += "looking at commit \(visible(statement.head)), on top of accepted commit \(visible(statement.accepted))\n"
    if let reason = statement.reason { out += "because: \(visible(reason))\n" }
    out += "signed \(statement.signed.rfc3339), expires \(statement.expires.rfc3339)\n"
    out += "ledger \(statement.repository.genesis)\n"
    let line = statement.canonicalLine.dropLast()
    return out + "\nsigned is this line, \(statement.digest):\n\(visible(String(decoding: line, as: UTF8.self)))\n"
  }

  /// One demand and what came of it; `others` are approvals that do not even verify.
  public func text(_ verdict: ApprovalVerdict, levels: [Digest: Int] = [:], others: [String] = []) -> String {
    let demand = verdict.demand
    let mark = verdict.isMet ? style.added("approved") : style.removed("missing ")
    var out = "\(mark)  \(Self.line(demand.item))\n"
    let place = demand.rule.place
    out += "    \(demand.approvals - verdict.missing) of \(demand.approvals) by \(visible(place.file)):\(place.line):"
    out += "\(place.column) (\(visible(demand.rule.text)))\n"
    for counted in verdict.counted {
      let level = levels[counted.approval].map { ", level \($0)" } ?? ""
      out += "    \(style.added("+")) \(counted.approver)\(level)\n"
    }
    for refused in verdict.refused {
      out += "    - \(refused.approver)'s does not count: \(refused.reason.text)\n"
    }
    for other in others { out += "    - \(visible(other))\n" }
    if verdict.isMet { return out }
    let left = demand.eligible.filter { name in !verdict.counted.contains { $0.approver == name } }
    out += "    " + (left.isEmpty ? "nobody is left who could" : "could: " + left.map(\.text).joined(separator: ", "))
    for (name, reason) in demand.excluded.sorted(by: { $0.key < $1.key }) {
      out += "; not \(name), the \(reason.rawValue)"
    }
    return out + "\n"
  }
}

extension ApprovalRefusal {
  /// Completes "does not count: ".
  public var text: String {
    switch self {
    case .notAPerson: "no person of the accepted policy"
    case .author: "it is the approver's own change"
    case .applier: "whoever applies does not approve"
    case .beneficiary: "the approver gains by it"
    case .notEligible: "the rule does not name the approver"
    case .used: "it was used up by an earlier apply"
    case .expired: "it has expired"
    case .notYet: "it says that it was signed in the future"
    case .tooOld: "it is older than the rule allows"
    case .lowLevel: "it is proved less than the rule demands"
    case .otherTarget: "it is for another target"
    case .otherControl: "it is for another way of enforcing it"
    case .otherIdentity: "it is for other keys, another account or another uid"
    case .otherInterval: "it is for another time"
    case .otherChange: "it is for another change of the same"
    }
  }
}
