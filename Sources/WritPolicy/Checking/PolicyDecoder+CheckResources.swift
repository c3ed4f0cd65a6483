internal import WritSyntax

extension PolicyDecoder {
  /// What amounts to root must say so, and what restricts must be able to.
  func checkResources() {
    checkEgress()
    for resource in resourcesInOrder where resource.privileged?.value != true {
      switch resource.kind {
      case .command(let command):
        if let kind = PrivilegedPrograms.kind(of: command.path.value) {
          needsPrivileged(resource, command.path.span, "is \(kind)")
        } else if let arguments = command.arguments {
          if arguments.value == .any {
            needsPrivileged(resource, arguments.span, "may be run with any arguments")
          } else if case .pattern(let pattern) = arguments.value, ArgumentPattern.isOpen(pattern) {
            needsPrivileged(resource, arguments.span, "may be run with any arguments")
          }
        }
      case .unixGroup(let group) where LinuxName.rootGroups.contains(group.value):
        needsPrivileged(resource, group.span, "amounts to root")
      default: break
      }
    }
  }

  /// Where the internal networks are all there is, an `egress` resource would hold nobody back.
  private func checkEgress() {
    let egress = resourcesInOrder.first { if case .egress = $0.kind { true } else { false } }
    let written = policy.settings.internalNetworks
    guard let egress, NetworkRange.takesInEverything(written.compactMap { NetworkRange(validating: $0.value) }),
      let widest = written.min(by: { Self.prefix($0) < Self.prefix($1) })
    else { return }
    report(
      .egressWithoutEffect, "the internal networks take in every address", at: widest.span,
      label: "so nothing is external", related: [.init(egress.name.span, "and this holds nobody back")],
      help: "name the networks of the organisation alone")
  }

  private static func prefix(_ network: Located<String>) -> Int {
    NetworkRange(validating: network.value)?.prefix ?? Int.max
  }

  private func needsPrivileged(_ resource: Resource, _ span: SourceSpan, _ why: String) {
    report(
      .needsPrivileged, "`\(resource.name.value)` \(why)", at: span, label: "gives more than it seems",
      help: "choose something narrower, or write `privileged: true`")
  }
}
