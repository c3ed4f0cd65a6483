extension Plan {
  /// What `apply --only revocations` carries out: the changes that take access away, with their ids.
  ///
  /// Applied completely it still is no complete apply, so base does not advance.
  public var onlyRevocations: Plan {
    var plan = self
    for index in plan.targets.indices { plan.targets[index].changes.removeAll { $0.phase != .revoke } }
    return plan
  }
}
