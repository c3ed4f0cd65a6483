internal import WritApply
internal import WritHistory
internal import WritPlan
internal import WritPolicy
internal import WritSyntax

/// Ledger entries for people.
enum LedgerText {
  /// `  12  2026-11-21T10:00:00Z  outcome  li.na  host:gpu01 complete, vault:team complete: 14 ok`
  static func line(of entry: LedgerEntry) -> String {
    let number = String(entry.sequence)
    let padding = String(repeating: " ", count: max(0, 5 - number.count))
    let kind = entry.record.kind + String(repeating: " ", count: max(0, 8 - entry.record.kind.count))
    return "\(padding)\(number)  \(entry.time.rfc3339)  \(kind)  \(entry.actor)  \(summary(of: entry.record))"
  }

  static func summary(of record: LedgerRecord) -> String {
    switch record {
    case .genesis(let genesis): "begins \(visible(genesis.origin)) at commit \(short(genesis.commit))"
    case .intent(let intent):
      "applies commit \(short(intent.commit)) to \(list(intent.live.keys))"
        + (intent.extent == .revocations ? ", revocations only" : "")
        + (intent.overrides.isEmpty
          ? "" : ", overriding " + intent.overrides.map { visible($0.guardName) }.joined(separator: ", "))
        + (intent.leaving.isEmpty ? "" : ", letting go of " + list(intent.leaving))
        + approval(intent.approval)
    case .outcome(let outcome):
      outcome.standings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.rawValue)" }.joined(separator: ", ")
        + ": " + counts(outcome.results) + (outcome.recovered ? ", found after an interruption" : "")
    case .drift(let drift): summary(of: drift)
    case .abandon(let abandon): "gives up entry \(abandon.intent): \(visible(abandon.reason))"
    case .secret(let use): summary(of: use)
    case .annotation(let annotation):
      (annotation.about.map { "on entry \($0): " } ?? "") + visible(annotation.text)
    case .override(let override):
      "overrides \(visible(override.guardName)) for commit \(short(override.commit)): \(visible(override.reason))"
    case .keyChange(let change):
      "puts version \(change.statement.version) of the signers in force, as commit \(short(change.commit)) has them; signed by "
        + change.signatures.map(\.actor.text).joined(separator: ", ")
    case .release(let release): "lets go of \(release.target): \(visible(release.reason))"
    case .breakglass(let breakglass):
      "BREAKGLASS: commit \(short(breakglass.commit)) goes in without approvals of \(breakglass.items.count) "
        + "\(breakglass.items.count == 1 ? "item" : "items"): \(visible(breakglass.reason))"
    case .approvalUsed(let use): "entry \(use.about) is signed off" + approvers(use.copies)
    case .other: "of a kind that this version does not know"
    }
  }

  private static func summary(of drift: DriftFound) -> String {
    let items = drift.items.map { "\($0.target) \(visible($0.object))" }
    let found = items.isEmpty ? "nothing drifted" : "drifted: " + items.joined(separator: ", ")
    let asked = drift.live.isEmpty ? "" : " on \(list(drift.live.keys))"
    let unread = drift.unread.isEmpty ? "" : "; could not be read: \(list(drift.unread))"
    return found + asked + " since the last apply, seen from commit \(short(drift.commit))" + unread
  }

  private static func summary(of use: SecretUse) -> String {
    let what = "\(use.operation.rawValue) \(visible(use.secret)) in \(use.target)"
    switch use.stage {
    case .begun: return "begins to " + what
    case .done(let begun): return what + (begun.map { ", begun in entry \($0)" } ?? "")
    case .failed(let begun, let reason): return "could not \(what), begun in entry \(begun): \(visible(reason))"
    }
  }

  private static func approval(_ approval: IntentApproval) -> String {
    (approval.copies.isEmpty ? "" : ", approved" + approvers(approval.copies))
      + (approval.breakglass.map { ", without approvals (entry \($0))" } ?? "")
  }

  /// ` by chen.bo, li.na`, as the statements say.
  private static func approvers(_ copies: [ApprovalCopy]) -> String {
    let names = copies.compactMap { copy in
      (try? ApprovalStatement(canonicalLine: Array(copy.statement.utf8)))?.approver.text
    }
    return " by " + Set(names).sorted().joined(separator: ", ")
  }

  /// The beginning of a commit's id; an entry can hold any text there.
  static func short(_ commit: String) -> String { visible(String(commit.prefix(10))) }

  private static func list(_ targets: some Collection<TargetName>) -> String {
    targets.sorted().map(\.description).joined(separator: ", ")
  }

  /// `14 ok, 1 failed`; `nothing to do` without results.
  static func counts(_ results: [Outcome.Result]) -> String {
    var count: [String: Int] = [:]
    for result in results { count[name(of: result.result.status), default: 0] += 1 }
    let parts = ["ok", "failed", "skipped", "unknown"].compactMap { name in count[name].map { "\($0) \(name)" } }
    return parts.isEmpty ? "nothing to do" : parts.joined(separator: ", ")
  }

  static func name(of status: ChangeResult.Status) -> String {
    switch status {
    case .ok: "ok"
    case .failed: "failed"
    case .skipped: "skipped"
    case .unknown: "unknown"
    }
  }

  /// Why it did not go well; empty when it did.
  static func reason(of status: ChangeResult.Status) -> String {
    switch status {
    case .ok: ""
    case .failed(let reason), .skipped(let reason), .unknown(let reason): visible(reason)
    }
  }
}
