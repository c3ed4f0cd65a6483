public import WritPolicy
public import WritSyntax

/// Outcomes of policy tests as people read them.
public struct TestText {
  public var style: TextStyle
  public var sources: SourceTable

  public init(style: TextStyle = .plain, sources: SourceTable) {
    self.style = style
    self.sources = sources
  }

  /// `ok    outputs are private`, or `FAIL` with everybody for whom it is not so and the lines that give it.
  public func text(_ outcome: TestOutcome) -> String {
    let name = visible(outcome.test.name.value)
    if outcome.passed {
      return style.added("ok  ") + "  \(name)" + (outcome.matchesNobody ? "  (matches nobody)" : "") + "\n"
    }
    var out = style.error("FAIL") + "  \(name)  (\(sources.place(of: outcome.test.name.span)))\n"
    for example in outcome.counterexamples {
      let key = "\(example.principal) \(example.permission)"
      switch example.fault {
      case .missing: out += "        \(example.principal) does not have \(example.permission) now\n"
      case .unwanted:
        out += "        \(key) \(Self.text(example.during))\n"
        for derivation in example.derivations {
          out += "          through \(AccessText.through(derivation)) (\(sources.place(of: derivation.rule)))\n"
        }
      }
    }
    return out
  }

  /// `from … until …`, one stretch after the other.
  static func text(_ times: IntervalSet) -> String {
    times.intervals.map { interval in
      let from = interval.start == .distantPast ? "" : "from \(interval.start.rfc3339) "
      return from + (interval.end == .distantFuture ? "without end" : "until \(interval.end.rfc3339)")
    }.joined(separator: ", ")
  }
}
