public import WritPolicy

extension HistoryIndex {
  /// When the newest commit that could be read came into force; blames answer for no earlier instant.
  public var latest: Instant { epochs.last?.begins ?? .distantPast }

  /// The instants around this one for which ``blames(at:)`` says the same, but for the instant itself.
  ///
  /// It changes where any way to any edge of the present policy begins or ends, and is asked for no instant before ``latest``.
  public func validity(at instant: Instant) -> Interval {
    let instant = max(instant, latest)
    var valid = Interval(latest, .distantFuture)
    for edge in snapshot?.access.edges ?? [] {
      for derivation in edge.derivations {
        for interval in derivation.holds.intervals {
          for bound in [interval.start, interval.end] {
            if bound <= instant { valid.start = max(valid.start, bound) } else { valid.end = min(valid.end, bound) }
          }
        }
      }
    }
    return valid
  }
}
