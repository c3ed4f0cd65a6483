public import WritPolicy
public import WritSyntax

/// The answer to `why` as people read it.
public struct WhyText {
  public var style: TextStyle
  public var sources: SourceTable

  public init(style: TextStyle = .plain, sources: SourceTable) {
    self.style = style
    self.sources = sources
  }

  public func text(_ answer: Explanation) -> String {
    var out: String
    if answer.holds {
      let end = answer.until.map { $0 == .distantFuture ? ", without an end" : ", until \($0.rfc3339)" } ?? ""
      out = style.bold("\(answer.key.principal) has \(answer.key.permission)") + end + "\n"
    } else {
      out = style.bold("\(answer.key.principal) does not have \(answer.key.permission)") + "\n"
    }
    for reason in answer.inactivity { out += "  " + style.warning(line(of: reason)) + "\n" }
    if answer.ways.isEmpty { out += "  nothing gives it\n" }
    for way in answer.ways {
      out += "  \(state(of: way.state)) through \(through(way))\n"
      out += "      \(sources.place(of: way.entry))"
      if way.rule != way.entry { out += ", allowed at \(sources.place(of: way.rule))" }
      if let reason = way.reason { out += ": \(visible(reason))" }
      out += "\n"
    }
    for denial in answer.denials {
      let verb = denial.holds ? style.removed("denied") : "would be denied"
      out += "  \(verb) through \(denial.roles.map(\.text).joined(separator: " > "))\n"
      out += "      \(sources.place(of: denial.entry)), denied at \(sources.place(of: denial.rule))\n"
    }
    return out
  }

  private func through(_ way: Explanation.Way) -> String {
    let roles = way.roles.map(\.text).joined(separator: " > ")
    switch way.origin {
    case .assignment: return roles
    case .grantedRole: return roles + " (exception)"
    case .grant: return "an exception"
    case .custodian: return "the vault's custody"
    }
  }

  private func state(of state: Explanation.Way.State) -> String {
    switch state {
    case .holds(let end): style.added("holds") + (end == .distantFuture ? "" : " until \(end.rfc3339)")
    case .over(let since): "over since \(since.rfc3339)"
    case .notBegun(let from): "begins \(from.rfc3339)"
    case .denied: style.removed("denied")
    case .inactive: style.removed("not active")
    }
  }

  private func line(of reason: Explanation.Inactivity) -> String {
    switch reason {
    case .unknown: "nobody of that name"
    case .suspended(let span): "suspended (\(sources.place(of: span)))"
    case .notBegun(let from, let span): "not active before \(from.rfc3339) (\(sources.place(of: span)))"
    case .over(let since, let span): "not active since \(since.rfc3339) (\(sources.place(of: span)))"
    case .withoutOwner(let span): "a service account without an owner (\(sources.place(of: span)))"
    case .owner(let name, let span): "its owner \(name) is not active (\(sources.place(of: span)))"
    }
  }
}
