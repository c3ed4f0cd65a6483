internal import WritSyntax

extension PolicyDecoder {
  /// What amounts to root must say so.
  func checkResources() {
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

  private func needsPrivileged(_ resource: Resource, _ span: SourceSpan, _ why: String) {
    report(
      .needsPrivileged, "`\(resource.name.value)` \(why)", at: span, label: "gives more than it seems",
      help: "choose something narrower, or write `privileged: true`")
  }
}
