public import WritHistory
internal import WritPolicy
internal import WritSyntax

extension BlameText {
  /// Everything that somebody has, a line each: permission, since when, until when, and the commit that gave it.
  public func table(_ blames: [Blame]) -> String {
    let rows = blames.compactMap { blame -> [String]? in
      guard let current = blame.current else { return nil }
      let start = current.interval.start
      return [
        blame.key.permission.description,
        "since " + (start == .distantPast ? "always" : start.rfc3339) + (current.mayBeOlder ? " or longer" : ""),
        blame.until.map { "until \($0.rfc3339)" } ?? "no end",
        line(current.since),
      ]
    }
    return AccessText.aligned(rows)
  }
}
