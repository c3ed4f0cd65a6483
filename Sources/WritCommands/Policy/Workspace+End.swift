internal import WritPolicy
internal import WritSyntax

extension Workspace {
  /// Reads what stands after `--until`: the end of an access that begins now or holds.
  ///
  /// - Throws: ``CommandFailure`` for what is no end, and for one that is past.
  func end(written text: String, in policy: Policy, now: Instant) throws -> Renewal.End {
    if let duration = Duration(validating: text) {
      // Whole minutes, and never longer than what was asked for.
      let instant = Instant(seconds: (now + duration).seconds / 60 * 60)
      return Renewal.End(text: instant.rfc3339, instant: instant)
    }
    let zone = policy.settings.timezone.flatMap { loader.zones.rules(named: $0.value) } ?? UTCRules()
    guard let written = try? WrittenTime(text), let instant = written.end(in: zone) else {
      throw CommandFailure(
        .usage, "`\(visible(text))` is no end",
        hint: "write `2027-03-31`, `2027-03-31T18:00`, a time with its zone, or `30d`")
    }
    guard instant > now else {
      throw CommandFailure(
        .usage, "`\(visible(text))` ends at \(instant.rfc3339), which is past",
        hint: "to take access away, take the entry out")
    }
    return Renewal.End(text: text, instant: instant)
  }
}
