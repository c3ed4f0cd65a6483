import Testing
import WritHistory
import WritPolicy

/// Two roles, one of them with a second way to the first one's permission.
private let base = """
  resources:
    repo: { external: the git host, operations: [push, pull] }
  roles:
    dev: { allow: { repo: push } }
    lead: { includes: [dev], allow: { repo: pull } }

  """

private func people(_ text: String) -> [String: String] { ["policies/all.yaml": base + "people:\n  ann: {}\n" + text] }

private func history(_ commits: (Int64, [String: String])...) -> MemoryHistory {
  MemoryHistory(commits: commits.map { MemoryHistory.Commit(time: start + $0.0, files: $0.1) })
}

@Suite struct `The blame of an access` {
  let push = key("bob", "repo:push")

  @Test func `names the commit since which the access has held without a break`() {
    let index = history(
      (0, people("")), (10, people("  bob: { roles: [dev] }\n")), (20, people("  bob: { roles: [lead] }\n")),
      (30, people("  bob: {}\n")), (40, people("  bob: { roles: [dev] }\n"))
    ).index()
    let blame = index.blame(push, at: at(100))
    #expect(blame.lines == ["c1 [10,30) commit c3", "c4 [40,*) open"])
    #expect(blame.current?.since.id == "c4" && blame.until == nil)
    #expect(index.blame(key("bob", "repo:pull"), at: at(100)).lines == ["c2 [20,30) commit c3"])
    #expect(index.blame(key("ann", "repo:push"), at: at(100)).lines == [])
  }

  @Test func `a beginning by date goes back to the commit that wrote it, an end by date to the one that wrote that`() {
    let later = "  bob: { roles: [{ role: dev, from: 2026-01-02, until: 2026-01-03 }] }\n"
    let longer = "  bob: { roles: [{ role: dev, from: 2026-01-02, until: 2026-01-05 }] }\n"
    let day: Int64 = 86400
    let one = history((0, people(later)), (10, people(later + "  dan: {}\n"))).index()
    #expect(one.blame(push, at: at(day)).lines == ["c0 [86400,259200) date c0"])
    // Extended in time: one period. Extended after its end: two.
    let inTime = history((0, people(later)), (2 * day, people(longer))).index()
    #expect(inTime.blame(push, at: at(3 * day)).lines == ["c0 [86400,432000) date c1"])
    let tooLate = history((0, people(later)), (4 * day, people(longer))).index()
    #expect(
      tooLate.blame(push, at: at(4 * day)).lines == ["c0 [86400,259200) date c0", "c1 [345600,432000) date c1"])
    #expect(tooLate.blame(push, at: at(10 * day)).current == nil)
    #expect(one.blame(push, at: at(10)).coming.count == 1)
  }

  @Test func `a commit that cannot be read changes nothing and is listed`() {
    let given = people("  bob: { roles: [dev] }\n")
    let index = history(
      (0, given), (10, ["policies/all.yaml": "people: ["]), (20, ["policies/all.yaml": "people: ["]),
      (30, people("  bob: { roles: [nothing] }\n")), (40, given)
    ).index()
    #expect(index.blame(push, at: at(50)).lines == ["c0 [0,*) open"])
    #expect(index.skipped.map(\.commit.id) == ["c1", "c3"])
    #expect(index.skipped[1].problem.hasPrefix("policies/all.yaml:8:18: "))
    #expect(index.changes.map(\.id) == ["c0"])
  }

  @Test func `a policy folder that vanishes takes everything away`() {
    let given = people("  bob: { roles: [dev] }\n")
    let index = history((0, [:]), (10, given), (20, [:]), (30, given)).index()
    #expect(index.blame(push, at: at(50)).lines == ["c1 [10,20) commit c2", "c3 [30,*) open"])
  }

  @Test func `the clock of a committer never makes an older commit win`() {
    // c1 is written with a clock an hour ahead; c2 takes the access away with a right clock, and is in force at once.
    let index = history((0, people("")), (3600, people("  bob: { roles: [dev] }\n")), (60, people(""))).index()
    #expect(index.blame(push, at: at(4000)).lines == [])
    #expect(index.line.position(inForceAt: at(60)) == 0 && index.line.position(inForceAt: at(3600)) == 2)
  }

  @Test func `a commit ahead of the clock is in force when it is asked about`() {
    let index = history((0, people("")), (3600, people("  bob: { roles: [dev] }\n"))).index()
    #expect(index.blame(push, at: at(10)).holds)
  }

  @Test func `a rename goes on under the new name`() {
    let given = people("  bob: { roles: [dev] }\n")
    let renamed = people("  rob: { roles: [dev], previously: [bob] }\n")
    let atOnce = history((0, given), (10, renamed)).index()
    #expect(atOnce.blame(key("rob", "repo:push"), at: at(50)).lines == ["c0 [0,*) open"])
    // Asked for by the former name, the answer is about who it is now.
    #expect(atOnce.blame(push, at: at(50)).key == key("rob", "repo:push"))
    let saidLater = history((0, given), (10, people("  rob: { roles: [dev] }\n")), (20, renamed)).index()
    #expect(saidLater.blame(key("rob", "repo:push"), at: at(50)).lines == ["c0 [0,*) open"])
    let unsaid = history((0, given), (10, people("  rob: { roles: [dev] }\n"))).index()
    #expect(unsaid.blame(key("rob", "repo:push"), at: at(50)).lines == ["c1 [10,*) open"])
    #expect(unsaid.blame(push, at: at(50)).lines == ["c0 [0,10) commit c1"])
    let reused = history(
      (0, given), (10, renamed), (20, people("  rob: { roles: [dev] }\n  bob: { roles: [dev] }\n"))
    ).index()
    #expect(reused.blame(push, at: at(50)).lines == ["c2 [20,*) open"])
    #expect(reused.blame(key("rob", "repo:push"), at: at(50)).lines == ["c0 [0,*) open"])
  }

  @Test func `parallel ways have their own commits, and say whether the access would survive`() throws {
    let index = history(
      (0, people("  bob: { roles: [dev] }\n")), (10, people("  bob: { roles: [dev, lead] }\n")),
      (20, people("  bob: { roles: [lead, dev] }\n"))
    ).index()
    let blame = index.blame(push, at: at(50))
    #expect(
      blame.paths.map { "\($0.roles) \($0.since?.id ?? "") \($0.survivesWithout)" } == [
        "[lead, dev] c1 true", "[dev] c0 true",
      ])
    #expect(blame.current?.since.id == "c0")
    #expect(blame.paths[0].causes.map { "\($0.file):\($0.line)" } == ["policies/all.yaml:8", "policies/all.yaml:4"])
    let one = try #require(index.blame(key("bob", "repo:pull"), at: at(50)).paths.first)
    #expect(!one.survivesWithout && one.since?.id == "c1")
  }

  @Test func `tells since when the access is enforced as it is now`() {
    func files(_ group: String, _ roles: String) -> [String: String] {
      [
        "p/a.yaml": """
        hosts: { gpu01: { connect: local, host-keys: [] } }
        resources: { render: { hosts: [gpu01], unix-group: \(group) } }
        roles: { r: { allow: { render: member } } }
        people: { bob: { uid: 20001, roles: [\(roles)] } }
        """
      ]
    }
    let index = history(
      (0, files("render", "r")), (10, files("video", "r")), (20, files("video", "{ role: r, reason: again }"))
    ).index()
    #expect(index.skipped.isEmpty)
    let blame = index.blame(key("bob", "render:member"), at: at(50))
    #expect(blame.current?.since.id == "c0" && blame.sameControlSince?.id == "c1")
  }

  @Test func `an access older than a cut history says so`() {
    var cut = history((0, people("  bob: { roles: [dev] }\n")), (10, people("  bob: { roles: [lead] }\n")))
    cut.isCut = true
    let index = cut.index()
    #expect(index.blame(push, at: at(50)).current?.mayBeOlder == true)
    #expect(index.blame(key("bob", "repo:pull"), at: at(50)).current?.mayBeOlder == false)
  }

  @Test func `time travel gives the policy in force, carried over what cannot be read`() throws {
    let given = people("  bob: { roles: [dev] }\n")
    let source = history((0, people("")), (10, given), (20, ["policies/all.yaml": "people: ["])).source()
    #expect(source.policy(inForceAt: at(-1)) == nil)
    #expect(try #require(source.policy(inForceAt: at(9))).snapshot.access.edges.isEmpty)
    let last = try #require(source.policy(inForceAt: at(99)))
    #expect(last.commit.id == "c2" && last.skipped.map(\.commit.id) == ["c2"])
    #expect(last.snapshot.access.holds(push, at: at(99)))
  }

  @Test(arguments: ["x:", "? x", "x: {}", "x: []", "x: ''"])
  func `a section that there is none of is found though nothing is in it`(_ line: String) {
    let bob = "people: { bob: { roles: [dev] } }"
    let index = HistoryIndex(
      history(
        (0, ["p/a.yaml": base, "p/bob.yaml": bob]), (10, ["p/a.yaml": base, "p/bob.yaml": "people: {}\n\(line)\n"]),
        (20, ["p/a.yaml": base, "p/bob.yaml": bob])
      ).source())
    #expect(index.skipped.map(\.commit.id) == ["c1"])
  }

  @Test func `unchanged files are not parsed again`() {
    let roles = ["p/a.yaml": base]
    let source = history(
      (0, roles.merging(["p/bob.yaml": "people: { bob: { roles: [dev] } }"]) { $1 }),
      (10, roles.merging(["p/bob.yaml": "people: { bob: { roles: [lead] } }"]) { $1 }),
      (20, roles.merging(["p/bob.yaml": "people: { bob: {} }"]) { $1 })
    ).source()
    #expect(HistoryIndex(source).changes.count == 3)
    #expect(source.parsedFiles == 4)
  }
}
