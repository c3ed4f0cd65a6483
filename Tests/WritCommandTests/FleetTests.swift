import Glibc
import Synchronization
import Testing
import WritSystem
import WritTestSupport

/// Real hosts behind a real sshd, reached by the system's ssh, with an agent that sudo starts.
@Suite(
  .enabled(
    if: FleetWorld.isPossible,
    "needs root, mount and network namespaces with veth, sshd and sudo: makes hosts of its own"),
  .serialized)
struct FleetTests {
  /// A fleet with the agent installed and the policy applied.
  private func applied(hosts: Int, people: Int) throws -> FleetWorld {
    let fleet = try FleetWorld(hosts: hosts)
    try fleet.commit(people: people, "Begin")
    try fleet.expect(0, "agent", "install", "--login", "root")
    try fleet.expect(0, "apply", "--bootstrap")
    return fleet
  }

  private func expectSettled(_ fleet: FleetWorld) throws {
    let plan = try fleet.expect(0, "plan", "--detailed-exitcode")
    #expect(plan.output.hasSuffix("nothing to change\n"))
    #expect(try fleet.expect(0, "apply").output == "nothing to do\n")
  }

  @Test func `a host gets its agent, is applied, proved and verified, and a changed one is refused`() throws {
    let fleet = try FleetWorld(hosts: 2)
    defer { fleet.end() }
    try fleet.commit(people: 3, "Begin")
    let before = try fleet.expect(1, "plan")
    #expect(before.output.contains("writ agent install"), "\(before.output)")
    #expect(try fleet.expect(1, "agent", "status").output.contains("host:h2  writ-agent could not be started there"))
    try fleet.expect(0, "agent", "install", "--login", "root")
    let rule = try fleet.text("/etc/sudoers.d/writ-agent", on: 1)
    #expect(try fleet.expect(0, "agent", "install", "--host", "h1", "--print").output.contains(rule))
    #expect(try fleet.expect(0, "agent", "status").output.split(separator: "\n").count == 2)

    try fleet.expect(0, "apply", "--bootstrap")
    try expectSettled(fleet)
    for host in 1...2 {
      #expect(try fleet.text("/etc/passwd", on: host).contains("\np3:x:20003:"))
      #expect(try fleet.text("/etc/ssh/authorized_keys.d/p3", on: host).contains("ssh-ed25519 "))
      #expect(try fleet.text("/var/lib/writ/head", on: host).contains("\"size\":"))
    }
    #expect(!String(decoding: try FileContents.read("/etc/passwd"), as: UTF8.self).contains("\np3:"))
    let verified = try fleet.expect(0, "verify").output
    #expect(!verified.contains("could not be asked"), "\(verified)")
    let proof = try fleet.expect(0, "prove", "--all").output
    #expect(proof.contains("host:h2 at commit") && proof.contains("0 disagreements"), "\(proof)")

    // A hand on the host is found and undone; what it says is its own.
    try fleet.script(on: 2, "gpasswd -a daemon sharers; chmod 777 /srv/outputs/p1")
    let drift = try fleet.expect(2, "drift").output
    #expect(drift.contains("`daemon` was added to members"), "\(drift)")
    #expect(try fleet.expect(2, "prove").output.contains("host:h2"))
    try fleet.expect(0, "apply")
    try expectSettled(fleet)

    // Another file in the agent's place is started by nobody.
    try fleet.script(on: 1, "echo >> /usr/local/sbin/writ-agent")
    let spoilt = try fleet.expect(1, "plan").output
    #expect(spoilt.contains("could not be started there") && spoilt.contains("h2 (host)"), "\(spoilt)")
    // What sudo refuses among the others leaves agent and rule as they were.
    try fleet.script(
      on: 1, "echo older > /usr/local/sbin/writ-agent; echo 'broken(' > /etc/sudoers.d/zz; chmod 440 /etc/sudoers.d/zz")
    let refused = try fleet.expect(1, "agent", "install", "--host", "h1")
    #expect((refused.output + refused.errors).contains("sudo refuses the rule"), "\(refused)")
    #expect(try fleet.text("/usr/local/sbin/writ-agent", on: 1) == "older\n")
    #expect(try fleet.text("/etc/sudoers.d/writ-agent", on: 1) == rule)
    try fleet.script(on: 1, "rm /etc/sudoers.d/zz")
    try fleet.expect(0, "agent", "install", "--host", "h1")
    try expectSettled(fleet)

    // A machine with another key is told nothing, whatever the user's own known_hosts say.
    try fleet.script(
      on: 2,
      """
      cp -a /etc/ssh /etc/kept; ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/new; mv /etc/ssh/new /etc/ssh/ssh_host_ed25519_key
      mv /etc/ssh/new.pub /etc/ssh/ssh_host_ed25519_key.pub; kill -HUP "$(cat /run/sshd.pid)"; sleep 0.3
      """)
    try fleet.script(on: 0, "ssh-keyscan -t ed25519 10.77.2.2 > /root/.ssh/known_hosts 2> /dev/null")
    let changed = try fleet.expect(1, "plan").output
    #expect(changed.contains("holds none of the host keys that the policy names"), "\(changed)")
    #expect(changed.contains("h1 (host)"))
    try fleet.commit(people: 4, "One more")
    #expect(try fleet.expect(8, "apply").errors.contains("host:h2 could not be read"))
    #expect(try fleet.text("/etc/passwd", on: 1).contains("\np4:"))
    #expect(!(try fleet.text("/etc/passwd", on: 2).contains("\np4:")))
    try fleet.script(
      on: 2, "rm -r /etc/ssh; mv /etc/kept /etc/ssh; kill -HUP \"$(cat /run/sshd.pid)\"; sleep 0.3")
    try fleet.expect(0, "apply")
    try expectSettled(fleet)
  }

  @Test func `a host that pulls knows itself by its keys`() throws {
    let fleet = try applied(hosts: 2, people: 2)
    defer { fleet.end() }
    try fleet.commit(people: 3, "One more")
    let plan = try fleet.run(on: 1, World.writ, ["plan", "--host", "self", "--detailed-exitcode"])
    #expect(plan.status == 2 && plan.output.contains("h1 (host)") && !plan.output.contains("h2 (host)"), "\(plan)")
    let apply = try fleet.run(on: 1, World.writ, ["apply", "--host", "self"])
    #expect(apply.status == 0, "\(apply)")
    #expect(try fleet.text("/etc/passwd", on: 1).contains("\np3:"))
    #expect(!(try fleet.text("/etc/passwd", on: 2).contains("\np3:")))
    let elsewhere = try fleet.writ("plan", "--host", "self")
    #expect(elsewhere.status == 3 && elsewhere.errors.contains("has one of this machine's host keys"), "\(elsewhere)")
    try fleet.expect(0, "apply")
    try expectSettled(fleet)
  }

  @Test func `the login that writ comes over is not shut out`() throws {
    let fleet = try FleetWorld(hosts: 1)
    defer { fleet.end() }
    try fleet.script(on: 1, "echo 'keep-login: root' > /etc/writ/limits")
    try fleet.commit(people: 1, "Begin")
    try fleet.expect(0, "agent", "install")
    let apply = try fleet.expect(8, "apply", "--bootstrap")
    #expect(apply.output.contains("keep-login: root writ"), "\(apply.output)")
    try fleet.script(on: 1, "echo 'keep-login: root writ' > /etc/writ/limits")
    try fleet.expect(0, "apply")
    try expectSettled(fleet)
  }

  /// `make fleet` runs this with five hosts and fifty people.
  @Test func `one host cut off and one agent killed in mid-run: 8, and 0 on the next run`() throws {
    let size = getenv("WRIT_FLEET").map { String(cString: $0).split(separator: "x").compactMap { Int($0) } } ?? [2, 8]
    let (hosts, people) = (size[0], size[1])
    let fleet = try applied(hosts: hosts, people: 1)
    defer { fleet.end() }
    try fleet.commit(people: people, "Everybody")
    // The last host loses its network, the one before it its agent, each once it has begun.
    let (cut, killed) = (hosts, hosts - 1)
    let watch = try WorkerThread { [fleet] in Self.interrupt(fleet, cut: cut, killed: killed) }
    let began = Self.seconds()
    let first = try fleet.writ("apply", "--timeout", "10")
    watch.join()
    #expect(first.status == 8, "\(first.output)\(first.errors)")
    let counts = first.output.split(separator: "\n").last ?? ""
    for host in 1..<killed { #expect(try fleet.text("/etc/passwd", on: host).contains("\np\(people):")) }
    try fleet.script(on: 0, "ip link set near\(cut) up")
    let second = try fleet.expect(0, "apply")
    print(
      "fleet: \(hosts) hosts, \(people) people; first run \(first.status) after \(Self.seconds() - began) s: \(counts); "
        + "second run: \(second.output.split(separator: "\n").last ?? "")")
    try expectSettled(fleet)
    try fleet.expect(0, "verify")
    try fleet.expect(0, "prove", "--sample", "20")
    for host in 1...hosts { #expect(try fleet.text("/etc/passwd", on: host).contains("\np\(people):")) }
  }

  /// One after the other, each that does not answer would be waited for alone.
  @Test func `hosts that do not answer are waited for together by drift and prove, and hide nothing of others`() throws
  {
    let fleet = try applied(hosts: 3, people: 1)
    defer { fleet.end() }
    try fleet.script(on: 2, "gpasswd --delete p1 render")
    let silent = [1, 3]
    for host in silent { kill(pid_t(try fleet.pid(host)), SIGSTOP) }
    defer { for host in silent { if let pid = try? fleet.pid(host) { kill(pid_t(pid), SIGCONT) } } }
    for (command, status, seen) in [("drift", Int32(1), "membership render/p1"), ("prove", 2, "render:member")] {
      let most = Atomic<Int>(0)
      let isOver = Atomic<Bool>(false)
      let watch = try WorkerThread { [fleet] in
        while !isOver.load(ordering: .relaxed) {
          let waiting = silent.count { (try? fleet.isBeingReached($0)) == true }
          most.max(waiting, ordering: .relaxed)
          usleep(20_000)
        }
      }
      let run = try fleet.writ(command, "--timeout", "5")
      isOver.store(true, ordering: .relaxed)
      watch.join()
      #expect(run.status == status && run.output.contains(seen), "\(run)")
      #expect(most.load(ordering: .relaxed) == 2)
      let shown = ["h1", "h2", "h3"].compactMap { run.output.firstRange(of: $0)?.lowerBound }
      #expect(shown.count == 3 && shown == shown.sorted(), "\(run.output)")
    }
  }

  private static func interrupt(_ fleet: FleetWorld, cut: Int, killed: Int) {
    var waiting = [cut, killed]
    for _ in 0..<30_000 where !waiting.isEmpty {
      for host in waiting {
        // The second person's account is made by this run.
        guard (try? fleet.text("/etc/passwd", on: host).contains("\np2:")) == true else { continue }
        let isDone =
          host == cut
          ? (try? fleet.script(on: 0, "ip link set near\(host) down")) != nil : (try? fleet.killAgent(on: host)) == true
        if isDone { waiting.removeAll { $0 == host } }
      }
      usleep(5_000)
    }
  }

  private static func seconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec
  }
}
