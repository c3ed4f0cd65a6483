internal import WritHistory
internal import WritPlan
internal import WritPolicy

/// Says of every cause in a plan which commit it goes back to: who granted it, or who ended it.
struct CauseHistory {
  let index: HistoryIndex
  let instant: Instant

  func plans(_ plans: [TargetPlan]) -> [TargetPlan] {
    var known: [EdgeKey: Blame] = [:]
    return plans.map { plan in
      var plan = plan
      for number in plan.changes.indices {
        plan.changes[number].causes = plan.changes[number].causes.map { cause in
          guard let edge = cause.edge, cause.commit == nil else { return cause }
          let blame = known[edge] ?? index.blame(edge, at: instant)
          known[edge] = blame
          var cause = cause
          cause.commit = commit(for: cause, blame)
          return cause
        }
      }
      return plan
    }
  }

  private func commit(for cause: Cause, _ blame: Blame) -> CommitRef? {
    switch cause.kind {
    case .granted: return blame.current?.since
    case .ended: return blame.earlier.last?.since
    case .revoked:
      guard case .commit(let commit)? = blame.earlier.last?.end else { return nil }
      return commit
    case .drift, .required: return nil
    }
  }
}
