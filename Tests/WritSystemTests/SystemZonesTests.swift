import Testing
import WritPolicy
import WritSystem
import WritTestSupport

@Suite struct SystemZonesTests {
  static let zones = [
    "UTC", "Asia/Shanghai", "Europe/Berlin", "Europe/Dublin", "Europe/London", "America/New_York", "America/Sao_Paulo",
    "America/Nuuk", "America/St_Johns", "America/Havana", "Africa/Casablanca", "Africa/Cairo", "Asia/Tehran",
    "Asia/Gaza", "Asia/Kathmandu", "Asia/Beirut", "Australia/Lord_Howe", "Australia/Sydney", "Pacific/Apia",
    "Pacific/Chatham", "Antarctica/Troll", "Etc/GMT+5",
  ]

  /// The C library is the second opinion: `date` prints the offset of each of many instants.
  @Test(arguments: zones) func `offsets agree with the C library's`(zone: String) throws {
    let rules = try #require(SystemZones().rules(named: zone))
    var generator = SeededGenerator(seed: 7)
    // 1905 to 2226, and around the hours of two years, so that both sides of each change are seen.
    var instants = (0..<400).map { _ in Int64.random(in: -2_051_222_400...8_078_400_000, using: &generator) }
    instants += (0..<8_760).map { 1_767_225_600 + 3600 * Int64($0) }
    instants += (0..<2_920).map { 4_102_444_800 + 10_800 * Int64($0) }
    let input = instants.map { "@\($0)\n" }.joined()
    let result = try Program(
      "/usr/bin/date", ["-f", "-", "+%::z"], environment: ["TZ": zone, "LC_ALL": "C"], input: Array(input.utf8)
    ).run()
    let printed = result.outputText.split(separator: "\n")
    try #require(printed.count == instants.count)
    for (instant, text) in zip(instants, printed) {
      let parts = text.dropFirst().split(separator: ":").compactMap { Int64($0) }
      let size = parts[0] * 3600 + parts[1] * 60 + parts[2]
      let offset = rules.offset(at: Instant(seconds: instant))
      guard offset == (text.hasPrefix("-") ? -size : size) else {
        Issue.record("\(zone) at \(instant): \(offset), not \(text)")
        return
      }
    }
  }

  @Test func `local times are found through the rules`() throws {
    let berlin = try #require(SystemZones().rules(named: "Europe/Berlin"))
    func resolve(_ text: String) throws -> LocalTime.Resolution? {
      guard case .local(let time) = try WrittenTime(text) else { return nil }
      return time.resolved(in: berlin)
    }
    #expect(try resolve("2026-03-29T02:30") == .missing)
    // Beyond what 32-bit times can count.
    #expect(try resolve("2045-03-26T02:30") == .missing)
    let first = try #require(Instant(rfc3339: "2045-10-29T00:30:00Z"))
    #expect(try resolve("2045-10-29T02:30") == .twice(first, first + Duration(seconds: 3600)))
    #expect(try resolve("2045-07-01T12:00") == .instant(#require(Instant(rfc3339: "2045-07-01T10:00:00Z"))))
  }

  @Test(arguments: [
    "", "Mars/Olympus", "../../../etc/passwd", "Asia/../Asia/Shanghai", "/Asia/Shanghai", "Asia//Shanghai", "Asia",
    "Asia/Shanghai/", "localtime", "zone.tab", "Asia/Shang hai", "Europe/Berlin\0", "tzdata.zi",
  ])
  func `what is no zone is refused`(name: String) { #expect(SystemZones().rules(named: name) == nil) }
}
