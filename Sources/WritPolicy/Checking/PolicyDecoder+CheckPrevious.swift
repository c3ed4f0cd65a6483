internal import WritSyntax

/// `previously` names what an entry was called before: never something that is there, and never for two.
extension PolicyDecoder {
  func checkPrevious() {
    checkPrevious(
      policy.people.values.filter { !$0.previously.isEmpty }.map { ($0.name, $0.previously) }
        + policy.serviceAccounts.values.filter { !$0.previously.isEmpty }.map { ($0.name, $0.previously) },
      declared.principals)
    checkPrevious(
      policy.roles.values.filter { !$0.previously.isEmpty }.map { ($0.name, $0.previously) }, declared.roles)
    checkPrevious(
      policy.resources.values.filter { !$0.previously.isEmpty }.map { ($0.name, $0.previously) }
        + policy.sharingGroups.values.filter { !$0.previously.isEmpty }.map { ($0.name, $0.previously) },
      declared.resources)
    checkPrevious(
      policy.hosts.values.filter { !$0.previously.isEmpty }.map { ($0.name, $0.previously) }, declared.hosts)
  }

  private func checkPrevious<Kind>(
    _ entries: [(Located<Identifier<Kind>>, [Located<Identifier<Kind>>])], _ known: [Identifier<Kind>: SourceSpan]
  ) {
    var taken: [Identifier<Kind>: SourceSpan] = [:]
    for (_, previous) in entries.sorted(by: { $0.0.span < $1.0.span }) {
      for name in previous {
        if let place = known[name.value] {
          report(
            .previousNameInUse, "`\(name.value)` is still somebody's or something's name", at: name.span,
            label: "not a name of before", related: [.init(place, "defined here")],
            help: "take the old entry out in the commit that renames it")
        } else if let other = taken[name.value] {
          report(
            .previousNameInUse, "`\(name.value)` cannot have become two entries", at: name.span, label: "again here",
            related: [.init(other, "first claimed here")], help: "keep it where the rename happened")
        } else {
          taken[name.value] = name.span
        }
      }
    }
  }
}
