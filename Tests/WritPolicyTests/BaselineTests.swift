import Testing
import WritPolicy
import WritSyntax

@Suite struct BaselineTests {
  static let shapes: [CheckCase] = [
    CheckCase("a baseline of nothing", .missingKey, text: "host-baselines: { «shared»: { hosts: [gpu] } }"),
    CheckCase("an empty baseline", .missingKey, text: "host-baselines: { «shared»: {} }"),
    CheckCase("a baseline of no host", .missingKey, text: #"host-baselines: { «shared»: { umask: "027" } }"#),
    CheckCase(
      "an empty list of hosts", .invalidValue, text: #"host-baselines: { shared: { hosts: «[]», umask: "027" } }"#),
    CheckCase(
      "an unknown host", .unknownHost, text: #"host-baselines: { shared: { hosts: [«gpu09»], umask: "027" } }"#),
    CheckCase("an unknown key", .unknownKey, text: #"host-baselines: { shared: { hosts: [gpu], «umaks»: "027" } }"#),
    CheckCase(
      "Jupyter without bind", .missingKey,
      text: "host-baselines: { s: { hosts: [gpu], «jupyter»: { port: 9000 } } }"),
    CheckCase(
      "Jupyter for everybody", .invalidValue,
      text: "host-baselines: { s: { hosts: [gpu], jupyter: { bind: «0.0.0.0» } } }"),
    CheckCase(
      "a port of root's", .invalidValue,
      text: "host-baselines: { s: { hosts: [gpu], jupyter: { bind: loopback, port: «80» } } }"),
    CheckCase(
      "no port", .invalidValue,
      text: "host-baselines: { s: { hosts: [gpu], jupyter: { bind: loopback, port: «65536» } } }"),
    CheckCase(
      "an unknown key of Jupyter", .unknownKey,
      text: "host-baselines: { s: { hosts: [gpu], jupyter: { bind: loopback, «token»: x } } }"),
    CheckCase(
      "a name twice", .duplicateName,
      text: """
        host-baselines: { s: { hosts: [gpu], umask: "027" } }
        ---
        host-baselines: { «s»: { hosts: [gpu], umask: "027" } }
        """),
  ]

  static let masks: [CheckCase] =
    ["27", "00027", "029", "u=rwx", "-27", "127", "0700", "777", "020", "000", "025"].map {
      CheckCase("the mask \($0)", .invalidValue, text: "host-baselines: { s: { hosts: [gpu], umask: «\($0)» } }")
    }
    + ["027", "\"0027\"", "022", "002", "077", "007", "026"].map {
      CheckCase("the mask \($0)", text: "host-baselines: { s: { hosts: [gpu], umask: \($0) } }")
    }

  static let meetings: [CheckCase] = [
    CheckCase(
      "two masks on one host", .baselineConflict,
      text: """
        host-baselines:
          shared: { hosts: [gpu], umask: "027" }
          strict: { hosts: [gpu01], umask: «"077"» }
        """),
    CheckCase(
      "one mask in two baselines",
      text: """
        host-baselines:
          shared: { hosts: [gpu], umask: "027", jupyter: { bind: loopback } }
          again: { hosts: [gpu01], umask: "0027", jupyter: { bind: loopback, port: 8888 } }
        """),
    CheckCase(
      "two ports on one host", .baselineConflict,
      text: """
        host-baselines:
          a: { hosts: [gpu], jupyter: { bind: loopback, port: 8888 } }
          b: { hosts: [gpu], jupyter: { bind: loopback } }
          c: { hosts: [gpu], jupyter: { bind: loopback, port: «8889» } }
        """),
    CheckCase(
      "two masks on two hosts",
      text: """
        hosts: { h: { connect: "root:h" } }
        host-baselines: { a: { hosts: [h], umask: "022" }, b: { hosts: [gpu], umask: "027" } }
        """),
    CheckCase(
      "the third that differs, on another host than the second", .baselineConflict, .baselineConflict,
      text: """
        hosts: { h: { connect: "root:h", labels: [both] }, i: { connect: "root:i", labels: [both] } }
        host-baselines:
          a: { hosts: [h], umask: "022" }
          b: { hosts: [both], umask: «"027"» }
          c: { hosts: [i], umask: «"077"» }
        """),
  ]

  @Test(arguments: shapes + masks + meetings) func `are read narrowly`(_ check: CheckCase) { check.expect() }

  @Test func `two that disagree are both named`() throws {
    let (_, findings) = MarkedText(
      """
      hosts: { gpu01: { connect: local } }
      host-baselines: { one: { hosts: [gpu01], umask: "022" }, two: { hosts: [gpu01], umask: "027" } }
      """
    ).decoded()
    let finding = try #require(findings.first)
    #expect(finding.message == "host baselines `one` and `two` disagree about `umask` of `gpu01`")
    #expect(finding.related.map(\.label) == [#""022" in `one`"#])
  }

  @Test func `all baselines of a host are found by its name and its labels, and no others`() throws {
    let (policy, findings) = MarkedText(
      """
      hosts: { h1: { connect: local, labels: [gpu] }, h2: { connect: "root:x" } }
      host-baselines:
        b: { hosts: [gpu], umask: "027" }
        a: { hosts: [h1, h2], jupyter: { bind: loopback, port: 9000 } }
      """
    ).decoded()
    #expect(findings == [])
    func baselines(_ host: String) throws -> [String] {
      policy.baselines(of: try #require(HostName(validating: host))).map(\.name.value.text)
    }
    #expect(try baselines("h1") == ["a", "b"] && baselines("h2") == ["a"] && baselines("gpu") == [])
  }
}
