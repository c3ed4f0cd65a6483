import Testing
import WritPolicy
import WritSyntax

@Suite struct ExplanationTests {
  static func builder() -> PolicyBuilder {
    var builder = PolicyBuilder()
    builder.tree("data")
    builder.tree("home", path: "/srv/home/{account}")
    builder.role("reader", allow: [("data", "read")])
    builder.role("senior", includes: ["reader"], allow: [("home", "write"), ("home/others", "read")])
    builder.role("held-back", deny: [("data", "read"), ("home/others", "read")])
    builder.person("ann", ["reader 0 10", "senior 5 20", "reader 30 40", "held-back 12 14"])
    builder.person("bob", ["senior"]) { $0.suspended = Located(true, somewhere) }
    builder.service("svc", owner: "bob", ["reader"])
    return builder
  }

  static func explain(_ who: String, _ text: String, at now: Int64) -> Explanation {
    let policy = builder().policy
    return explanation(
      of: EdgeKey(name(who), permission(text)), in: policy, access: effectiveAccess(of: policy),
      at: WritPolicyTests.at(now))
  }

  @Test func `each way says whether it holds, is over or has not begun`() {
    let now = Self.explain("ann", "data:read", at: 7)
    #expect(now.holds && now.until == at(12) && now.inactivity.isEmpty)
    #expect(now.ways.map(\.state) == [.holds(until: at(10)), .holds(until: at(12)), .notBegun(from: at(30))])
    #expect(now.ways.map { $0.roles.map(\.text) } == [["reader"], ["senior", "reader"], ["reader"]])
    #expect(now.denials.map(\.holds) == [false])
    #expect(
      Self.explain("ann", "data:read", at: 15).ways.map(\.state)
        == [.over(since: at(10)), .holds(until: at(20)), .notBegun(from: at(30))])
  }

  @Test func `a deny is named with its line`() throws {
    let policy = Self.builder().policy
    let denied = Self.explain("ann", "data:read", at: 13)
    #expect(!denied.holds && denied.until == nil)
    #expect(denied.ways.map(\.state) == [.over(since: at(10)), .denied, .notBegun(from: at(30))])
    let denial = try #require(denied.denials.first)
    #expect(denial.holds)
    #expect(denial.rule == policy.roles[name("held-back")]?.deny.first?.operation.span)
    #expect(denial.entry == policy.people[name("ann")]?.roles.last?.span)
    #expect(Self.explain("ann", "home/bob:read", at: 13).denials.count == 1)
    #expect(Self.explain("ann", "home/ann:read", at: 13).denials.isEmpty)
    #expect(Self.explain("ann", "home/bob:read", at: 6).ways.map(\.state) == [.holds(until: at(12))])
  }

  @Test func `who is not active is told why`() {
    let suspended = Self.explain("bob", "data:read", at: 0)
    #expect(suspended.inactivity == [.suspended(somewhere)])
    #expect(suspended.ways.map(\.state) == [.inactive])
    let owned = Self.explain("svc", "data:read", at: 0)
    guard case .owner(let owner, _)? = owned.inactivity.first else {
      Issue.record("\(owned.inactivity)")
      return
    }
    #expect(owner.text == "bob")
    #expect(Self.explain("nobody", "data:read", at: 0).inactivity == [.unknown])
    #expect(Self.explain("ann", "data:write", at: 7).ways.isEmpty)
    #expect(Self.explain("ann", "nothing:read", at: 7).ways.isEmpty)
  }

  @Test func `what ends within the window, soonest first`() {
    let access = effectiveAccess(of: Self.builder().policy)
    func lines(_ now: Int64, _ window: Int64) -> [String] {
      access.expiring(at: at(now), within: Duration(seconds: window)).map { "\($0.edge.key) \($0.end.seconds)" }
    }
    #expect(lines(7, 4) == [])
    #expect(lines(7, 5) == ["ann data:read 12", "ann home/bob:read 12"])
    #expect(
      lines(14, 6) == ["ann data:read 20", "ann home/ann:read 20", "ann home/ann:write 20", "ann home/bob:read 20"])
    #expect(lines(0, .max).count == 1)
  }
}

@Suite struct IndirectAccessTests {
  static func lines(_ build: (inout PolicyBuilder) -> Void) -> [String] {
    var builder = PolicyBuilder()
    builder.host("h1", labels: ["gpu"])
    builder.host("h2")
    builder.person("root-like")
    build(&builder)
    let access = effectiveAccess(of: builder.policy)
    return indirectAccess(of: builder.policy, access: access).map {
      let via = $0.via.map(\.object.description).joined(separator: ">")
      let hosts = $0.targets.map(\.description).joined(separator: ",")
      return "\($0.principal) \(via) \($0.reached) \($0.means) \($0.holds.intervals[0].end.seconds) \(hosts)"
    }
  }

  @Test func `running as an account reaches what it may and what it owns, on the command's hosts`() {
    let lines = Self.lines {
      $0.tree("weights")
      $0.tree("elsewhere", hosts: ["h2"])
      $0.tree("envs", owner: "svc", hosts: ["gpu", "h2"])
      $0.command("train", runAs: "svc")
      $0.command("as-root")
      $0.role("job", allow: [("weights", "read"), ("elsewhere", "read")])
      $0.role("user", allow: [("train", "run"), ("as-root", "run")])
      $0.service("svc", owner: "root-like", ["job 0 50"])
      $0.person("ann", ["user 0 30"])
    }
    #expect(
      lines == [
        "ann train svc envs:read ownership 30 host:h1", "ann train svc envs:write ownership 30 host:h1",
        "ann train svc weights:read permission 30 host:h1",
      ])
  }

  @Test func `commands of the account are followed, and a circle ends`() {
    let lines = Self.lines {
      $0.tree("weights")
      $0.command("one", runAs: "svc1")
      $0.command("two", runAs: "svc2")
      $0.role("r1", allow: [("two", "run")])
      $0.role("r2", allow: [("one", "run"), ("weights", "read")])
      $0.role("user", allow: [("one", "run")])
      $0.service("svc1", owner: "root-like", ["r1 0 20"])
      $0.service("svc2", owner: "root-like", ["r2 0 25"])
      $0.person("ann", ["user 0 30"])
    }
    #expect(
      lines.filter { $0.hasPrefix("ann") } == [
        "ann one svc1 two:run permission 20 host:h1", "ann one>two svc2 one:run permission 20 host:h1",
        "ann one>two svc2 weights:read permission 20 host:h1",
      ])
  }
}
