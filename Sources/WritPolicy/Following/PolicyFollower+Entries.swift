internal import WritSyntax

/// Entries before and after one step.
struct Touched {
  struct Pair<Value> {
    var old: Value?
    var new: Value?
  }

  var people: [PrincipalName: Pair<Person>] = [:]
  var roles: [RoleName: Pair<Role>] = [:]
  var resources: [ResourceName: Pair<Resource>] = [:]
  var removedGrants: [Grant] = []
  var addedGrants: [Grant] = []

  var movesNames: Bool {
    people.values.contains { $0.isRenamed(\.previously) } || roles.values.contains { $0.isRenamed(\.previously) }
      || resources.values.contains { $0.isRenamed(\.previously) }
  }
}

extension Touched.Pair {
  /// Whether the name came or went, or says what it was before.
  func isRenamed<Name>(_ previously: KeyPath<Value, [Name]>) -> Bool {
    guard let old, let new else { return true }
    return !old[keyPath: previously].isEmpty || !new[keyPath: previously].isEmpty
  }
}

extension PolicyFollower {
  /// Takes the old entries out of the policy. False for a section that is not followed, and for an entry that is not there.
  func takeOut(_ change: SectionChange, _ touched: inout Touched) -> Bool {
    switch PolicyDecoder.Section(rawValue: change.section) {
    case .people:
      return change.removed.allSatisfy { entry in
        guard let name = PrincipalName(validating: entry.key.value),
          let old = decoder.policy.people.removeValue(forKey: name)
        else { return false }
        decoder.declared.principals[name] = nil
        marks.remove(old)
        touched.people[name] = .init(old: old, new: nil)
        return true
      }
    case .roles:
      return change.removed.allSatisfy { entry in
        guard let name = RoleName(validating: entry.key.value), let old = decoder.policy.roles.removeValue(forKey: name)
        else { return false }
        decoder.declared.roles[name] = nil
        touched.roles[name] = .init(old: old, new: nil)
        return true
      }
    case .resources:
      return change.removed.allSatisfy { entry in
        guard let name = ResourceName(validating: entry.key.value),
          let old = decoder.policy.resources.removeValue(forKey: name)
        else { return false }
        decoder.declared.resources[name] = nil
        touched.resources[name] = .init(old: old, new: nil)
        return true
      }
    case .grants:
      return change.removedItems.allSatisfy { item in
        guard let old = decoded([item]).first, let place = decoder.policy.grants.firstIndex(where: old.says) else {
          return false
        }
        touched.removedGrants.append(decoder.policy.grants.remove(at: place))
        return true
      }
    default: return false
    }
  }

  /// Reads the new entries into the policy; false when something is wrong with one of them by itself.
  func putIn(_ change: SectionChange, _ touched: inout Touched) -> Bool {
    if let first = change.added.first {
      let part = Node.Entry(
        key: Located(change.section, first.key.span), value: Node(.mapping(change.added), first.value.span))
      switch PolicyDecoder.Section(rawValue: change.section) {
      case .people:
        decoder.readPeople([part])
        for entry in change.added {
          guard let name = PrincipalName(validating: entry.key.value) else { return false }
          touched.people[name, default: .init()].new = decoder.policy.people[name]
        }
      case .roles:
        decoder.readRoles([part])
        for entry in change.added {
          guard let name = RoleName(validating: entry.key.value) else { return false }
          touched.roles[name, default: .init()].new = decoder.policy.roles[name]
        }
      case .resources:
        decoder.readResources([part])
        for entry in change.added {
          guard let name = ResourceName(validating: entry.key.value) else { return false }
          touched.resources[name, default: .init()].new = decoder.policy.resources[name]
        }
      default: return false
      }
    }
    if !change.addedItems.isEmpty {
      guard change.section == PolicyDecoder.Section.grants.rawValue else { return false }
      let added = decoded(change.addedItems)
      touched.addedGrants += added
      decoder.policy.grants += added
    }
    return !decoder.findings.hasErrors
  }

  private func decoded(_ items: [Node]) -> [Grant] {
    guard let first = items.first else { return [] }
    let others = decoder.policy.grants
    decoder.policy.grants = []
    decoder.readGrants(Node(.sequence(items), first.span))
    defer { decoder.policy.grants = others }
    return decoder.policy.grants
  }
}

extension Grant {
  /// Whether the other one says the same, wherever it is written.
  fileprivate func says(_ other: Grant) -> Bool {
    guard to == other.to, term.interval == other.term.interval, reason == other.reason else { return false }
    switch (content, other.content) {
    case (.role(let a), .role(let b)): return a == b
    case (.permissions(let a), .permissions(let b)): return a == b
    default: return false
    }
  }
}
