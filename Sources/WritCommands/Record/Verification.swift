internal import WritApply
internal import WritDigest
internal import WritPolicy
internal import WritSyntax

/// What `verify` found out, and what it could not.
struct Verification {
  var report: LedgerReport
  /// One line each, visible: what this run could not prove, then what no run can.
  var unproved: [String] = []

  /// What no run can prove.
  private var limits: [String] {
    let newest = report.state?.entries.last.map { ", the newest of \($0.time.rfc3339)" } ?? ""
    return [
      "that no newer entry exists than the \(report.head.size) seen here\(newest): a frozen upstream looks the same",
      "anything against somebody who is root on every host and holds the applier's key; a checkpoint on paper does",
      "that what a host remembers was not altered by somebody who is root there",
      "that hosts and vaults show today what was read back then: `writ drift` looks",
      "that authors and dates of unsigned commits are true: they are claims",
      "that resources declared `external` were ever enforced",
    ]
  }

  var text: String {
    var lines = report.faults.map { visible($0.description) }
    lines += report.remarks.map { "remark: " + visible($0.description) }
    if let state = report.state { lines += SignerCount.lines(state) }
    let kinds = report.kinds.sorted { $0.key < $1.key }.map { "\($0.value) \(visible($0.key))" }.joined(separator: ", ")
    lines.append(
      "\(report.head.size) \(report.head.size == 1 ? "entry" : "entries") (\(kinds)), root \(report.head.root.hex)")
    lines.append("not proved:")
    lines += (unproved + limits).map { "  - " + $0 }
    if report.faults.isEmpty { lines.append("verified") }
    return lines.joined(separator: "\n")
  }

  var json: JSONValue {
    [
      "format_version": 1, "verified": .bool(report.faults.isEmpty), "origin": .string(report.head.origin),
      "size": .integer(report.head.size), "root": .string(report.head.root.description),
      "kinds": .object(report.kinds.mapValues { .integer($0) }), "faults": .array(report.faults.map(Self.json)),
      "remarks": .array(report.remarks.map(Self.json)), "unproved": .array((unproved + limits).map { .string($0) }),
    ]
  }

  private static func json(_ fault: LedgerFault) -> JSONValue {
    .members([
      "kind": .string(fault.kind.rawValue), "entry": fault.entry.map { .integer($0) },
      "file": fault.path.map { .string($0) }, "detail": .string(fault.detail),
    ])
  }
}
