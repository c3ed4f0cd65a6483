import Testing
import WritDigest
import WritPolicy
import WritSyntax

@Suite struct EffectiveAccessTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var build: @Sendable (inout PolicyBuilder) -> Void
    var expected: [String]
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(
      name: "write includes read, and the end of an assignment ends both",
      build: {
        $0.tree("data")
        $0.role("editor", allow: [("data", "write")])
        $0.person("ann", ["editor 10 20"])
      }, expected: ["ann data:read [10,20)", "ann data:write [10,20)"]),
    Case(
      name: "denying the smaller denies the larger, denying the larger leaves the smaller",
      build: {
        $0.tree("data")
        $0.tree("more")
        $0.role("editor", allow: [("data", "write"), ("more", "write")])
        $0.role("careful", deny: [("data", "read"), ("more", "write")])
        $0.person("ann", ["editor", "careful"])
      }, expected: ["ann more:read [*,*)"]),
    Case(
      name: "a deny lasts as long as the role that brings it",
      build: {
        $0.tree("data")
        $0.role("reader", allow: [("data", "read")])
        $0.role("audited", deny: [("data", "read")])
        $0.person("ann", ["reader", "audited 10 20"])
      }, expected: ["ann data:read [*,10) [20,*)"]),
    Case(
      name: "a granted role brings its deny, and a grant is subject to the roles' denies",
      build: {
        $0.tree("data")
        $0.tree("more")
        $0.role("reader", allow: [("data", "read")])
        $0.role("on-call", allow: [("more", "read")], deny: [("data", "all")])
        $0.person("ann", ["reader"])
        $0.grant(["ann"], role: "on-call", 10, 20)
        $0.person("bob", ["on-call"])
        $0.grant(["bob"], allow: [("data", "read")], 0, 30)
      },
      expected: ["ann data:read [*,10) [20,*)", "ann more:read [10,20)", "bob more:read [*,*)"]),
    Case(
      name: "a deny comes with an included role",
      build: {
        $0.tree("data")
        $0.role("base", deny: [("data", "write")])
        $0.role("senior", includes: ["base"], allow: [("data", "write")])
        $0.person("ann", ["senior"])
      }, expected: ["ann data:read [*,*)"]),
    Case(
      name: "terms, suspension and owners bound everything",
      build: {
        $0.tree("data")
        $0.role("reader", allow: [("data", "read")])
        $0.person("ann", ["reader"]) { $0.term = Term(until: Located(at(50), $0.name.span)) }
        $0.person("sue", ["reader"]) { $0.suspended = Located(true, $0.name.span) }
        $0.service("job", owner: "ann", ["reader 10 90"])
        $0.service("lost", owner: "nobody", ["reader"])
        $0.service("held", owner: "sue", ["reader"])
        $0.service("chained", owner: "job", ["reader"])
      }, expected: ["ann data:read [*,50)", "job data:read [10,50)"]),
    Case(
      name: "all means every operation that the kind has",
      build: {
        $0.vault("team")
        $0.sharingGroup("keys", vault: "team")
        $0.role("boss", allow: [("keys", "all")])
        $0.role("user", allow: [("keys", "read")], deny: [("keys", "manage")])
        $0.person("ann", ["boss"])
        $0.person("bob", ["user", "boss"])
      },
      expected: [
        "ann keys:manage [*,*)", "ann keys:read [*,*)", "ann keys:use [*,*)", "ann keys:write [*,*)",
        "bob keys:read [*,*)", "bob keys:use [*,*)", "bob keys:write [*,*)",
      ]),
    Case(
      name: "custodians read every folder of their vault, unless their roles deny it",
      build: {
        $0.vault("team", custodians: ["ann", "bob"])
        $0.sharingGroup("keys", vault: "team")
        $0.sharingGroup("root", vault: "team")
        $0.role("kept-out", deny: [("root", "use")])
        $0.person("ann")
        $0.person("bob", ["kept-out"])
      },
      expected: [
        "ann keys:read [*,*)", "ann keys:use [*,*)", "ann root:read [*,*)", "ann root:use [*,*)",
        "bob keys:read [*,*)", "bob keys:use [*,*)",
      ]),
    Case(
      name: "the bare personal tree is one's own folder, others are the folders of those who have one",
      build: {
        $0.tree("outputs", path: "/srv/outputs/{account}")
        $0.role("member", allow: [("outputs", "write")])
        $0.role("auditor", allow: [("outputs/others", "read")], deny: [("outputs/sun.hao", "read")])
        $0.person("ann", ["auditor"])
        $0.person("sun.hao", ["member"])
        $0.person("wang.fang", ["member 0 10"])
        $0.person("zoe")
        $0.grant(["zoe"], allow: [("outputs/sun.hao", "read")], 0, 5)
      },
      expected: [
        "ann outputs/wang.fang:read [*,*)", "sun.hao outputs/sun.hao:read [*,*)", "sun.hao outputs/sun.hao:write [*,*)",
        "wang.fang outputs/wang.fang:read [0,10)", "wang.fang outputs/wang.fang:write [0,10)",
        "zoe outputs/sun.hao:read [0,5)",
      ]),
    Case(
      name: "denying others leaves one's own folder",
      build: {
        $0.tree("outputs", path: "/srv/{account}/outputs")
        $0.role(
          "member", allow: [("outputs", "read"), ("outputs/others", "write")], deny: [("outputs/others", "write")])
        $0.person("ann", ["member"])
        $0.person("bob", ["member"])
      },
      expected: [
        "ann outputs/ann:read [*,*)", "ann outputs/bob:read [*,*)", "bob outputs/ann:read [*,*)",
        "bob outputs/bob:read [*,*)",
      ]),
    Case(
      name: "what is not known gives nothing",
      build: {
        $0.tree("data")
        $0.role("odd", includes: ["missing"], allow: [("data", "run"), ("nothing", "read"), ("data/others", "read")])
        $0.person("ann", ["odd", "unknown"])
        $0.grant(["ghost"], allow: [("data", "read")], nil, 5)
      }, expected: []),
    Case(
      name: "an include cycle ends",
      build: {
        $0.tree("data")
        $0.role("a", includes: ["b"])
        $0.role("b", includes: ["a"], allow: [("data", "read")])
        $0.person("ann", ["a"])
      }, expected: ["ann data:read [*,*)"]),
  ]

  @Test(arguments: cases) func `edges with all their intervals`(_ item: Case) {
    var builder = PolicyBuilder()
    item.build(&builder)
    #expect(effectiveAccess(of: builder.policy).lines == item.expected)
  }

  @Test func `each way is a derivation of its own`() throws {
    var builder = PolicyBuilder()
    builder.tree("data")
    builder.role("base", allow: [("data", "read")])
    builder.role("left", includes: ["base"])
    builder.role("right", includes: ["base"])
    builder.role("top", includes: ["right", "left"])
    builder.person("ann", ["top", "base 10 20"])
    builder.grant(["ann"], allow: [("data", "write")], 15, 30, reason: "SEC-1")
    let access = effectiveAccess(of: builder.policy)
    let edge = try #require(access[EdgeKey(name("ann"), permission("data:read"))])
    #expect(
      edge.derivations.map { $0.roles.map(\.text).joined(separator: ">") } == [
        "top>left>base", "top>right>base", "base", "",
      ])
    #expect(edge.derivations.map(\.origin) == [.assignment, .assignment, .assignment, .grant])
    #expect(edge.derivations.last?.reason == "SEC-1")
    #expect(edge.derivations.last?.holds == IntervalSet(Interval(at(15), at(30))))
    let person = try #require(builder.policy.people[name("ann")])
    #expect(
      edge.derivations.map(\.entry).prefix(3) == [person.roles[0].span, person.roles[0].span, person.roles[1].span])
    let rule = try #require(builder.policy.roles[name("base")]?.allow.first)
    #expect(edge.derivations[0].rule == rule.operation.span)
  }

  @Test func `diamonds stacked on one another end quickly with the shortest chains`() throws {
    var builder = PolicyBuilder()
    builder.tree("data")
    for level in 0..<30 {
      builder.role("join-\(level)", includes: ["left-\(level)", "right-\(level)"])
      builder.role("left-\(level)", includes: ["join-\(level + 1)"])
      builder.role("right-\(level)", includes: ["join-\(level + 1)"])
    }
    builder.role("join-30", allow: [("data", "read")])
    builder.person("ann", ["join-0"])
    let edge = try #require(effectiveAccess(of: builder.policy).edges.first)
    #expect(edge.derivations.count == 8)
    #expect(edge.derivations.allSatisfy { $0.roles.count == 61 })
  }

  @Test func `labels and names choose hosts, and vaults and external resources have targets of their own`() throws {
    var builder = PolicyBuilder()
    builder.host("gpu01", labels: ["gpu"])
    builder.host("gpu02", labels: ["gpu"])
    builder.host("cpu01")
    builder.vault("team")
    builder.sharingGroup("keys", vault: "team")
    builder.tree("data", hosts: ["cpu01", "gpu"])
    let description = builder.located("git")
    builder.resource("branch", .external(description: description, operations: [Located(.read, description.span)]))
    builder.role("all", allow: [("data", "read"), ("keys", "use"), ("branch", "read")])
    builder.person("ann", ["all"])
    let edges = effectiveAccess(of: builder.policy).edges
    #expect(
      edges.map { "\($0.permission) \($0.targets.map(\.description).joined(separator: " "))" } == [
        "branch:read ", "data:read host:cpu01 host:gpu01 host:gpu02", "keys:use vault:team",
      ])
  }
}

/// What the control digest must, and must not, notice.
@Suite struct ControlTests {
  static func digests(_ build: (inout PolicyBuilder) -> Void) -> [String] {
    var builder = PolicyBuilder()
    builder.role("all", allow: [("data", "write"), ("job", "run"), ("outputs", "read"), ("keys", "read")])
    builder.vault("team")
    builder.service("svc", owner: "ann")
    builder.person("ann", ["all"])
    build(&builder)
    return effectiveAccess(of: builder.policy).edges.filter { $0.principal.text == "ann" }.map(\.control.hex)
  }

  static func plain(_ builder: inout PolicyBuilder) {
    builder.tree("data", path: "/srv/data", group: "readers")
    builder.command("job", runAs: "svc")
    builder.tree("outputs", path: "/srv/outputs/{account}")
    builder.sharingGroup("keys", vault: "team")
  }

  /// Which of data:read, data:write, job:run, keys:read, keys:use, outputs/ann:read changed.
  static func changed(_ change: (inout Policy) -> Void) -> [Int] {
    let before = digests(plain)
    let after = digests {
      // Other lines: spans must not matter.
      _ = $0.span()
      plain(&$0)
      change(&$0.policy)
    }
    return before.indices.filter { before[$0] != after[$0] }
  }

  static func changeTree(_ resource: String, _ change: (inout Resource.Tree) -> Void) -> [Int] {
    changed { policy in
      guard case .tree(var tree)? = policy.resources[name(resource)]?.kind else { return }
      change(&tree)
      policy.resources[name(resource)]?.kind = .tree(tree)
    }
  }

  @Test func `spans, tags and hosts are no part of the control`() {
    #expect(Self.digests(Self.plain).count == 6)
    #expect(Self.changed { _ in } == [])
    #expect(
      Self.changed {
        $0.resources[name("data")]?.tags = [Located("x", somewhere)]
        $0.resources[name("data")]?.hosts = []
      } == [])
  }

  @Test func `path, owner, group, modes and writers are`() {
    #expect(Self.changeTree("data") { $0.path.value = "/srv/elsewhere" } == [0, 1])
    #expect(Self.changeTree("data") { $0.owner = Located(name("svc"), $0.path.span) } == [0, 1])
    #expect(Self.changeTree("data") { $0.group?.value = "others" } == [0, 1])
    #expect(Self.changeTree("data") { $0.files = Located(0o600, $0.path.span) } == [0, 1])
    #expect(Self.changeTree("data") { $0.directories = Located(0o2750, $0.path.span) } == [0, 1])
    #expect(Self.changeTree("data") { $0.writers = Located("w", $0.path.span) } == [1])
    #expect(Self.changeTree("data") { $0.writers = Located("readers-w", $0.path.span) } == [])
    #expect(Self.changeTree("outputs") { $0.path.value = "/data/{account}" } == [5])
  }

  @Test func `command, run-as account, folder and privilege are`() {
    func command(_ change: (inout Resource.Command) -> Void) -> [Int] {
      Self.changed { policy in
        guard case .command(var command)? = policy.resources[name("job")]?.kind else { return }
        change(&command)
        policy.resources[name("job")]?.kind = .command(command)
      }
    }
    #expect(command { $0.path.value = "/opt/bin/other" } == [2])
    #expect(command { $0.arguments = Located(.exactly(["a"]), $0.path.span) } == [2])
    #expect(command { $0.arguments = Located(.none, $0.path.span) } == [])
    #expect(command { $0.runAs = nil } == [2])
    #expect(command { $0.sha256 = Located(String(repeating: "a", count: 64), $0.path.span) } == [2])
    #expect(command { $0.logsOutput = Located(true, $0.path.span) } == [2])
    #expect(command { $0.logsOutput = Located(false, $0.path.span) } == [])
    #expect(Self.changed { $0.sharingGroups[name("keys")]?.folder.value = "other" } == [3, 4])
    #expect(Self.changed { $0.people[name("ann")]?.account = Located("anna", somewhere) } == [5])
  }

  @Test func `a renamed account that keeps its Unix name keeps the control`() {
    let renamed = Self.changed { policy in
      guard var account = policy.serviceAccounts[name("svc")] else { return }
      account.account = Located("svc", somewhere)
      account.name.value = name("service.one")
      policy.serviceAccounts = [name("service.one"): account]
      guard case .command(var command)? = policy.resources[name("job")]?.kind else { return }
      command.runAs?.value = name("service.one")
      policy.resources[name("job")]?.kind = .command(command)
    }
    #expect(renamed == [])
  }
}
