public import WritDigest
public import WritPolicy
public import WritSyntax

/// What ends soon, as people and programs read it: the accesses that are lost, and the entries that say so.
public struct ExpiringReport {
  /// A key that is to be changed, where git tells since when it stands.
  public struct Rotation: Sendable, Hashable {
    public var account: PrincipalName
    public var since: Instant
    public var due: Instant
    public var place: SourceSpan
    public var mayBeOlder: Bool

    public init(account: PrincipalName, since: Instant, due: Instant, place: SourceSpan, mayBeOlder: Bool) {
      self.account = account
      self.since = since
      self.due = due
      self.place = place
      self.mayBeOlder = mayBeOlder
    }
  }

  public var edges: [ExpiringEdge]
  public var entries: [EndingEntry]
  public var rotations: [Rotation]
  private let sources: SourceTable
  private let now: Instant

  public init(
    edges: [ExpiringEdge], entries: [EndingEntry], rotations: [Rotation], at now: Instant, sources: SourceTable
  ) {
    self.edges = edges
    self.entries = entries
    self.rotations = rotations
    self.now = now
    self.sources = sources
  }

  public var text: String {
    let sections = [edgeLines, entryLines, rotationLines].filter { !$0.isEmpty }
    return sections.isEmpty ? "nothing ends within that time\n" : sections.joined(separator: "\n")
  }

  private var edgeLines: String {
    edges.map { item in
      "\(item.end.rfc3339)  \(item.edge.key)\n"
        + item.derivations.map { derivation in
          "    through \(AccessText.through(derivation)) (\(sources.place(of: derivation.entry)))"
            + (derivation.reason.map { ": " + visible($0) } ?? "") + "\n"
        }.joined()
    }.joined()
  }

  private var entryLines: String {
    if entries.isEmpty { return "" }
    let isOver = entries.allSatisfy { $0.end <= now }
    return "entries that \(isOver ? "are over" : "end") (\(entries.count))\n"
      + entries.map { entry in
        "  \(entry.end.rfc3339)  \(Self.words(entry)) (\(sources.place(of: entry.place)))"
          + (entry.reason.map { ": " + visible($0) } ?? "") + "\n"
          + (Self.renewal(entry).map { "      \($0)\n" } ?? "")
      }.joined()
  }

  private var rotationLines: String {
    if rotations.isEmpty { return "" }
    return "keys to be changed (\(rotations.count))\n"
      + rotations.map { rotation in
        let late = rotation.due <= now ? "  overdue" : ""
        let older = rotation.mayBeOlder ? ", or longer: this clone's history begins there" : ""
        return "  \(rotation.due.rfc3339)  \(rotation.account)\(late), in the policy since "
          + "\(rotation.since.rfc3339)\(older) (\(sources.place(of: rotation.place)))\n"
      }.joined()
  }

  private static func words(_ entry: EndingEntry) -> String {
    let who = entry.principals.map(\.text).joined(separator: ", ")
    return switch entry.kind {
    case .principal: "\(who), with everything"
    case .assignment(let role): "\(who): \(role)"
    case .grantedRole(let role): "\(who): exception, \(role)"
    case .grant: "\(who): exception"
    }
  }

  /// How the entry is renewed; nil where the entry alone does not say of what.
  private static func renewal(_ entry: EndingEntry) -> String? {
    switch entry.kind {
    case .assignment(let role), .grantedRole(let role):
      "writ renew \(entry.principals[0]) \(role) --until DATE" + (entry.principals.count > 1 ? " --shared" : "")
    case .principal, .grant: nil
    }
  }

  /// - Parameter commit: nil for a working tree.
  public func json(commit: String?) -> JSONValue {
    var document = AccessJSON.document(edges: edges.map(\.edge), commit: commit, at: now, sources: sources)
    guard case .object(var members) = document else { return document }
    members["entries"] = .array(entries.map(json))
    members["rotations"] = .array(
      rotations.map {
        [
          "principal": .string($0.account.text), "since": .string($0.since.rfc3339), "due": .string($0.due.rfc3339),
          "overdue": .bool($0.due <= now), "history_is_cut": .bool($0.mayBeOlder),
          "place": AccessJSON.place($0.place, sources),
        ]
      })
    document = .object(members)
    return document
  }

  private func json(_ entry: EndingEntry) -> JSONValue {
    let (kind, role): (String, RoleName?) =
      switch entry.kind {
      case .principal: ("principal", nil)
      case .assignment(let role): ("assignment", role)
      case .grantedRole(let role): ("grant", role)
      case .grant: ("grant", nil)
      }
    return .members([
      "kind": .string(kind), "principals": .array(entry.principals.map { .string($0.text) }),
      "role": role.map { .string($0.text) }, "until": .string(entry.end.rfc3339),
      "place": AccessJSON.place(entry.place, sources), "reason": entry.reason.map { .string($0) },
    ])
  }
}
