internal import WritApply
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax

/// Who signed a ledger's entries, and with which key.
struct SignerCount {
  private struct Who: Hashable {
    var actor: PrincipalName
    var key: String
  }

  /// `signed by li.na SHA256:… entries 0-11 (12), in force`, in order of first signatures.
  static func lines(_ state: LedgerState) -> [String] {
    var order: [Who] = []
    var sequences: [Who: [Int]] = [:]
    for entry in state.entries {
      let who = Who(actor: entry.actor, key: entry.key)
      if sequences[who] == nil { order.append(who) }
      sequences[who, default: []].append(entry.sequence)
    }
    return order.map { who in
      let numbers = sequences[who] ?? []
      let isInForce = state.signers.entries(of: who.actor.text).contains { $0.key.fingerprint == who.key }
      let span =
        numbers.count == 1
        ? "entry \(numbers[0])" : "\(numbers.count) entries, \(numbers[0]) to \(numbers[numbers.count - 1])"
      return "signed by \(who.actor) \(visible(who.key)): \(span)" + (isInForce ? "" : ", no longer in force")
    }
  }

  /// Names among the signers in force that belong to no active principal.
  static func inactive(_ state: LedgerState, _ reading: Workspace.Reading) -> [LedgerFault] {
    Set(state.signers.entries.flatMap(\.principals)).sorted().filter { name in
      guard let principal = PrincipalName(validating: name) else { return true }
      return !reading.policy.activity(of: principal).contains(reading.instant)
    }.map {
      LedgerFault(
        .inactiveSigner, "`\($0)` may sign, and is no active principal of commit \(state.accepted.prefix(10))")
    }
  }
}
