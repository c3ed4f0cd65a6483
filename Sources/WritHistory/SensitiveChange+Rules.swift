internal import WritPolicy
internal import WritSyntax

extension SensitiveChange {
  /// Settings, guards and rules, compared by what they say: their order and place do not matter.
  static func rules(_ base: Policy, _ head: Policy, _ renames: Renames) -> [SensitiveChange] {
    let then = RuleText(renames: renames)
    let now = RuleText(renames: nil)
    return [
      list(.settings, "settings", then.settings(base.settings), now.settings(head.settings)),
      list(.guards, "guards", then.guards(base.guards), now.guards(head.guards)),
      list(
        .expiryRules, "expiry-rules", base.expiryRules.map(then.expiry), head.expiryRules.map(now.expiry)),
      list(
        .separationRules, "separation-rules", base.separationRules.map(then.separation),
        head.separationRules.map(now.separation)),
      list(
        .approvalRules, "approval-rules", base.approvalRules.map(then.approval), head.approvalRules.map(now.approval)),
      list(
        .baselines, "host-baselines", base.baselines.values.flatMap(then.baseline),
        head.baselines.values.flatMap(now.baseline)),
    ].compactMap { $0 }
  }
}

/// Rules on one line each, in the names of the later policy.
struct RuleText {
  /// Nil for the later policy itself.
  var renames: Renames?

  func settings(_ settings: Settings) -> [String] {
    var parts: [String] = []
    if let name = settings.organisation { parts.append("organisation \(name.value)") }
    if let zone = settings.timezone { parts.append("timezone \(zone.value)") }
    if let signers = settings.signers { parts.append("signers \(signers.value)") }
    if let threshold = settings.writtenKeyThreshold { parts.append("key-threshold \(threshold.value)") }
    if let branch = settings.branch { parts.append("branch \(branch.value)") }
    return parts + settings.internalNetworks.map { "internal-network \($0.value)" }
  }

  func guards(_ guards: Guards) -> [String] {
    var parts: [String] = []
    if let percent = guards.maxRemovalPercent { parts.append("max-removal \(percent.value)%") }
    if let count = guards.minAdministrators { parts.append("min-administrators \(count.value)") }
    return parts + guards.administratorRoles.map { "administrator-role \(name($0.value))" }
  }

  func expiry(_ rule: ExpiryRule) -> String {
    var parts = match(rule.match)
    if let longest = rule.maxDuration { parts.append("max-duration \(longest.value)") }
    if rule.requireReason { parts.append("require-reason") }
    if let warn = rule.warnBefore { parts.append("warn-before \(warn.value)") }
    return parts.joined(separator: ", ")
  }

  func separation(_ rule: SeparationRule) -> String {
    "at most \(rule.atMost.value) of " + rule.roles.map { name($0.value) }.sorted().joined(separator: ", ")
  }

  func approval(_ rule: ApprovalRule) -> String {
    var parts = match(rule.match)
    if let words = rule.match.change {
      parts.append("change " + words.map(\.value.text).sorted().joined(separator: "|"))
    }
    parts.append("approvals \(rule.approvals.value)")
    parts.append("by " + rule.by.map { approver($0.value) }.sorted().joined(separator: "|"))
    parts.append("not " + rule.excluded.map(\.rawValue).sorted().joined(separator: "|"))
    if let age = rule.maxAge { parts.append("max-age \(age.value.seconds)s") }
    if let level = rule.minLevel { parts.append("min-level \(level.value)") }
    return parts.joined(separator: ", ")
  }

  /// One line for each thing that a baseline sets; its own name means nothing.
  func baseline(_ baseline: HostBaseline) -> [String] {
    var parts: [String] = []
    if let mask = baseline.umask { parts.append("umask \(mask.value.octalMask)") }
    if let jupyter = baseline.jupyter {
      parts.append("jupyter bind \(jupyter.bind.value.rawValue)")
      if let port = jupyter.port { parts.append("jupyter port \(port.value)") }
    }
    let hosts = baseline.hosts.map { renames?.now($0.value).text ?? $0.value.text }.sorted().joined(separator: "|")
    return parts.map { "\($0) on \(hosts)" }
  }

  private func approver(_ approver: ApprovalRule.Approver) -> String {
    switch approver {
    case .manager: "manager"
    case .role(let role): name(role)
    }
  }

  private func match(_ match: Match) -> [String] {
    func part(_ key: String, _ values: [String]?) -> [String] {
      values.map { [key + " " + $0.sorted().joined(separator: "|")] } ?? []
    }
    return part("principal", match.principal?.map { renames?.now($0.value).text ?? $0.value.text })
      + part("kind", match.kind?.map(\.value.rawValue)) + part("user-type", match.userType?.map(\.value.rawValue))
      + part("role", match.role?.map { name($0.value) })
      + part("resource", match.resource?.map { renames?.now($0.value).text ?? $0.value.text })
      + part("operation", match.operation?.map(\.value.text)) + part("tags", match.tags?.map(\.value))
  }

  private func name(_ role: RoleName) -> String { renames?.now(role).text ?? role.text }
}
