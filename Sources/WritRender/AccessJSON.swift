public import WritDigest
public import WritPolicy
public import WritSyntax

/// Edges as the published JSON form has them (design §10).
public enum AccessJSON {
  /// `{"format_version","commit","at","edges":[…]}`; `commit` is nil for a working tree.
  public static func document(
    edges: [Edge], indirect: [IndirectEdge] = [], commit: String?, at instant: Instant, sources: SourceTable
  ) -> JSONValue {
    var members: [String: JSONValue] = [
      "format_version": 1, "at": .string(instant.rfc3339),
      "edges": .array(edges.map { edge($0, at: instant, sources: sources) }),
    ]
    members["commit"] = commit.map(JSONValue.string) ?? .null
    if !indirect.isEmpty {
      members["indirect"] = .array(
        indirect.map {
          [
            "principal": .string($0.principal.text), "permission": .string($0.reached.permission.description),
            "as": .string($0.reached.principal.text), "through": .array($0.via.map { .string($0.description) }),
            "means": .string($0.means == .ownership ? "ownership" : "permission"),
          ]
        })
    }
    return .object(members)
  }

  /// One edge with the ways in which it holds at `instant`.
  public static func edge(_ edge: Edge, at instant: Instant, sources: SourceTable) -> JSONValue {
    var members: [String: JSONValue] = [
      "principal": .string(edge.principal.text), "permission": .string(edge.permission.description),
      "targets": .array(edge.targets.map { .string($0.description) }),
      "paths": .array(
        edge.derivations.filter { $0.holds.contains(instant) }.map { path($0, at: instant, sources: sources) }),
    ]
    members["until"] = Self.end(edge.holds.end(at: instant))
    return .object(members)
  }

  /// One derivation: the roles it goes through and the lines that say so.
  public static func path(_ derivation: Derivation, at instant: Instant, sources: SourceTable) -> JSONValue {
    var members: [String: JSONValue] = [
      "through": .array(derivation.roles.map { .string($0.text) }),
      "cause": .array(
        (derivation.entry == derivation.rule ? [derivation.entry] : [derivation.entry, derivation.rule])
          .map { place($0, sources) }),
    ]
    members["until"] = Self.end(derivation.holds.end(at: instant))
    members["reason"] = derivation.reason.map(JSONValue.string)
    return .object(members)
  }

  /// Null where no end is written.
  static func end(_ instant: Instant?) -> JSONValue {
    instant.flatMap { $0 == .distantFuture ? nil : .string($0.rfc3339) } ?? .null
  }

  /// `{"file","line","column"}`
  public static func place(_ span: SourceSpan, _ sources: SourceTable) -> JSONValue {
    [
      "file": .string(sources.path(of: span)), "line": .integer(Int(span.start.line)),
      "column": .integer(Int(span.start.column)),
    ]
  }
}
