internal import WritPolicy
internal import WritSyntax
internal import WritSystem
internal import WritYAML

/// From files to a policy: parse, decode, evaluate, check. Reads nothing itself.
struct PolicyLoader {
  let zones: any ZoneCatalogue

  init(zones: any ZoneCatalogue = SystemZones()) { self.zones = zones }

  /// A policy with what was found in it. `access` is nil when there are errors: what cannot be evaluated grants nothing.
  struct Loaded {
    var policy: Policy
    var access: Access?
    var findings: [Finding]
  }

  /// Everything up to `instant`: findings that the clock brings are judged by it.
  func load(_ files: [SourceFile], at instant: Instant) -> Loaded {
    let decoded = decoded(SourceTable(files))
    let policy = decoded.policy
    var findings = decoded.findings
    guard !findings.hasErrors else { return Loaded(policy: policy, access: nil, findings: findings.inOrder()) }
    let access = effectiveAccess(of: policy)
    findings += semanticFindings(of: policy, access: access, at: instant)
    return Loaded(policy: policy, access: findings.hasErrors ? nil : access, findings: findings.inOrder())
  }

  /// The policy as written. The trees are gone when it returns, so that evaluating can have their memory.
  private func decoded(_ sources: SourceTable) -> (policy: Policy, findings: [Finding]) {
    var findings: [Finding] = []
    var roots: [(SourceID, Node)] = []
    for id in sources.ids {
      let parsed = YAML.parse(sources[id], id: id)
      findings += parsed.findings
      if let root = parsed.root { roots.append((id, root)) }
    }
    let decoded = Policy.decode(files: roots, sources: sources, zones: zones)
    return (decoded.policy, findings + decoded.findings)
  }
}
