internal import WritSyntax

extension PolicyDecoder {
  /// `from`: a day means its beginning.
  func beginning(_ node: Node) -> Located<Instant>? {
    guard let text = text(node, "`from`") else { return nil }
    if let instant = knownBeginnings[text.value] { return Located(instant, text.span) }
    guard let instant = readInstant(text, wholeDay: \.self) else { return nil }
    knownBeginnings[text.value] = instant
    return Located(instant, text.span)
  }

  /// `until`: a day means through its end, so the first instant without access is the beginning of the next.
  func end(_ node: Node) -> Located<Instant>? {
    guard let text = text(node, "`until`") else { return nil }
    if let instant = knownEnds[text.value] { return Located(instant, text.span) }
    guard let instant = readInstant(text, wholeDay: \.next) else { return nil }
    knownEnds[text.value] = instant
    return Located(instant, text.span)
  }

  private func readInstant(_ text: Located<String>, wholeDay: (CivilDate) -> CivilDate) -> Instant? {
    func refuse(_ message: String, label: String, help: String = "") -> Instant? {
      report(.invalidTime, message, at: text.span, label: label, help: help)
      return nil
    }
    let shown = text.value.clipped
    let written: WrittenTime
    do throws(WrittenTime.Problem) {
      written = try WrittenTime(text.value)
    } catch {
      switch error {
      case .malformed:
        return refuse(
          "`\(shown)` is not a time", label: "expected a date or a time",
          help: "write `2026-12-31`, `2026-12-31T18:00` or `2026-12-31T18:00+08:00`")
      case .noSuchDay: return refuse("there is no day `\(shown)`", label: "not in the calendar")
      case .noSuchTimeOfDay: return refuse("there is no time `\(shown)`", label: "not on the clock")
      }
    }
    switch written {
    case .day(let date): return wholeDay(date).beginning(in: zone)
    case .absolute(let instant): return instant
    case .local(let time):
      let place = policy.settings.timezone?.value ?? "UTC"
      switch time.resolved(in: zone) {
      case .instant(let instant): return instant
      case .missing:
        return refuse(
          "the local time `\(shown)` does not exist in `\(place)`", label: "the clock is put forward over it",
          help: "write another time, or one with its zone")
      case .twice(let first, _):
        return refuse(
          "the local time `\(shown)` exists twice in `\(place)`", label: "the clock is put back over it",
          help: "write it with its zone: `\(first.rfc3339(in: zone))` is the first")
      }
    }
  }

  /// Reports a term that is over before it begins.
  func checkOrder(_ term: Term) {
    guard let from = term.from, let until = term.until, until.value <= from.value else { return }
    report(
      .invalidTime, "it ends before it begins", at: until.span, label: "ends at \(until.value.rfc3339)",
      related: [.init(from.span, "begins at \(from.value.rfc3339)")])
  }
}
