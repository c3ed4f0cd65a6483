internal import WritSyntax

extension PolicyDecoder {
  func readGrants(_ node: Node) {
    for item in listOrBlank(node, "`grants`") ?? [] {
      guard let entries = mapping(item, "a grant") else { continue }
      if let grant = grant(entries, item.span) { policy.grants.append(grant) }
    }
  }

  private func grant(_ entries: [Node.Entry], _ span: SourceSpan) -> Grant? {
    var to: [Located<PrincipalName>]?
    var content: Grant.Content?
    var contentKey: Located<String>?
    var term = Term()
    var reason: Located<String>?
    var written: Set<String> = []
    for entry in entries {
      written.insert(entry.key.value)
      switch entry.key.value {
      case "to": to = nameOrNames(entry.value, "`to`", each: "a name of a principal")
      case "allow", "role":
        if let contentKey {
          report(
            .conflictingKeys, "a grant gives either permissions or a role", at: entry.key.span,
            label: "and `\(entry.key.value)`", related: [.init(contentKey.span, "it gives `\(contentKey.value)`")],
            help: "make two grants of it")
          continue
        }
        contentKey = entry.key
        if entry.key.value == "allow" {
          let rules = permissions(entry.value, "`allow`")
          if case .mapping(let items) = entry.value.content, items.isEmpty {
            report(.invalidValue, "the grant allows nothing", at: entry.value.span, help: "name a resource")
          }
          content = .permissions(rules)
        } else {
          let role: Located<RoleName>? = name(entry.value, "a name of a role")
          content = role.map(Grant.Content.role)
        }
      case "from": term.from = beginning(entry.value)
      case "until": term.until = end(entry.value)
      case "reason": reason = line(entry.value, "`reason`")
      default: unknownKey(entry.key, known: ["to", "allow", "role", "from", "until", "reason"], in: "a grant")
      }
    }
    checkOrder(term)
    // A grant has no name, so what is missing is reported at what it is about.
    let place = entries.first { $0.key.value == "to" }?.value.span ?? contentKey?.span ?? span
    if !written.contains("to") { missingKey("to", of: "the grant", at: place, help: "name a principal") }
    if contentKey == nil {
      report(
        .missingKey, "the grant gives nothing", at: place, label: "`allow` or `role` is missing",
        help: "write what it allows")
    }
    if !written.contains("until") {
      missingKey("until", of: "the grant", at: place, help: "a grant is an exception, so it needs an end")
    }
    guard let to, let content else { return nil }
    return Grant(to: to, content: content, term: term, reason: reason, span: span)
  }
}
