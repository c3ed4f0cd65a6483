internal import WritSyntax

extension PolicyDecoder {
  /// What only the whole policy can tell. Each check goes through its entries in file and line order, so that of two
  /// entries that cannot both be, the later one is reported.
  func check() {
    checkReferences()
    checkPrevious()
    let reach = roleReach()
    checkPrincipals(reach)
    checkServiceAccounts(reach)
    checkHosts()
    checkResources()
    checkTrees()
    checkBackups()
    checkSharingGroups()
    checkBaselines()
  }

  var rolesInOrder: [Role] { policy.roles.values.sorted { $0.name.span < $1.name.span } }
  var resourcesInOrder: [Resource] { policy.resources.values.sorted { $0.name.span < $1.name.span } }
  var sharingGroupsInOrder: [SharingGroup] { policy.sharingGroups.values.sorted { $0.name.span < $1.name.span } }
  var baselinesInOrder: [HostBaseline] { policy.baselines.values.sorted { $0.name.span < $1.name.span } }
  var hostsInOrder: [Host] { policy.hosts.values.sorted { $0.name.span < $1.name.span } }
}
