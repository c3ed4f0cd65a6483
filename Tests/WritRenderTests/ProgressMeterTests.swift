import Testing
import WritTestSupport

@testable import WritRender

/// The line that a terminal shows of long work.
@Suite struct ProgressMeterTests {
  private func step(_ done: Int, of total: Int? = nil, _ label: String = "gpu01: mending /srv/t") -> ProgressMeter.Step
  {
    ProgressMeter.Step(label: label, done: done, total: total, unit: "names")
  }

  @Test func `nothing is drawn in the first second, and then ten times a second at most`() {
    var meter = ProgressMeter(at: 50)
    #expect(meter.line(step(1), at: 50, width: 80) == nil)
    #expect(meter.line(step(2), at: 50.99, width: 80) == nil)
    #expect(meter.line(step(3000), at: 51, width: 80) == "gpu01: mending /srv/t: 3,000 names")
    #expect(meter.line(step(4000), at: 51.05, width: 80) == nil)
    // Something else is told at once.
    #expect(meter.line(step(0, "gpu02"), at: 51.06, width: 80) == "gpu02: 0 names")
    #expect(meter.line(step(1_234_567, "gpu02"), at: 51.2, width: 80) == "gpu02: 1,234,567 names")
  }

  @Test func `time left follows from what was done since the work began`() {
    var meter = ProgressMeter(at: 0)
    _ = meter.line(step(0, of: 1_000_000), at: 10, width: 80)
    #expect(meter.line(step(5_000, of: 1_000_000), at: 11.5, width: 80)?.hasSuffix("1,000,000 names") == true)
    #expect(meter.line(step(100_000, of: 1_000_000), at: 12, width: 80)?.hasSuffix("names, 18 s left") == true)
    #expect(meter.line(step(100_000, of: 1_000_000), at: 70, width: 80)?.hasSuffix("names, 9 min left") == true)
    #expect(meter.line(step(100_000, of: 10_000_000), at: 610, width: 80)?.hasSuffix("names, 17 h left") == true)
    // More than there were the last time: nobody knows how many there are.
    #expect(meter.line(step(1_000_001, of: 1_000_000), at: 611, width: 80)?.hasSuffix("t: 1,000,001 names") == true)
    #expect(meter.line(step(1_000_000, of: 1_000_000), at: 612, width: 80)?.hasSuffix("1,000,000 names") == true)
  }

  @Test(arguments: 0..<300) func `no line is wider than the terminal, or holds what moves its cursor`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let pieces = ["\u{1b}[2J", "\n", "\r", "\u{202e}", "\u{9b}31m", "王", "芳", "e\u{301}", "a", "/srv/data", " "]
    let label = (0..<Int.random(in: 0...30, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
      .joined()
    var meter = ProgressMeter(at: 0)
    for time in 1...6 {
      let width = Int.random(in: 1...90, using: &random)
      let done = Int.random(in: 0...20_000_000, using: &random)
      let total = Bool.random(using: &random) ? Int.random(in: 0...20_000_000, using: &random) : nil
      guard let line = meter.line(step(done, of: total, label), at: Double(time) * 2, width: width) else {
        Issue.record("no line")
        return
      }
      #expect(DisplayWidth.of(line) <= max(1, width - 1), "\(width) \(line)")
      #expect(
        line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value) && $0 != "\u{202e}" })
    }
  }
}
