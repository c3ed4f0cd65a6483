internal import WritSyntax

/// Who may do what, and when, over all time (design §3): each principal's allowed permissions while it is active, less
/// those that its roles deny.
///
/// A pure function: equal policies give equal access, whatever the order of their lines. What is worth knowing:
///
/// - Allowing an operation allows those it includes; denying it denies those that include it. A role brings the denies of all
///   it includes along, whether assigned or granted, for as long as it is held.
/// - For an `{account}` tree the bare resource is the principal's own folder. `RESOURCE/others` in an allow means the folders
///   of all other principals to whom an assignment or grant gives the bare resource at any time, denied or not; in a deny it
///   means every folder but one's own.
/// - Custodians of an age vault hold `read` on every sharing group in it, subject to the denies of their roles like any other
///   permission.
/// - A derivation is told apart by its entry, its rule, and the chain of roles between them; of more than eight chains between
///   the same two, the shortest eight are given. Derivations that deny leaves nothing of are left out.
///
/// Only a policy without error findings may be evaluated; names that nothing defines give nothing.
public func effectiveAccess(of policy: Policy) -> Access {
  var evaluation = Evaluation(policy)
  return Access(evaluation.edges())
}

extension Evaluation {
  /// One way to one permission: numbers into the principal's entries and the entry's rules.
  private struct Way {
    var key: Key
    var entry: Int32
    var rule: Int32
  }

  /// What a principal's roles take from it, and when.
  struct Denials {
    var exact: [Key: IntervalSet] = [:]
    /// Keys without a folder.
    var others: [Key: IntervalSet] = [:]

    var isEmpty: Bool { exact.isEmpty && others.isEmpty }

    mutating func add(_ selector: Selector, for principal: Int, _ holds: IntervalSet) {
      switch selector.reach {
      case .exact: exact[selector.key] = exact[selector.key]?.union(holds) ?? holds
      case .own:
        let key = selector.key.with(folder: principal)
        exact[key] = exact[key]?.union(holds) ?? holds
      case .others: others[selector.key] = others[selector.key]?.union(holds) ?? holds
      }
    }

    func denied(_ key: Key, to principal: Int) -> IntervalSet {
      var denied = exact[key] ?? .empty
      if !others.isEmpty, let folder = key.folder, folder != principal,
        let more = others[Key(resource: key.resource, folder: nil, operation: key.operation)]
      {
        denied = denied.union(more)
      }
      return denied
    }
  }

  /// One permission of one principal, with every way to it.
  struct Row {
    var key: Key
    var holds: IntervalSet
    var derivations: [Derivation]
  }

  /// Sorted by principal, then permission.
  mutating func edges() -> [Edge] {
    let extras = extras()
    let folders = folders(extras)
    var edges: [Edge] = []
    for principal in principals.indices {
      for row in rows(of: principal, extras, folders) {
        let detail = detail(of: row.key)
        edges.append(
          Edge(
            principal: principals[principal], permission: detail.permission, holds: row.holds,
            derivations: row.derivations, targets: detail.targets, control: detail.control))
      }
    }
    return edges
  }

  /// Everything that one principal has, or what it has of some resources, in the order of the keys.
  mutating func rows(
    of principal: Int, _ extras: Extras, _ folders: [Int: [Int]], only resources: Set<Int>? = nil
  ) -> [Row] {
    let active = policy.activity(of: principals[principal])
    if active.isEmpty { return [] }
    var ways: [Way] = []
    var held: [(entry: Entry, allow: [Rule], holds: IntervalSet)] = []
    var denials = Denials()
    // A change is about few resources, and looking through them is a fraction of hashing.
    let few = resources.flatMap { $0.count <= 16 ? Array($0) : nil }
    for entry in entries(of: principal, extras) {
      let holds = entry.term == .always ? active : active.intersection(IntervalSet(entry.term))
      if holds.isEmpty { continue }
      let given = given(by: entry)
      let known = ways.count
      for rule in given.deny { denials.add(rule.selector, for: principal, holds) }
      for index in given.allow.indices {
        let selector = given.allow[index].selector
        let resource = selector.key.resource
        if let resources, !(few?.contains(resource) ?? resources.contains(resource)) { continue }
        if selector.reach == .exact {
          // Almost every rule; no list is made for it.
          ways.append(Way(key: selector.key, entry: Int32(held.count), rule: Int32(index)))
          continue
        }
        for key in keys(of: selector, for: principal, folders) {
          ways.append(Way(key: key, entry: Int32(held.count), rule: Int32(index)))
        }
      }
      if ways.count > known { held.append((entry, given.allow, holds)) }
    }
    ways.sort { ($0.key, $0.entry, $0.rule) < ($1.key, $1.entry, $1.rule) }

    var rows: [Row] = []
    var start = 0
    while start < ways.count {
      var end = start + 1
      while end < ways.count, ways[end].key == ways[start].key { end += 1 }
      let denied = denials.isEmpty ? .empty : denials.denied(ways[start].key, to: principal)
      var derivations: [Derivation] = []
      derivations.reserveCapacity(end - start)
      for way in ways[start..<end] {
        let entry = Int(way.entry)
        let rule = Int(way.rule)
        let left = held[entry].holds.subtracting(denied)
        if left.isEmpty { continue }
        // Each member is taken by itself: copying an entry or a rule whole costs more than the rest of the loop.
        derivations.append(
          Derivation(
            origin: held[entry].entry.origin, roles: held[entry].allow[rule].chain, entry: held[entry].entry.span,
            rule: held[entry].allow[rule].span, holds: left, reason: held[entry].entry.reason))
      }
      if !derivations.isEmpty { rows.append(Self.row(ways[start].key, derivations)) }
      start = end
    }
    return rows
  }

  private static func row(_ key: Key, _ derivations: [Derivation]) -> Row {
    if derivations.count == 1 { return Row(key: key, holds: derivations[0].holds, derivations: derivations) }
    return Row(
      key: key, holds: IntervalSet(derivations.flatMap(\.holds.intervals)), derivations: derivations.inWrittenOrder())
  }

  /// What a selector means for one principal.
  func keys(of selector: Selector, for principal: Int, _ folders: [Int: [Int]]) -> [Key] {
    switch selector.reach {
    case .exact: [selector.key]
    case .own: [selector.key.with(folder: principal)]
    case .others:
      (folders[selector.key.resource] ?? []).filter { $0 != principal }.map { selector.key.with(folder: $0) }
    }
  }
}

extension [Derivation] {
  func inWrittenOrder() -> [Derivation] {
    sorted { a, b in
      if a.entry != b.entry { return a.entry < b.entry }
      if a.rule != b.rule { return a.rule < b.rule }
      if a.roles.count != b.roles.count { return a.roles.count < b.roles.count }
      return a.roles.lexicographicallyPrecedes(b.roles)
    }
  }
}
