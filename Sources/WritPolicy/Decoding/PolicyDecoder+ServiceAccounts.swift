internal import WritSyntax

extension PolicyDecoder {
  static let serviceAccountKeys = [
    "email", "account", "uid", "home", "owner", "workload", "roles", "from", "until", "credential", "suspended",
    "previously",
  ]

  func readServiceAccounts(_ parts: [Node.Entry]) {
    eachEntry(parts, "a service account", in: \.principals) { name, node in
      guard !isReserved(name), let entries = mappingOrBlank(node, "`\(name.value)`") else { return }
      let what = "service account `\(name.value)`"
      var entry = ServiceAccount(name: name)
      var written: Set<String> = []
      for field in entries {
        let value = field.value
        written.insert(field.key.value)
        switch field.key.value {
        case "email": entry.email = email(value)
        case "account": entry.account = account(value)
        case "uid":
          entry.uid = uid(value)
          if entry.uid == nil { unreadableUIDs.insert(name.value) }
        case "home": entry.home = path(value, "`home`", .home)
        case "owner": entry.owner = self.name(value, "a name of a person")
        case "workload": entry.workload = line(value, "`workload`")
        case "roles": entry.roles = assignments(value)
        case "from": entry.term.from = beginning(value)
        case "until": entry.term.until = end(value)
        case "credential":
          entry.credential = credential(value)
          if entry.credential == nil { unreadableKeys.insert(name.value) }
        case "suspended": entry.suspended = boolean(value, "`suspended`")
        case "previously": entry.previously = names(value, "`previously`", each: "a name of a service account")
        default: unknownKey(field.key, known: Self.serviceAccountKeys, in: what)
        }
      }
      checkOrder(entry.term)
      if !written.contains("owner") {
        missingKey("owner", of: what, at: name.span, help: "name the person who answers for it")
      }
      if written.contains("credential") {
        for key in ["until", "workload"] where !written.contains(key) {
          missingKey(key, of: what, at: name.span, help: "a service account with a credential needs one")
        }
      }
      policy.serviceAccounts[name.value] = entry
    }
  }

  private func credential(_ node: Node) -> ServiceAccount.Credential? {
    guard let entries = mapping(node, "`credential`") else { return nil }
    var key: Located<String>?
    var from: [Located<String>] = []
    var run: Located<ResourceName>?
    var rotateEvery: Located<Duration>?
    var written: Set<String> = []
    for entry in entries {
      written.insert(entry.key.value)
      switch entry.key.value {
      case "kind":
        if let kind = line(entry.value, "`kind`"), kind.value != "ssh-key" {
          invalid(kind, "`kind`", "`ssh-key`")
        }
      case "key": key = sshKey(entry.value, "`key`")
      case "from":
        from = networks(entry.value, "`from`")
        // An empty list would mean "from anywhere", which nobody who writes it expects.
        if case .sequence(let items) = entry.value.content, items.isEmpty {
          report(
            .invalidValue, "`from` is an empty list", at: entry.value.span, help: "leave it out, or name a network")
        }
      case "run": run = name(entry.value, "a name of a command resource")
      case "rotate-every": rotateEvery = duration(entry.value, "`rotate-every`")
      default: unknownKey(entry.key, known: ["kind", "key", "from", "run", "rotate-every"], in: "a credential")
      }
    }
    for needed in ["kind", "key"] where !written.contains(needed) {
      missingKey(needed, of: "the credential", at: node.span)
    }
    return key.map {
      ServiceAccount.Credential(span: node.span, key: $0, from: from, run: run, rotateEvery: rotateEvery)
    }
  }
}
