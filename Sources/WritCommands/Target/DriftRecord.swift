internal import WritApply
internal import WritPlan
internal import WritPolicy
internal import WritSyntax

extension Workspace {
  /// Writes down, signed, what somebody saw who looked for drift: also that there was none, and what could not be read.
  ///
  /// - Returns: the entry's sequence number.
  func record(_ drift: Plan, by applier: Applier, runner: String?) throws -> Int {
    let ledger = try openLedger(.writing)
    defer { ledger.close() }
    guard let state = try ledger.read() else { throw LedgerError.none }
    let read = drift.targets.filter { if case .unreachable = $0.standing { false } else { true } }
    var items: [DriftFound.Item] = []
    for target in drift.targets {
      let found = target.notices.filter { $0.finding != nil }.map(\.object)
      let objects = Set(target.changes.map(\.object) + found).sorted()
      items += objects.map { DriftFound.Item(target: target.target, object: $0.description) }
    }
    let found = DriftFound(
      commit: drift.commit, items: items,
      live: Dictionary(read.map { ($0.target, $0.liveDigest) }) { $1 },
      unread: drift.targets.map(\.target).filter { name in !read.contains { $0.target == name } })
    let signer = try applier.signer(by: state.signers)
    return try ledger.append(.drift(found), signer: signer, runner: runner, .retrying).entry.sequence
  }
}
