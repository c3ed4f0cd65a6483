extension Policy {
  /// When each principal holds each role, included ones too, through assignments and grants, while it is active.
  ///
  /// Principals who never hold any are left out.
  public func rolesHeld() -> [PrincipalName: [RoleName: IntervalSet]] {
    var evaluation = Evaluation(self)
    let extras = evaluation.extras()
    var found: [PrincipalName: [RoleName: IntervalSet]] = [:]
    for number in evaluation.principals.indices {
      let held = evaluation.rolesHeld(by: number, extras)
      if !held.isEmpty { found[evaluation.principals[number]] = held }
    }
    return found
  }
}
