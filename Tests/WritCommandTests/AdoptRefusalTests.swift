import Glibc
import Testing
import WritSystem
import WritTestSupport

/// What the policy has no words for stays as it is and is said; nothing is written by accident, by half, or over others' work.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct AdoptRefusalTests {
  private static let keys = "etc/ssh/authorized_keys.d/bob"

  @Test(
    arguments: [
      (
        "sed -i 's#^\\(bob:.*\\):/bin/bash#\\1:/bin/zsh#' etc/passwd", "account bob",
        "the shell follows from the logins"
      ),
      ("sed -i 's#:bob:/home#:Bob:/home#' etc/passwd", "account bob", "the comment is the principal's name"),
      ("sed -i 's/^bob:x:20002:/bob:x:0:/' etc/passwd", "account bob", "the uid 0 cannot be given to anybody"),
      ("sed -i 's/^bob:[^:]*:/bob:!:/' etc/shadow", "account bob", "write `suspended: true`"),
      ("sed -i '/^cas:/d' etc/passwd etc/shadow", "account cas", "it is gone from the host"),
      ("member readers olga", "group readers", "the policy names nobody who has the account `olga`"),
      ("leave data-readers ann", "group data-readers", "gives more than that"),
      ("member writ-login tree-owner", "group writ-login", "no role gives `tree-owner` exactly `login:ssh`"),
      ("echo 'ssh-ed25519 AAAA nonsense' >> \(keys)", "keys bob", "it is no key that a policy can hold"),
      ("echo 'from=\"10.0.0.1\" EVE' >> \(keys)", "keys bob", "no words for options of a person's key"),
      ("sed -i 's/^restrict,//' \(keys)", "keys bob", "no words for options of a person's key"),
      ("echo 'CAS' >> \(keys)", "keys bob", "the policy would be invalid"),
      ("chmod 666 \(keys)", "keys bob", "the file is writ's own, and is put back"),
      ("echo 'bob ALL=(ALL) NOPASSWD: ALL' >> etc/sudoers.d/writ", "sudoers writ", "no resource of the policy gives"),
      ("rm etc/sudoers.d/writ", "sudoers writ", "gives more than that"),
      ("echo 'PermitRootLogin yes' >> etc/ssh/sshd_config.d/00-writ.conf", "sshd writ", "follows from the logins"),
      ("sed -i 's/umask=027/umask=077/' etc/pam.d/common-session", "umask common-session", "would also want another"),
      (
        "sed -i 's/umask=027/umask=000/' etc/pam.d/common-session*", "umask common-session",
        "the policy would be invalid"
      ),
      ("chown nobody srv/data", "tree /srv/data", "only root or a service account can own a tree"),
      ("chmod o+rx srv/data", "tree /srv/data", "the tree differs in more than the policy has words for"),
      ("rm -r srv/data", "tree /srv/data", "it is gone from the host"),
    ])
  func `what the policy has no words for is listed and stays`(hand: String, object: String, reason: String) throws {
    let lab = try AdoptWorld()
    let before = try lab.policy
    var hand = hand
    for name in ["eve", "cas"] { hand = hand.replacing(name.uppercased(), with: ThrowAwayKeys.text(name)) }
    try lab.hand(hand)
    let host = try lab.world.changeTimes(lab.world.host)
    let run = try lab.world.writ("adopt", "--all")
    #expect(run.status == 2, "\(run.output)\(run.errors)")
    #expect(run.output.contains("x gpu01  \(object)  stays\n"), "\(run.output)")
    #expect(run.output.contains(reason), "\(run.output)")
    #expect(try lab.policy == before)
    #expect(try lab.world.changeTimes(lab.world.host) == host, "the host was touched")
    #expect(try lab.planned().contains(object))
  }

  @Test func `a hostile comment of a key never reaches the policy or the terminal`() throws {
    let lab = try AdoptWorld()
    let before = try lab.policy
    try lab.hand(
      "printf '%s x\\033]0;t\\007\\342\\200\\256\" ] , roles: [ maintainer ] # \\n' '\(ThrowAwayKeys.text("eve"))' >> \(Self.keys)"
    )
    let run = try lab.world.expect(0, "adopt", "keys bob")
    let (gone, come) = AdoptWorld.changes(before, try lab.policy)
    #expect(gone.isEmpty && come == ["      - \"\(ThrowAwayKeys.text("eve"))\""], "\(run.output)")
    #expect(run.output.contains("+ gpu01  keys bob  sensitive: ssh key\n"), "\(run.output)")
    #expect(run.output.contains("an apply still writes it in writ's own form"))
    for text in [run.output, run.errors] {
      #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0 != "\u{202e}" && $0.value != 0x7f })
    }
    try lab.world.repository.commit("Adopt\n", ["policies/policy.yaml": try lab.policy])
    #expect(try lab.planned() == ["keys bob"])
    try lab.world.expect(0, "apply")
    try lab.world.expect(0, "drift")
    let file = String(decoding: try FileContents.read(lab.world.host + "/" + Self.keys), as: UTF8.self)
    #expect(
      file.contains("restrict,pty,port-forwarding \(ThrowAwayKeys.text("eve")) bob\n") && !file.contains("maintainer"))
  }

  @Test func `nothing is written without a choice, and unknown objects are refused`() throws {
    let lab = try AdoptWorld()
    #expect(try lab.world.expect(0, "adopt").output == "no drift\n")
    try lab.hand("leave readers bob; leave render bob; sed -i 's#:bob:/home#:Bob:/home#' etc/passwd")
    let before = try lab.policy
    let shown = try lab.world.expect(2, "adopt")
    #expect(shown.output.contains("2 objects adopted, 1 stays; nothing was written"), "\(shown.output)")
    #expect(try lab.policy == before)
    try lab.world.expect(3, "adopt", "keys:bob")
    try lab.world.expect(64, "adopt", "readers")
    try lab.world.expect(64, "adopt", "--all", "group:readers")
    try lab.world.expect(64, "adopt", "--all", "--until", "2020-01-01")
    try lab.world.expect(64, "adopt", "--all", "--reason", "two\nlines")
    try lab.world.expect(3, "adopt", "--host", "gpu99", "--all")
    #expect(try lab.policy == before)
    // Only what is named.
    try lab.world.expect(0, "adopt", "group:readers")
    #expect(AdoptWorld.changes(before, try lab.policy).gone == ["      - reader   # of the shared tree"])
    // The policy of the working tree says so already.
    let again = try lab.world.expect(0, "adopt", "group:readers")
    #expect(again.output.contains("says so already"), "\(again.output)")
  }

  @Test func `a policy test that would fail holds an access off`() throws {
    let test = "tests:\n  - { name: bob has no data, who: { principal: bob }, cannot: { data: read } }\n"
    let lab = try AdoptWorld(AdoptWorld.policy + test)
    try lab.hand("member data-readers bob")
    let run = try lab.world.expect(2, "adopt", "--all")
    #expect(run.output.contains("the policy test `bob has no data` would fail"), "\(run.output)")
  }

  @Test func `a file that somebody edits meanwhile is not written over`() throws {
    let lab = try AdoptWorld()
    try lab.hand("leave readers bob")
    // The pipe is full until its reader has edited the file, and what is shown comes before what is written.
    let script = """
      cd \(lab.world.lab)
      { head -c 65536 /dev/zero; \(World.writ) adopt --all; echo "status $?" >&3; } 3>status |
        { sleep 4; echo '# mine' >> policies/policy.yaml; cat > /dev/null; }
      """
    let run = try lab.world.run("/bin/bash", ["-c", script])
    let status = String(decoding: try FileContents.read(lab.world.lab + "/status"), as: UTF8.self)
    #expect(status == "status 1\n" && run.errors.contains("changed while this ran"), "\(run.errors)")
    let after = try lab.policy
    #expect(after.hasSuffix("# mine\n") && after.contains("- reader"))
  }

  @Test func `when one file cannot be written, none is`() throws {
    let lab = try AdoptWorld()
    let text = try lab.policy
    let mark = try #require(text.firstRange(of: "service-accounts:"))
    let end = try #require(text.firstRange(of: "roles:\n  member:"))
    let (first, second) = (
      String(text[..<mark.lowerBound] + text[end.lowerBound...]), String(text[mark.lowerBound..<end.lowerBound])
    )
    try lab.world.repository.commit("Split", ["policies/policy.yaml": first, "policies/z.yaml": second])
    try lab.world.expect(0, "apply")
    try lab.hand("leave readers bob; sed -i 's#:/opt/owner:#:/srv/owner:#' etc/passwd")
    // What something is mounted on is replaced by nobody.
    let mounted = try lab.world.run(
      "/usr/bin/unshare",
      ["-m", "/bin/bash", "-c", "mount --bind policies/z.yaml policies/z.yaml && exec \(World.writ) adopt --all"])
    #expect(mounted.status == 1, "\(mounted.output)\(mounted.errors)")
    #expect(try lab.policy == first)
    try lab.world.expect(0, "adopt", "--all")
    #expect(try lab.policy != first)
    #expect(try lab.world.run("/bin/ls", ["-A", "policies"]).output == "policy.yaml\nsigners\nz.yaml\n")
  }

  // MARK: what nobody manages

  @Test func `an unmanaged account becomes a person who is named`() throws {
    let lab = try AdoptWorld()
    try lab.hand(
      """
      echo 'olga:x:1500:1500:Olga P:/home/olga:/bin/bash' >> etc/passwd; echo 'olga:*:19000:0:99999:7:::' >> etc/shadow
      echo 'olga:x:1500:' >> etc/group; mkdir -p home/olga/.ssh; echo '\(ThrowAwayKeys.text("eve")) x' > home/olga/.ssh/authorized_keys
      chown -R 1500:1500 home/olga; chmod 700 home/olga; member render olga
      """)
    try lab.world.expect(0, "drift")
    let arguments = ["adopt", "--unmanaged", "--host", "gpu01", "account:olga"]
    #expect(try lab.world.run(World.writ, arguments).status == 64)
    #expect(try lab.world.run(World.writ, arguments + ["--person", "bob"]).status == 3)
    #expect(
      try lab.world.run(World.writ, ["adopt", "--unmanaged", "--host", "gpu01", "account:bob", "--person", "x"]).status
        == 3)
    let dry = try lab.world.run(World.writ, arguments + ["--person", "olga.petrova", "--dry-run"])
    #expect(dry.status == 0 && access(lab.world.lab + "/policies/gpu01-olga.yaml", F_OK) != 0)
    let run = try lab.world.run(World.writ, arguments + ["--person", "olga.petrova"])
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    let text = String(decoding: try FileContents.read(lab.world.lab + "/policies/gpu01-olga.yaml"), as: UTF8.self)
    #expect(text.contains("\n  olga.petrova:\n    account: olga\n    uid: 1500\n"), "\(text)")
    // The file is there now.
    #expect(try lab.world.run(World.writ, arguments + ["--person", "olga"]).status != 0)
    try lab.world.repository.commit("Adopt\n", ["policies/gpu01-olga.yaml": text])
    try lab.world.expect(0, "apply", "--take-in")
    try lab.world.expect(0, "plan", "--detailed-exitcode")
    #expect(try lab.world.members("render")?.contains("olga") == true)
  }

  @Test(arguments: [false, true]) func `an unmanaged group becomes a resource that its members have`(ends: Bool) throws
  {
    let lab = try AdoptWorld()
    try lab.hand("echo 'team:x:1901:bob,cas,nobody' >> etc/group")
    let before = try lab.policy
    let run = try lab.world.run(
      World.writ,
      ["adopt", "--unmanaged", "--host", "gpu01", "group:team"] + (ends ? ["--until", "2099-01-01"] : []))
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.errors.contains("nobody, who stays in it"))
    let text = String(decoding: try FileContents.read(lab.world.lab + "/policies/gpu01-team.yaml"), as: UTF8.self)
    #expect(text.contains("gpu01-team: { hosts: [gpu01], unix-group: team }"))
    #expect(AdoptWorld.changes(before, try lab.policy).come.count == (ends ? 0 : 2))
    try lab.world.repository.commit(
      "Adopt\n", ["policies/gpu01-team.yaml": text, "policies/policy.yaml": try lab.policy])
    #expect(try lab.planned() == (ends ? ["ends writ"] : []))
    try lab.world.expect(0, "apply")
    #expect(try lab.world.members("team") == ["bob", "cas", "nobody"])
  }
}
