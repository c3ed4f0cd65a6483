public import WritPolicy
public import WritSyntax

/// Edges as people read them: a table by principal.
public struct AccessText {
  public var style: TextStyle

  public init(style: TextStyle = .plain) { self.style = style }

  /// One line an edge; `no access` where there is none.
  public func table(_ edges: [Edge], indirect: [IndirectEdge] = [], at instant: Instant, sources: SourceTable) -> String
  {
    guard !edges.isEmpty else { return "no access at \(instant.rfc3339)\n" }
    let rows = edges.map { edge -> [String] in
      [
        edge.principal.text, edge.permission.description,
        edge.targets.isEmpty ? "declared, not enforced" : edge.targets.map(\.description).joined(separator: " "),
        edge.holds.end(at: instant).flatMap { $0 == .distantFuture ? nil : "until \($0.rfc3339)" } ?? "",
        edge.derivations.first { $0.holds.contains(instant) }.map { Self.through($0) } ?? "",
      ]
    }
    var out = Self.aligned(rows)
    if !indirect.isEmpty {
      out += "\nindirect, by running commands as another account:\n"
      out += Self.aligned(
        indirect.map {
          [
            "  " + $0.principal.text, $0.reached.permission.description, "as \($0.reached.principal)",
            "through " + $0.via.map(\.description).joined(separator: " > ")
              + ($0.means == .ownership ? ", which owns it" : ""),
          ]
        })
    }
    return out
  }

  /// `junior-engineer > member`, `exception`, `custodian`.
  public static func through(_ derivation: Derivation) -> String {
    switch derivation.origin {
    case .assignment: derivation.roles.map(\.text).joined(separator: " > ")
    case .grantedRole: derivation.roles.map(\.text).joined(separator: " > ") + " (exception)"
    case .grant: "exception"
    case .custodian: "custodian"
    }
  }

  /// Columns as wide as their widest cell; no blanks at a line's end.
  public static func aligned(_ rows: [[String]]) -> String {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    var out = ""
    for row in rows {
      var line = ""
      for (column, cell) in row.enumerated() { line += cell.padded(to: widths[column] + 2) }
      while line.last == " " { line.removeLast() }
      out += line + "\n"
    }
    return out
  }
}
