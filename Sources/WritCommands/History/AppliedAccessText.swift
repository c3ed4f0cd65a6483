internal import WritDigest
internal import WritPolicy
internal import WritRender
internal import WritSyntax

/// What targets really had, for people and for programs.
enum AppliedAccessText {
  static func text(_ answer: AppliedAccess, _ edges: [AppliedAccess.Held]) -> String {
    if answer.standings.isEmpty { return "nothing was applied completely by \(answer.until.rfc3339)\n" }
    var out = AccessText.aligned(
      edges.map { edge in
        let over = edge.until.map { $0 <= answer.until } ?? false
        return [
          edge.key.principal.text, edge.key.permission.description, edge.standing.target.description,
          "by entry \(edge.standing.entry)",
          edge.until.map { (over ? "its end was " : "until ") + $0.rfc3339 } ?? "",
        ]
      })
    if edges.isEmpty { out = "no access\n" }
    out += "\n"
    for standing in answer.standings {
      out += "\(standing.target): entry \(standing.entry) at \(standing.time.rfc3339), commit "
      out += "\(visible(String(standing.commit.prefix(10)))) as of \(standing.evaluated.rfc3339)\n"
      for remark in standing.remarks { out += "    \(visible(remark))\n" }
    }
    return out
  }

  static func json(_ answer: AppliedAccess, _ edges: [AppliedAccess.Held]) -> JSONValue {
    [
      "format_version": 1, "at": .string(answer.until.rfc3339),
      "edges": .array(
        edges.map { edge in
          [
            "principal": .string(edge.key.principal.text), "permission": .string(edge.key.permission.description),
            "target": .string(edge.standing.target.description), "entry": .integer(edge.standing.entry),
            "until": edge.until.map { .string($0.rfc3339) } ?? .null,
          ]
        }),
      "targets": .array(
        answer.standings.map { standing in
          [
            "target": .string(standing.target.description), "entry": .integer(standing.entry),
            "applied_at": .string(standing.time.rfc3339), "commit": .string(standing.commit),
            "evaluated_at": .string(standing.evaluated.rfc3339),
            "remarks": .array(standing.remarks.map { .string($0) }),
          ]
        }),
    ]
  }
}
