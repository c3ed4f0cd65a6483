internal import WritSyntax

extension PolicyDecoder {
  static let personKeys = [
    "name", "email", "user-type", "account", "uid", "ssh-keys", "manager", "roles", "from", "until", "suspended",
    "previously",
  ]

  func readPeople(_ parts: [Node.Entry]) {
    policy.people.reserveCapacity(Self.entryCount(parts))
    eachEntry(parts, "a person", in: \.principals) { name, node in
      guard !isReserved(name), let entries = mappingOrBlank(node, "`\(name.value)`") else { return }
      var person = Person(name: name)
      for entry in entries {
        let value = entry.value
        switch entry.key.value {
        case "name": person.fullName = line(value, "`name`")
        case "email": person.email = email(value)
        case "user-type": person.userType = word(value, "`user-type`", UserType.self)?.value ?? .employee
        case "account": person.account = account(value)
        case "uid":
          person.uid = uid(value)
          if person.uid == nil { unreadableUIDs.insert(name.value) }
        case "ssh-keys":
          let before = findings.count
          person.sshKeys = sshKeys(value, "`ssh-keys`")
          if findings.count > before { unreadableKeys.insert(name.value) }
        case "manager": person.manager = self.name(value, "a name of a person")
        case "roles": person.roles = assignments(value)
        case "from": person.term.from = beginning(value)
        case "until": person.term.until = end(value)
        case "suspended": person.suspended = boolean(value, "`suspended`")
        case "previously": person.previously = names(value, "`previously`", each: "a name of a person")
        default: unknownKey(entry.key, known: Self.personKeys, in: "person `\(name.value)`")
        }
      }
      checkOrder(person.term)
      policy.people[name.value] = person
    }
  }

  /// `outputs/others` means everybody else's folders, so nobody can have that name.
  func isReserved(_ name: Located<PrincipalName>) -> Bool {
    guard name.value.text == "others" else { return false }
    report(
      .invalidName, "nobody can be named `others`", at: name.span, label: "the word has a meaning in permissions",
      help: "choose another name")
    return true
  }

  func email(_ node: Node) -> Located<String>? {
    guard let text = line(node, "`email`") else { return nil }
    let bytes = text.value.utf8
    let at = UInt8(ascii: "@")
    guard bytes.first != at, bytes.last != at, !bytes.contains(UInt8(ascii: " ")),
      bytes.reduce(0, { $1 == at ? $0 + 1 : $0 }) == 1
    else {
      invalid(text, "`email`", "an address such as `name@example.com`")
      return nil
    }
    return text
  }

  func account(_ node: Node) -> Located<String>? {
    guard let text = line(node, "`account`") else { return nil }
    guard LinuxName.isValid(text.value) else {
      report(
        .invalidAccount, "Linux takes no account named `\(text.value.clipped)`", at: text.span,
        label: "not an account name",
        help: LinuxName.rule)
      return nil
    }
    guard !LinuxName.systemAccounts.contains(text.value) else {
      report(
        .invalidAccount, "the account `\(text.value)` belongs to the system", at: text.span, label: "not a person's",
        help: "choose another account name")
      return nil
    }
    return text
  }

  func uid(_ node: Node) -> Located<UInt32>? {
    guard let number = number(node, "`uid`") else { return nil }
    guard UserID.isFree(number.value) else {
      report(
        .invalidUID, "the uid \(number.value) cannot be given to anybody", at: number.span,
        label: UserID.problem(number.value), help: "choose one from 1000 to 2147483646")
      return nil
    }
    return Located(UInt32(number.value), number.span)
  }

  /// `roles:` of a principal: role names, or mappings with a term and a reason.
  func assignments(_ node: Node) -> [Assignment] {
    guard let items = list(node, "`roles`") else { return [] }
    var found: [Assignment] = []
    found.reserveCapacity(items.count)
    for item in items {
      switch item.content {
      case .scalar where !item.isBlank:
        if let role: Located<RoleName> = name(item, "a name of a role") {
          found.append(Assignment(role: role, span: item.span))
        }
      case .mapping(let entries): if let read = assignment(entries, item.span) { found.append(read) }
      default: wrongType(item, "an entry of `roles`", "a role or a mapping")
      }
    }
    return found
  }

  private func assignment(_ entries: [Node.Entry], _ span: SourceSpan) -> Assignment? {
    var role: Located<RoleName>?
    var hasRole = false
    var term = Term()
    var reason: Located<String>?
    for entry in entries {
      switch entry.key.value {
      case "role":
        hasRole = true
        role = name(entry.value, "a name of a role")
      case "from": term.from = beginning(entry.value)
      case "until": term.until = end(entry.value)
      case "reason": reason = line(entry.value, "`reason`")
      default: unknownKey(entry.key, known: ["role", "from", "until", "reason"], in: "an assignment")
      }
    }
    checkOrder(term)
    if !hasRole { missingKey("role", of: "the assignment", at: span) }
    return role.map { Assignment(role: $0, term: term, reason: reason, span: span) }
  }
}
