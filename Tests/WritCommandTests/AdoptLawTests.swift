import Glibc
import Testing
import WritSystem
import WritTestSupport

/// Whatever hands did to a host: once all of it is adopted that can be, and committed, the plan is exactly the rest.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct AdoptLawTests {
  /// What hands may do, each with the object it is about; the second half the policy has no words for.
  private static let keys = "etc/ssh/authorized_keys.d"
  private static let expressible = [
    ("keys bob", "sed -n 's#FAY#EVE#p' \(keys)/bob >> \(keys)/bob"), ("keys bob", "sed -i '\\#FAY#d' \(keys)/bob"),
    ("keys pipe", "sed -i 's#DAN#GUS#' \(keys)/pipe"), ("group data-readers", "member data-readers bob"),
    ("group readers", "leave readers bob"), ("group readers", "leave readers cas"),
    ("membership render/bob", "leave render bob"), ("sudoers writ", "sed -i '/^bob /d' etc/sudoers.d/writ"),
    ("account tree-owner", "sed -i 's#:/opt/owner:#:/srv/owner:#' etc/passwd"),
    ("tree /srv/data", "find srv/data -type f -exec chmod 600 {} +"),
    ("umask common-session", "sed -i 's/umask=027/umask=077/' etc/pam.d/common-session*"),
    ("jupyter notebook", "sed -i 's/port = 8888/port = 9999/' etc/jupyter/*.py"),
  ]
  private static let inexpressible = [
    ("account cas", "sed -i 's#^\\(cas:.*\\):/bin/bash#\\1:/bin/zsh#' etc/passwd"),
    ("keys cas", "echo 'from=\"10.0.0.1\" EVE' >> \(keys)/cas"), ("keys ann", "rm \(keys)/ann; touch \(keys)/ann"),
    ("group readers-w", "member readers-w nobody"), ("group data-readers", "leave data-readers ann"),
    ("sudoers writ", "echo 'eve ALL=(ALL) NOPASSWD: ALL' >> etc/sudoers.d/writ"),
    ("sshd writ", "echo 'PermitRootLogin yes' >> etc/ssh/sshd_config.d/00-writ.conf"),
    ("tree /opt/envs", "chmod 2777 opt/envs"),
  ]

  @Test(arguments: 1...6) func `the plan after adopting is what could not be adopted`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let lab = try AdoptWorld()
    let gus = try lab.world.key("gus")
    let good = Self.expressible.shuffled(using: &random).prefix(Int.random(in: 1...5, using: &random))
    let bad = Self.inexpressible.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random))
    for (_, script) in good + bad {
      let script = ["dan", "eve", "fay"].reduce(script) { $0.replacing($1.uppercased(), with: ThrowAwayKeys.text($1)) }
      try lab.hand(script.replacing("GUS", with: gus))
    }
    let told = "seed \(seed): \(good.map(\.1)) \(bad.map(\.1))"
    let before = try lab.policy
    let run = try lab.world.writ("adopt", "--all", "--until", "2099-01-01")
    try #require(run.status == (bad.isEmpty ? 0 : 2), "\(told)\n\(run.output)\(run.errors)")
    func named(_ pattern: Regex<(Substring, Substring)>) -> Set<String> {
      Set(run.output.split(separator: "\n").compactMap { $0.firstMatch(of: pattern).map { String($0.1) } })
    }
    let stays = named(#/^x gpu01  (.+)  stays$/#)
    let adopted = named(#/^\+ gpu01  ([a-z]+ \S+)/#)
    let spoiled = Set(bad.map(\.0))
    #expect(spoiled.isSubset(of: stays), "\(told)\n\(run.output)")
    #expect(Set(good.map(\.0)).subtracting(spoiled).isSubset(of: adopted), "\(told)\n\(run.output)")
    if adopted.isEmpty { #expect(try lab.policy == before) }

    try lab.world.expect(0, "validate")
    try lab.world.repository.commit(
      "Adopt\n" + PolicyPairTests.overrides, ["policies/policy.yaml": try lab.policy])
    let planned = try lab.planned()
    #expect(stays.isSubset(of: planned), "\(told)\n\(run.output)")
    #expect(planned.isDisjoint(with: adopted), "\(told)\n\(run.output)\n\(planned)")
    #expect(planned.subtracting(stays).isSubset(of: ["ends writ"]), "\(told)\n\(run.output)\n\(planned)")
    try lab.world.expect(0, "apply")
    try lab.world.expect(0, "drift")
    try lab.world.expect(0, "plan", "--detailed-exitcode")
    #expect(try lab.world.expect(0, "adopt", "--all").output == "no drift\n")
  }
}
