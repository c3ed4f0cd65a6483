internal import WritSyntax

/// How far something is that takes a while, as one line of a terminal; nothing in the first second.
///
/// Pure: whoever draws it says what time it is.
public struct ProgressMeter: Sendable {
  /// What is done, and how much of it.
  public struct Step: Sendable, Hashable {
    /// For people: `mending /srv/data on gpu01`. May hold anything.
    public var label: String
    public var done: Int
    /// Of about so many; nil when nobody knows.
    public var total: Int?
    /// What is counted: `names`.
    public var unit: String

    public init(label: String, done: Int, total: Int? = nil, unit: String) {
      self.label = label
      self.done = done
      self.total = total
      self.unit = unit
    }
  }

  /// Seconds for which nothing is drawn.
  public static let patience = 1.0
  /// Seconds between two drawings of the same thing.
  public static let interval = 0.1
  /// Of this share there is too little to tell the rest by.
  private static let smallestShare = 0.01

  private let start: Double
  private var begun: (label: String, time: Double, done: Int)?
  private var drawn: Double?

  /// - Parameter start: seconds of a clock that only runs forward.
  public init(at start: Double) { self.start = start }

  /// The line to draw; nil where none is due.
  ///
  /// - Parameter width: columns of the terminal; the line leaves the last one free.
  public mutating func line(_ step: Step, at now: Double, width: Int) -> String? {
    let isNew = begun?.label != step.label
    if isNew { begun = (step.label, now, step.done) }
    guard now - start >= Self.patience, isNew || now - (drawn ?? -Self.interval) >= Self.interval else { return nil }
    drawn = now
    return text(step, at: now, room: max(1, width - 1))
  }

  private func text(_ step: Step, at now: Double, room: Int) -> String {
    var counts = Self.grouped(step.done)
    if let total = step.total, total >= step.done { counts += " of about \(Self.grouped(total))" }
    counts += " \(step.unit)"
    let rest = timeLeft(step, at: now).map { ", \($0) left" } ?? ""
    // What a narrow terminal has no room for: first the label's end, then the time left, then all but the number.
    for tail in [": \(counts)\(rest)", ": \(counts)", ": \(Self.grouped(step.done))"] {
      let left = room - DisplayWidth.of(tail)
      if left >= 12 || left >= DisplayWidth.of(visible(step.label)) {
        return Self.cut(visible(step.label), to: left) + tail
      }
    }
    return Self.cut(Self.grouped(step.done), to: room)
  }

  private func timeLeft(_ step: Step, at now: Double) -> String? {
    guard let total = step.total, let begun, total > step.done, now - begun.time >= Self.patience else { return nil }
    let made = step.done - begun.done
    guard made > 0, Double(made) >= Self.smallestShare * Double(total) else { return nil }
    let seconds = ((now - begun.time) * Double(total - step.done) / Double(made)).rounded(.up)
    guard seconds < 360_000 else { return nil }
    let whole = Int(seconds)
    if whole < 100 { return "\(whole) s" }
    return whole < 6_000 ? "\((whole + 30) / 60) min" : "\((whole + 1_800) / 3_600) h"
  }

  /// `1,234,567`
  static func grouped(_ number: Int) -> String {
    let digits = Array(String(max(0, number)))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// As much of the text as has room, with `…` where some is missing.
  static func cut(_ text: String, to room: Int) -> String {
    if DisplayWidth.of(text) <= room { return text }
    var kept = ""
    var width = 1
    for scalar in text.unicodeScalars {
      width += DisplayWidth.of(scalar)
      if width > room { break }
      kept.unicodeScalars.append(scalar)
    }
    return room > 0 ? kept + "…" : ""
  }
}
