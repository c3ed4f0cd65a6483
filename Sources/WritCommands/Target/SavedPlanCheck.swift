internal import WritDigest
internal import WritPlan
internal import WritPolicy
internal import WritSyntax

/// Compares a saved plan with one made now: it may be applied only if nothing moved since.
struct SavedPlanCheck {
  let saved: Plan
  let now: Plan

  /// What a plan of one commit says of live is not comparable with another commit's plan, so this is asked first, and alone.
  ///
  /// - Throws: ``CommandFailure`` with status 5 when the plan is of another commit.
  static func isFor(commit: String, _ saved: Plan) throws {
    guard saved.commit != commit else { return }
    throw stale(["the commit: it is of \(visible(String(saved.commit.prefix(10)))), and HEAD is \(commit.prefix(10))"])
  }

  /// - Throws: ``CommandFailure`` with status 5, saying what moved.
  func isFresh() throws {
    var moved: [String] = []
    if let until = saved.validUntil, now.at >= until { moved.append("the clock: access changed at \(until.rfc3339)") }
    for target in now.targets {
      guard let then = saved.targets.first(where: { $0.target == target.target }) else {
        moved.append("\(target.target) was not in the plan")
        continue
      }
      if saved.base[target.target] != now.base[target.target] {
        moved.append("base of \(target.target): it was applied since")
      }
      if then.liveDigest != target.liveDigest { moved.append("\(target.target) itself: it shows something else now") }
    }
    for target in saved.targets where !now.targets.contains(where: { $0.target == target.target }) {
      moved.append("\(target.target) is not looked at now")
    }
    if moved.isEmpty, saved.digest != now.digest { moved.append("the changes that follow from it") }
    guard moved.isEmpty else { throw Self.stale(moved) }
  }

  private static func stale(_ moved: [String]) -> CommandFailure {
    CommandFailure(
      .stale, "the saved plan is stale; what moved: " + moved.joined(separator: "; "),
      hint: "plan again: writ plan --out FILE")
  }
}
