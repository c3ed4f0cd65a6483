import Testing
import WritPolicy
import WritTestSupport

/// A zone made of offsets that begin at instants.
struct TableZone: ZoneRules {
  var first: Int64
  var changes: [(Int64, Int64)] = []
  func offset(at instant: Instant) -> Int64 { changes.last { $0.0 <= instant.seconds }?.1 ?? first }

  /// Central Europe in 2026: summer time from 29 March 01:00 to 25 October 01:00 UTC.
  static let berlin = TableZone(first: 3600, changes: [(1_774_746_000, 7200), (1_792_890_000, 3600)])
  static let shanghai = TableZone(first: 28_800)
  /// A clock put forward at midnight: 2026-03-28T22:00Z, from +02:00 to +03:00.
  static let skipsMidnight = TableZone(first: 7200, changes: [(1_774_735_200, 10_800)])
}

@Suite struct TimeTests {
  @Test func `days and dates convert both ways`() throws {
    var expected = try #require(CivilDate(year: 1896, month: 1, day: 1))
    for day in Int64(-27_028)..<100_000 {
      let date = CivilDate(daysSinceEpoch: day)
      #expect(date == expected)
      #expect(date.daysSinceEpoch == day)
      let month = CivilDate(year: date.year, month: date.month, day: date.day + 1)
      expected =
        try month ?? CivilDate(year: date.year, month: date.month + 1, day: 1)
        ?? #require(CivilDate(year: date.year + 1, month: 1, day: 1))
    }
  }

  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2026-12-31T16:00:00Z", 1_798_732_800), ("2000-02-29T23:59:59Z", 951_868_799),
    ("1969-12-31T23:59:59Z", -1), ("9999-12-31T23:59:59Z", 253_402_300_799),
  ])
  func `instants are written and read in UTC`(text: String, seconds: Int64) {
    #expect(Instant(seconds: seconds).rfc3339 == text)
    #expect(Instant(rfc3339: text) == Instant(seconds: seconds))
  }

  @Test func `a zone shows its offset`() throws {
    let instant = try #require(Instant(rfc3339: "2026-12-31T16:00:00Z"))
    #expect(instant.rfc3339(in: TableZone.shanghai) == "2027-01-01T00:00:00+08:00")
    #expect(instant.rfc3339(in: TableZone(first: -12_600)) == "2026-12-31T12:30:00-03:30")
    #expect(Instant(rfc3339: "2027-01-01T00:00:00+08:00") == instant)
    #expect(Instant(rfc3339: "2026-12-31T12:30-03:30") == instant)
  }

  @Test func `the ends of time can be shown`() {
    #expect(Instant.distantFuture.rfc3339.hasSuffix("Z"))
    #expect(Instant.distantPast.rfc3339(in: TableZone.berlin).hasSuffix("+01:00"))
    #expect(Instant.distantFuture + Duration(seconds: 1) == .distantFuture)
  }

  @Test(arguments: [
    ("2026-02-30", WrittenTime.Problem.noSuchDay), ("2026-13-01", .noSuchDay), ("2026-00-10", .noSuchDay),
    ("2100-02-29", .noSuchDay), ("2026-01-01T24:00", .noSuchTimeOfDay), ("2026-01-01T10:60", .noSuchTimeOfDay),
    ("2026-01-01T10:00:60", .noSuchTimeOfDay), ("2026-1-1", .malformed), ("2026-01-01 10:00", .malformed),
    ("2026-01-01T10", .malformed), ("2026-01-01T10:00+8", .malformed), ("2026-01-01T10:00Zz", .malformed),
    ("tomorrow", .malformed), ("", .malformed), ("２０２６-01-01", .malformed),
  ])
  func `what is no time is refused`(text: String, problem: WrittenTime.Problem) {
    #expect(throws: problem) { try WrittenTime(text) }
  }

  @Test func `a local time that does not exist or exists twice is found`() throws {
    func resolve(_ text: String, _ zone: TableZone) throws -> LocalTime.Resolution? {
      guard case .local(let time) = try WrittenTime(text) else { return nil }
      return time.resolved(in: zone)
    }
    func at(_ text: String) throws -> Instant { try #require(Instant(rfc3339: text)) }
    #expect(try resolve("2026-03-29T01:59:59", .berlin) == .instant(at("2026-03-29T00:59:59Z")))
    #expect(try resolve("2026-03-29T02:00", .berlin) == .missing)
    #expect(try resolve("2026-03-29T02:59:59", .berlin) == .missing)
    #expect(try resolve("2026-03-29T03:00", .berlin) == .instant(at("2026-03-29T01:00:00Z")))
    #expect(try resolve("2026-10-25T01:59:59", .berlin) == .instant(at("2026-10-24T23:59:59Z")))
    #expect(
      try resolve("2026-10-25T02:30", .berlin) == .twice(at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z")))
    #expect(try resolve("2026-10-25T03:00", .berlin) == .instant(at("2026-10-25T02:00:00Z")))
    #expect(try resolve("2026-11-20T09:00", .shanghai) == .instant(at("2026-11-20T01:00:00Z")))
  }

  @Test func `a day begins also where midnight is skipped`() throws {
    let day = try #require(CivilDate(year: 2026, month: 3, day: 29))
    #expect(day.beginning(in: TableZone.skipsMidnight).rfc3339 == "2026-03-28T22:00:00Z")
    #expect(day.beginning(in: TableZone.berlin).rfc3339 == "2026-03-28T23:00:00Z")
    #expect(day.next.beginning(in: TableZone.berlin).rfc3339 == "2026-03-29T22:00:00Z")
  }

  @Test(arguments: [("30d", 2_592_000), ("12h", 43_200), ("90m", 5400), ("1d", 86_400)])
  func `durations are read and written`(text: String, seconds: Int64) {
    #expect(Duration(validating: text)?.seconds == seconds)
    #expect(Duration(seconds: seconds).description == text)
  }

  @Test(arguments: ["", "d", "0d", "030d", "30", "30 d", "30s", "-1d", "1.5h", "30D", "999999999999d", "٣d"])
  func `what is no duration is refused`(text: String) {
    #expect(Duration(validating: text) == nil)
  }
}
