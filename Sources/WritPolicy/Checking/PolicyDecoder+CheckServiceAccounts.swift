internal import WritSyntax

extension PolicyDecoder {
  /// One workload for each account, and nobody logs in as one.
  func checkServiceAccounts(_ reach: [RoleName: RoleReach]) {
    var workloads: [String: SourceSpan] = [:]
    for account in policy.serviceAccounts.values.sorted(by: { $0.name.span < $1.name.span }) {
      if let workload = account.workload {
        if let first = workloads[workload.value] {
          report(
            .sharedWorkload, "the workload `\(workload.value.clipped)` has another account", at: workload.span,
            label: "also here", related: [.init(first, "already given here")],
            help: "give each account a workload of its own")
        } else {
          workloads[workload.value] = workload.span
        }
      }
      for assignment in account.roles {
        if let rule = reach[assignment.role.value]?.login {
          refuseLogin(account.name.value, assignment.role.span, rule)
        }
      }
    }
    for grant in policy.grants {
      for principal in grant.to where policy.serviceAccounts[principal.value] != nil {
        switch grant.content {
        case .permissions(let rules):
          if let rule = self.reach(of: rules).login { refuseLogin(principal.value, principal.span, rule) }
        case .role(let role):
          if let rule = reach[role.value]?.login { refuseLogin(principal.value, principal.span, rule) }
        }
      }
    }
  }

  private func refuseLogin(_ account: PrincipalName, _ span: SourceSpan, _ rule: SourceSpan) {
    report(
      .serviceAccountLogin, "the service account `\(account)` would log in", at: span, label: "brings a login",
      related: [.init(rule, "the login")], help: "give it a role without a login; a credential with `run` needs none")
  }
}
