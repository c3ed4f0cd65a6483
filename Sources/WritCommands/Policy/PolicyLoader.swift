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
    let sources = SourceTable(files)
    var findings: [Finding] = []
    var roots: [(SourceID, Node)] = []
    for id in sources.ids {
      let parsed = YAML.parse(sources[id], id: id)
      findings += parsed.findings
      if let root = parsed.root { roots.append((id, root)) }
    }
    let decoded = Policy.decode(files: roots, sources: sources, zones: zones)
    findings += decoded.findings
    guard !findings.hasErrors else {
      return Loaded(policy: decoded.policy, access: nil, findings: findings.inOrder())
    }
    let access = effectiveAccess(of: decoded.policy)
    findings += semanticFindings(of: decoded.policy, access: access, at: instant)
    return Loaded(
      policy: decoded.policy, access: findings.hasErrors ? nil : access, findings: findings.inOrder())
  }
}
