internal import WritSyntax

extension PolicyDecoder {
  static let matchKeys = ["principal", "kind", "user-type", "role", "resource", "operation", "tags"]
  /// The keys that say something about a principal by itself.
  static let whoKeys = ["principal", "kind", "user-type", "role"]

  func match(_ node: Node, _ what: String, keys: [String]) -> Match? {
    guard let entries = mapping(node, what) else { return nil }
    var match = Match(span: node.span)
    for entry in entries {
      let value = entry.value
      guard keys.contains(entry.key.value) else {
        unknownKey(entry.key, known: keys, in: what)
        continue
      }
      switch entry.key.value {
      case "principal": match.principal = nameOrNames(value, "`principal`", each: "a name of a principal")
      case "kind": match.kind = words(value, "`kind`")
      case "user-type": match.userType = words(value, "`user-type`")
      case "role": match.role = nameOrNames(value, "`role`", each: "a name of a role")
      case "resource": match.resource = nameOrNames(value, "`resource`", each: "a name of a resource")
      case "change": match.change = oneOrMore(value, "`change`")?.compactMap { changeWord($0) }
      case "operation": match.operation = oneOrMore(value, "`operation`")?.compactMap { operation($0) }
      default: match.tags = oneOrMore(value, "`tags`")?.compactMap { line($0, "a tag") }
      }
    }
    return match
  }

  private func words<Word: RawRepresentable<String> & CaseIterable>(_ node: Node, _ what: String) -> [Located<Word>]? {
    oneOrMore(node, what)?.compactMap { word($0, what) }
  }

  func readExpiryRules(_ node: Node) {
    for item in listOrBlank(node, "`expiry-rules`") ?? [] {
      guard let entries = mapping(item, "an expiry rule") else { continue }
      var match: Match?
      var rule = ExpiryRule(span: item.span, match: Match(span: item.span))
      var written: Set<String> = []
      for entry in entries {
        written.insert(entry.key.value)
        switch entry.key.value {
        case "match": match = self.match(entry.value, "`match`", keys: Self.matchKeys)
        case "max-duration": rule.maxDuration = duration(entry.value, "`max-duration`")
        case "require-reason": rule.requireReason = boolean(entry.value, "`require-reason`")?.value ?? false
        case "warn-before": rule.warnBefore = duration(entry.value, "`warn-before`")
        default:
          unknownKey(
            entry.key, known: ["match", "max-duration", "require-reason", "warn-before"], in: "an expiry rule")
        }
      }
      if !written.contains("match") {
        missingKey("match", of: "the expiry rule", at: item.span, help: "write `match: {}` for every access")
      }
      if written.isSubset(of: ["match"]) {
        report(
          .missingKey, "the expiry rule demands nothing", at: item.span,
          help: "write `max-duration`, `require-reason` or `warn-before`")
      }
      guard let match else { continue }
      rule.match = match
      policy.expiryRules.append(rule)
    }
  }

  func readSeparationRules(_ node: Node) {
    for item in listOrBlank(node, "`separation-rules`") ?? [] {
      guard let entries = mapping(item, "a separation rule") else { continue }
      var roles: [Located<RoleName>]?
      var atMost: Located<Int>?
      var written: Set<String> = []
      for entry in entries {
        written.insert(entry.key.value)
        switch entry.key.value {
        case "roles":
          let names: [Located<RoleName>] = names(entry.value, "`roles`", each: "a name of a role")
          if case .sequence(let items) = entry.value.content, items.count < 2 {
            report(
              .invalidValue, "a separation rule keeps roles apart", at: entry.value.span,
              label: "expected two roles or more")
          } else {
            roles = names
          }
        case "at-most": atMost = number(entry.value, "`at-most`")
        default: unknownKey(entry.key, known: ["roles", "at-most"], in: "a separation rule")
        }
      }
      for key in ["roles", "at-most"] where !written.contains(key) {
        missingKey(key, of: "the separation rule", at: item.span)
      }
      guard let roles, let atMost else { continue }
      if atMost.value < 1 || atMost.value >= roles.count {
        report(
          .invalidValue, "`at-most` cannot be \(atMost.value) of \(roles.count) roles", at: atMost.span,
          label: "expected 1 to \(roles.count - 1)")
      }
      policy.separationRules.append(SeparationRule(span: item.span, roles: roles, atMost: atMost))
    }
  }

  func readGuards(_ part: Node.Entry) {
    guard let entries = mappingOrBlank(part.value, "`guards`") else { return }
    policy.guards.span = part.key.span
    for entry in entries {
      switch entry.key.value {
      case "max-removal":
        guard let text = line(entry.value, "`max-removal`") else { continue }
        guard text.value.hasSuffix("%"), let percent = Int(plainDecimal: String(text.value.dropLast())), percent <= 100
        else {
          invalid(text, "`max-removal`", "a share such as `25%`")
          continue
        }
        policy.guards.maxRemovalPercent = Located(percent, text.span)
      case "min-administrators": policy.guards.minAdministrators = number(entry.value, "`min-administrators`")
      case "administrator-roles":
        policy.guards.administratorRoles = names(entry.value, "`administrator-roles`", each: "a name of a role")
      default:
        unknownKey(entry.key, known: ["max-removal", "min-administrators", "administrator-roles"], in: "`guards`")
      }
    }
    if let minimum = entries.first(where: { $0.key.value == "min-administrators" }),
      !entries.contains(where: { $0.key.value == "administrator-roles" })
    {
      missingKey(
        "administrator-roles", of: "`guards`", at: minimum.key.span, help: "name the roles that make an administrator")
    }
  }
}
