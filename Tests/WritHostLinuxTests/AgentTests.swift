import Glibc
import Testing
import WritApply
import WritDigest
import WritPlan
import WritPolicy
import WritSystem
import WritTestSupport

@testable import WritHostLinux

/// Two pipes, with something at the far end that answers.
private final class FarEnd: AgentConnector, @unchecked Sendable {
  private let serve: @Sendable (_ reading: Int32, _ writing: Int32) -> Void
  private(set) var connections = 0

  init(_ serve: @escaping @Sendable (_ reading: Int32, _ writing: Int32) -> Void) { self.serve = serve }

  /// A real agent for a folder.
  static func agent(_ root: String, login: String? = nil, version: String = Expiry.agentVersion) -> FarEnd {
    FarEnd { reading, writing in
      let identity = AgentIdentity(version: version, digest: Digest(of: "agent"))
      try? AgentServer(reading: reading, writing: writing, root: root, login: login, identity: identity).run()
    }
  }

  func connect() throws(RemoteError) -> any AgentConnection {
    connections += 1
    var (there, back): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
    guard pipe(&there) == 0, pipe(&back) == 0 else { throw .host("no pipe") }
    let (reading, writing, serve) = (there[0], back[1], serve)
    let thread: WorkerThread
    do {
      thread = try WorkerThread {
        serve(reading, writing)
        close(reading)
        close(writing)
      }
    } catch { throw .host("no thread") }
    return Connection(reading: back[0], writing: there[1], thread: thread)
  }

  private final class Connection: AgentConnection {
    let reading: Int32
    let writing: Int32
    private let thread: WorkerThread
    private var isOver = false

    init(reading: Int32, writing: Int32, thread: WorkerThread) {
      (self.reading, self.writing, self.thread) = (reading, writing, thread)
    }

    func explainEnd(greeted: Bool) -> RemoteError {
      end()
      return greeted ? .cut("") : .noAgent("nothing there")
    }

    func end() {
      if isOver { return }
      isOver = true
      close(reading)
      close(writing)
      thread.join()
    }
  }
}

/// Says what a test puts into its mouth, after it has said who it is.
private func liar(_ lies: @escaping @Sendable (FrameChannel, AgentRequest) throws -> Void) -> FarEnd {
  FarEnd { reading, writing in
    signal(SIGPIPE, SIG_IGN)
    let channel = FrameChannel(reading: reading, writing: writing)
    func next() throws -> AgentRequest? {
      try channel.receive(patience: 10).map { try JSONValue(canonical: $0).decoded(as: AgentRequest.self) }
    }
    try? channel.sendMark(patience: 5)
    try? channel.receiveMark(patience: 5)
    try? channel.say(.hello(AgentIdentity(version: Expiry.agentVersion, digest: nil)))
    _ = try? next()
    while let request = try? next() { try? lies(channel, request) }
  }
}

extension FrameChannel {
  fileprivate func say(_ reply: AgentReply) throws { try send(JSONValue(encoding: reply).canonical, patience: 5) }
}

@Suite struct AgentTests {
  private func remote(_ connector: any AgentConnector, _ patience: RemotePatience = RemotePatience(step: 20)) throws
    -> RemoteHost
  {
    let name = try #require(HostName(validating: "image"))
    return RemoteHost(name: name, connector: connector, policyCommit: "c0ffee", hostKeys: [], patience: patience)
  }

  private static var wanted: [ObjectID: ObjectState] {
    [
      ObjectID(.account, "li"): account(20001, home: "/home/li", homeFolder: "private"),
      ObjectID(.group, "team"): members("li"),
      ObjectID(.membership, "render/li"): membership,
      ObjectID(.keys, "li"): lines("restrict ssh-ed25519 AAAA li"),
      ObjectID(.keys, "nobody-there"): lines("restrict ssh-ed25519 AAAA x"),
      ObjectID(.sudoers, "writ"): lines("li ALL=(root) NOPASSWD: /usr/bin/id \"\""),
    ]
  }

  private static var scope: Scope {
    let entries = wanted.mapValues { DesiredState.Entry($0, causes: [Cause(.granted, "the policy says so")]) }
    return Scope(owned: [ObjectID(.group, "old")], desired: DesiredState(entries), base: DesiredState())
  }

  private static var changes: [Change] {
    wanted.sorted { $0.key < $1.key }.map { change(.create, $0.key.kind, $0.key.name, $0.value) }
  }

  private func apply(_ target: any Target) throws -> (events: [String], statuses: [String: ChangeResult.Status]) {
    var events: [String] = []
    var statuses: [String: ChangeResult.Status] = [:]
    try target.apply(Self.changes) { event in
      switch event {
      case .began(let id): events.append("began \(id)")
      case .ended(let result):
        events.append("ended \(result.change)")
        statuses[result.change] = result.status
      }
    }
    return (events, statuses)
  }

  @Test(.enabled(if: isRoot, "needs root: gives files to accounts"))
  func `a host over a connection says and does what it does in this process`() throws {
    let (here, there) = (try Sandbox(), try Sandbox())
    let far = try remote(FarEnd.agent(there.root))
    let near = here.host()
    #expect(try far.agent().digest == Digest(of: "agent"))
    for round in 1...2 {
      let (nearLive, farLive) = (try near.readLive(Self.scope), try far.readLive(Self.scope))
      #expect(nearLive.objects == farLive.objects && nearLive.obstacles == farLive.obstacles, "round \(round)")
      #expect(nearLive.digest == farLive.digest)
      #expect(near.readiness(of: Self.changes) == far.readiness(of: Self.changes))
      let (nearDone, farDone) = (try apply(near), try apply(far))
      #expect(nearDone.statuses == farDone.statuses)
      #expect(Set(nearDone.events) == Set(farDone.events))
      for change in Self.changes {
        let (began, ended) = ("began \(change.id)", "ended \(change.id)")
        let places = (farDone.events.firstIndex(of: began), farDone.events.firstIndex(of: ended))
        #expect(try #require(places.0) < #require(places.1))
      }
    }
    for file in ["/etc/passwd", "/etc/group", "/etc/ssh/authorized_keys.d/li"] {
      #expect(here.text(file) == there.text(file), "\(file)")
    }
    let head = LedgerHead(origin: "lab", size: 3, root: Digest(of: "root"))
    #expect(try far.readHead() == nil)
    try far.leaveHead(head)
    #expect(try far.readHead() == head && here.exists("/var/lib/writ/head") == false)
    try there.write("2026-11-21T12:00:00Z lock li (end)\n", to: "/var/lib/writ/expired")
    #expect(try far.expired(after: .distantPast).map(\.text) == ["lock li (end)"])
    #expect(try far.expired(after: try #require(Instant(rfc3339: "2026-11-21T12:00:00Z"))).isEmpty)
  }

  @Test func `what the host refuses is said in its words, and the connection stays`() throws {
    let box = try Sandbox()
    let end = FarEnd.agent(box.root)
    let name = try #require(HostName(validating: "another"))
    let other = RemoteHost(
      name: name, connector: end, policyCommit: "c", hostKeys: [], patience: RemotePatience(step: 20))
    for _ in 1...2 {
      #expect { try other.readLive(Self.scope) } throws: { "\($0)".contains("is marked as another host") }
    }
    #expect(end.connections == 1)
  }

  @Test func `an end that is asked for stops before what was not begun, and keeps what was`() throws {
    struct Stop: Error {}
    let box = try Sandbox()
    let far = try remote(FarEnd.agent(box.root))
    _ = try far.readLive(Self.scope)
    var ended: [String] = []
    #expect(throws: Stop.self) {
      try far.apply(Self.changes) { event in
        switch event {
        case .began(let id): if id.hasPrefix("sudoers") { throw Stop() }
        case .ended(let result): ended.append(result.change)
        }
      }
    }
    #expect(ended == Self.changes.map(\.id).filter { !$0.hasPrefix("sudoers") })
  }

  @Test func `an agent of another version, and what is no agent, are named`() throws {
    let box = try Sandbox()
    let old = try remote(FarEnd.agent(box.root, version: "0.0.9"))
    #expect(throws: RemoteError.otherVersion(theirs: "0.0.9", ours: Expiry.agentVersion)) { try old.readHead() }
    let motd = try remote(
      FarEnd { _, writing in
        let text = Array("Welcome\u{1b}[31m to gpu02\n".utf8)
        _ = write(writing, text, text.count)
      })
    #expect { try motd.readHead() } throws: { error in
      guard case .notAnAgent(let text)? = error as? RemoteError else { return false }
      return text.hasPrefix("Welcome") && !text.contains("\u{1b}")
    }
    let nobody = try remote(FarEnd { _, _ in })
    #expect(throws: RemoteError.noAgent("nothing there")) { try nobody.readHead() }
  }

  @Test func `a silent agent is given up in time, and not asked again`() throws {
    let end = liar { _, _ in sleep(3) }
    var patience = RemotePatience(step: 9)
    patience.silence = 1
    let far = try remote(end, patience)
    #expect(throws: RemoteError.silent(seconds: 1)) { try far.readHead() }
    #expect(throws: RemoteError.silent(seconds: 1)) { try far.readLive(Self.scope) }
    #expect(end.connections == 1)
    // Signs of life alone are no answer.
    let busy = try remote(
      liar { channel, _ in
        for _ in 1...40 {
          try channel.say(.working)
          usleep(100_000)
        }
      }, RemotePatience(step: 2))
    #expect(throws: RemoteError.tooSlow(seconds: 2)) { try busy.readHead() }
  }

  @Test func `answers that nobody asked for break the protocol`() throws {
    let stranger = AgentLive.Object(id: ObjectID(.account, "mallory"), observed: .absent, obstacle: nil)
    let twice = AgentLive.Object(id: ObjectID(.account, "li"), observed: .absent, obstacle: nil)
    let lies: [@Sendable (FrameChannel, AgentRequest) throws -> Void] = [
      { channel, _ in try channel.say(.live(AgentLive(objects: [stranger], notices: []))) },
      { channel, _ in try channel.say(.live(AgentLive(objects: [twice, twice], notices: []))) },
      { channel, _ in try channel.say(.head(nil)) },
      { channel, _ in try channel.send(Array("{\"format\":1}".utf8), patience: 5) },
      { channel, _ in try channel.send(Array("{ }".utf8), patience: 5) },
      { channel, _ in try channel.send([], patience: 5) },
    ]
    for (index, lie) in lies.enumerated() {
      let far = try remote(liar(lie))
      #expect("lie \(index)") { try far.readLive(Self.scope) } throws: { error in
        if case .broken? = error as? RemoteError { true } else { false }
      }
    }
    // A length that would fill the memory ends it before anything of it is read.
    let flood = try remote(
      FarEnd { _, writing in
        let bytes = FrameChannel.mark + [0xff, 0xff, 0xff, 0xff]
        _ = write(writing, bytes, bytes.count)
        sleep(1)
      })
    #expect { try flood.readHead() } throws: { "\($0)".contains("a frame of 4294967295 bytes") }
  }

  @Test func `who sends a byte now and then holds nobody up`() throws {
    let far = try remote(
      FarEnd { reading, writing in
        let channel = FrameChannel(reading: reading, writing: writing)
        guard (try? channel.sendMark(patience: 5)) != nil, (try? channel.receiveMark(patience: 5)) != nil,
          let hello = try? JSONValue(
            encoding: AgentReply.hello(AgentIdentity(version: Expiry.agentVersion, digest: nil))
          ).canonical,
          (try? channel.send(hello, patience: 5)) != nil
        else { return }
        // A frame of ten seconds; none of its pauses is long.
        for byte in [0, 0, 0, 46] + [UInt8](repeating: 0x20, count: 46) {
          guard withUnsafeBytes(of: byte, { write(writing, $0.baseAddress, 1) }) == 1 else { return }
          usleep(200_000)
        }
      }, RemotePatience(step: 2))
    #expect { try far.readHead() } throws: { error in
      if case .tooSlow? = error as? RemoteError { true } else { false }
    }
  }

  @Test func `a result for a change that was not sent, or a second one, is not believed`() throws {
    for id in ["account li", "c9999"] {
      let far = try remote(
        liar { channel, _ in
          try channel.say(.ended(ChangeResult(change: "account li", status: .ok(readBack: Digest(of: "x")))))
          try channel.say(.ended(ChangeResult(change: id, status: .ok(readBack: Digest(of: "x")))))
          try channel.say(.applied)
        })
      var seen: [String] = []
      #expect(throws: RemoteError.self) {
        try far.apply(Self.changes) { if case .ended(let result) = $0 { seen.append(result.change) } }
      }
      #expect(seen == ["account li"])
    }
  }

  @Test func `what a host says reaches nobody's terminal as it is`() throws {
    let text = "\u{1b}[2Jgone\u{202e}"
    let far = try remote(
      liar { channel, request in
        guard case .read = request else { return try channel.say(.failed(text)) }
        let state = ObjectState(["members": .set([text, "b", "a", "a"]), "x": .text(text), "y": .lines([text])])
        try channel.say(
          .live(
            AgentLive(
              objects: [
                .init(id: ObjectID(.group, "team"), observed: .present(state), obstacle: text),
                .init(id: ObjectID(.account, "li"), observed: .unknown(reason: text), obstacle: nil),
              ], notices: [LiveState.Notice(ObjectID(.tree, text), text)])))
      })
    let live = try far.readLive(Self.scope)
    #expect(
      live.objects[ObjectID(.group, "team")]?.state?.list("members").dropLast() == ["\\u{1b}[2Jgone\\u{202e}", "a"])
    #expect(!"\(live)".unicodeScalars.contains { $0.value == 0x1b || $0.value == 0x202e })
    #expect { try far.readHead() } throws: { "\($0)" == text.visible }
  }

  @Test func `a request that is none ends the agent, and so does a second greeting`() throws {
    let box = try Sandbox()
    let hello = AgentRequest.hello(AgentGreeting(host: box.name, hostKeys: [], policyCommit: "c"))
    let good = try JSONValue(encoding: hello).canonical
    for frames in [
      [Array("{}".utf8)], [Array("[]".utf8)], [[0xff]], [good, Array("{\"shell\":{\"_0\":\"id\"}}".utf8)],
    ] {
      let connection = try FarEnd.agent(box.root).connect()
      let channel = FrameChannel(reading: connection.reading, writing: connection.writing)
      try channel.sendMark(patience: 5)
      try channel.receiveMark(patience: 5)
      for frame in frames { try channel.send(frame, patience: 5) }
      // Its own greeting, and then the end.
      #expect(try channel.receive(patience: 5) != nil)
      #expect(try channel.receive(patience: 5) == nil)
      connection.end()
    }
  }

  @Test func `what is called a revocation and gives something is held to the limits`() throws {
    let box = try Sandbox()
    let far = try remote(FarEnd.agent(box.root))
    mkdir(box.root + "/usr", 0o755)
    let (group, tree, rules) = (ObjectID(.group, "docker"), ObjectID(.tree, "/usr"), ObjectID(.sudoers, "writ"))
    let owned = Scope(owned: [group, tree, rules], desired: DesiredState(), base: DesiredState())
    _ = try far.readLive(owned)
    let forged = lines("li ALL=(root) NOPASSWD: /usr/bin/id \"\"")
    for change in [
      // Its `before` says that all of it is there already.
      change(.update, .sudoers, "writ", forged, before: forged, phase: .revoke),
      change(.update, .group, "docker", members("li"), before: members("li", "wu"), phase: .revoke),
      change(.remove, .tree, "/usr", nil, before: ObjectState([:]), phase: .revoke),
    ] {
      guard case .blocked = far.readiness(of: change) else {
        Issue.record("\(change.object) is let through")
        continue
      }
    }
    for change in [
      change(.remove, .sudoers, "writ", nil, before: forged, phase: .revoke),
      change(.update, .group, "docker", members(), before: members("li"), phase: .revoke),
    ] { #expect(far.readiness(of: change) == .ready) }
    // One that is there, with an earlier end.
    try box.write("# writ x\nli ALL=(root) NOPASSWD: /usr/bin/id \"\"\n", to: "/etc/sudoers.d/writ", mode: 0o440)
    let ending = lines("li ALL=(root) NOTAFTER=20301231155959Z NOPASSWD: /usr/bin/id \"\"")
    #expect(far.readiness(of: change(.update, .sudoers, "writ", ending, before: forged, phase: .revoke)) == .ready)
  }

  @Test func `lines that would shut out the login are blocked with the line that allows them`() throws {
    let box = try Sandbox()
    let far = try remote(FarEnd.agent(box.root, login: "daemon"))
    let id = ObjectID(.sshd, "writ")
    _ = try far.readLive(Scope(owned: [id], desired: DesiredState(), base: DesiredState()))
    let shut = lines("AllowGroups root writ-login", "Match Group writ-login")
    for phase in [Change.Phase.grant, .revoke] {
      let change = change(.update, .sshd, "writ", shut, phase: phase)
      guard case .blocked(let reason) = far.readiness(of: change) else {
        Issue.record("daemon is shut out")
        continue
      }
      #expect(reason.contains("keep-login: root daemon"))
    }
    let named = change(.update, .sshd, "writ", lines("DenyUsers li daemon"))
    #expect(far.readiness(of: named) != .ready)
    try box.write("keep-login: root daemon\n", to: "/etc/writ/limits")
    #expect(far.readiness(of: change(.update, .sshd, "writ", shut)) == .ready)
  }

  @Test func `two agents do not work on one host at a time`() throws {
    let box = try Sandbox()
    let lock = try AgentLock(root: box.root)
    let far = try remote(FarEnd.agent(box.root), RemotePatience(step: 30))
    _ = try far.readLive(Self.scope)
    let thread = try WorkerThread {
      usleep(700_000)
      lock.release()
    }
    let begun = FrameChannel.milliseconds()
    _ = try? far.apply(Array(Self.changes.prefix(1))) { _ in }
    #expect(FrameChannel.milliseconds() - begun >= 500)
    thread.join()
  }
}

extension FrameChannel {
  fileprivate static func milliseconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
  }
}
