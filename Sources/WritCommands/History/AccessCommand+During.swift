internal import ArgumentParser
internal import WritDigest
internal import WritHistory
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem

extension AccessCommand {
  /// Everything that held at some instant between two.
  func runDuring(_ text: String) throws {
    let past = try PastQuestion(try Workspace(options: reading.repository), upTo: reading.commit)
    let interval = try interval(text, past)
    let held = past.index.held(by: try past.subject(name), during: interval)
    switch format {
    case .text: Terminal.write(HistoryText(style: Terminal.outputStyle).table(held))
    default:
      Terminal.writeLine(
        HistoryJSON.document(
          held: held, commit: past.head, from: interval.start, to: Instant(seconds: interval.end.seconds - 1),
          index: past.index
        ).canonicalText)
    }
  }

  /// `A..B`, both sides included: the beginning of history where A is left out, now where B is.
  private func interval(_ text: String, _ past: PastQuestion) throws -> Interval {
    guard let dots = text.firstRange(of: "..") else {
      throw ValidationError("`--during` takes A..B, each a time (RFC 3339) or a commit")
    }
    let (first, last) = (text[..<dots.lowerBound], text[dots.upperBound...])
    let start = first.isEmpty ? Instant.distantPast : try instant(String(first), past)
    let end = last.isEmpty ? reading.instant : try instant(String(last), past)
    guard start <= end else { throw ValidationError("`--during`: `\(visible(text))` ends before it begins") }
    return Interval(start, Instant(seconds: end.seconds + 1))
  }

  private func instant(_ text: String, _ past: PastQuestion) throws -> Instant {
    if let instant = Instant(rfc3339: text) { return instant }
    let commit = try past.workspace.resolve(text)
    guard let instant = past.index.inForce(from: commit) else {
      throw CommandFailure(
        "commit \(commit.prefix(10)) is not on the first-parent line of \(past.head.prefix(10)), so it never was in force"
      )
    }
    return instant
  }
}
