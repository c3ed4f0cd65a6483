import Glibc
import Testing
import WritTestSupport

@testable import WritPolicy

/// Arguments found for a pattern are ones that the C library's own matcher lets through.
struct ArgumentSampleTests {
  private func matches(_ pattern: String, _ text: String) -> Bool? {
    var expression = regex_t()
    guard regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB) == 0 else { return nil }
    defer { regfree(&expression) }
    return regexec(&expression, text, 0, nil, 0) == 0
  }

  @Test(arguments: [
    "^--config [a-z0-9-]+$", "^--name [a-z0-9-]+ --file /opt/miniconda/specs/[a-z0-9-]+[.]yml$", "^(reload|restart)$",
    "^a{3,5}[^a-c]?(x(y|z)*)+$", "^[[:digit:]]{2}-[]a]$", "^\\.[^]]$", "^$", "^.*$",
  ])
  func `what people write is met`(_ pattern: String) throws {
    for extra in 0...2 {
      let text = try #require(ArgumentSample.matching(pattern, extra: extra))
      #expect(matches(pattern, text) == true, "\(text)")
    }
  }

  @Test(arguments: ["reload", "^a", "^[a$", "^(a$", "^a{9999}$", "^[^[:alpha:]]$"])
  func `where nothing is found, nothing is said`(_ pattern: String) {
    #expect(ArgumentSample.matching(pattern, extra: 0) == nil)
  }

  /// Patterns made of the parts that POSIX has, as deep as people nest them.
  @Test func `random patterns are met`() throws {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<2_000 {
      let pattern = "^\(Self.pattern(&random, depth: 3))$"
      let found = ArgumentSample.matching(pattern, extra: Int.random(in: 0...2, using: &random))
      guard let isMet = matches(pattern, found ?? "\u{1}") else { continue }
      #expect(isMet, "\(pattern)")
    }
  }

  private static func pattern(_ random: inout SeededGenerator, depth: Int) -> String {
    (0..<Int.random(in: 1...3, using: &random)).map { _ in
      let atom =
        switch Int.random(in: 0..<(depth > 0 ? 6 : 4), using: &random) {
        case 0: "ab-/"[..<"ab-/".index("ab-/".startIndex, offsetBy: Int.random(in: 1...4, using: &random))].description
        case 1: ["[a-z]", "[^a-z0-9]", "[]x-]", "[[:alnum:]_]"].randomElement(using: &random) ?? "a"
        case 2: "\\."
        case 3: "."
        case 4: "(\(pattern(&random, depth: depth - 1)))"
        default: "(\(pattern(&random, depth: depth - 1))|\(pattern(&random, depth: depth - 1)))"
        }
      // A repetition of a repetition is no expression of POSIX; here each atom has one at most.
      let isOne = atom.count == 1 || atom.hasPrefix("(") || atom.hasPrefix("[") || atom.hasPrefix("\\")
      return atom + (isOne ? ["", "", "*", "+", "?", "{2}", "{1,3}", "{2,}"].randomElement(using: &random) ?? "" : "")
    }.joined()
  }
}
