import WritSystem
import WritTestSupport

/// What other hands did to a host, drawn from a seed: before writ came, and between two applies.
struct RandomHostState {
  var generator: SeededGenerator
  let world: World

  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

  private mutating func one<T>(_ all: [T]) -> T { all[Int.random(in: 0..<all.count, using: &generator)] }

  private static let modes = [
    "0000", "0400", "0600", "0644", "0666", "0755", "0777", "4755", "2755", "6777", "1777", "0070", "0007",
  ]
  /// root, foreign accounts, everybody of the policy, and nobody at all.
  private static let owners = [0, 1500, 1501, 30002, 19001, 19002, 20001, 20002, 20003, 20004, 65534, 60000]
  private static let groups = [0, 100, 106, 1500, 50000, 50001, 20002, 60000]
  /// As printf(1) takes them: a line feed, an escape sequence, a byte that is no UTF-8, a backslash, a long one.
  private static let names = [
    "plain", "two words", "a\\nb", "\\033[31mred", "\\377odd", "back\\\\slash", "-r",
    String(repeating: "x", count: 200),
  ]

  private func run(_ script: [String]) throws {
    let program = (["set -eu", "cd \(world.host)"] + script).joined(separator: "\n")
    let result = try world.run("/bin/bash", ["-c", program])
    guard result.status == 0 else { throw World.Failure(description: "\(result.errors)\n\(program)") }
  }

  // MARK: before writ

  mutating func settle(_ policy: RandomPolicyText.Drawn, _ trees: [NaiveHost.Tree]) throws {
    var script: [String] = ["mkdir -p var/lib/writ"]
    func append(_ line: String, _ file: String) { script.append("printf '%s\\n' '\(line)' >> etc/\(file)") }
    for index in 0..<Int.random(in: 0...3, using: &generator) {
      let uid = one([1500 + index, 30000 + index, 50003 + index])
      let gid = one([uid, 100, 50001])
      append("old\(index):x:\(uid):\(gid):Old, One:/home/old\(index):/bin/bash", "passwd")
      if chance(80) { append("old\(index):$y$j9T$hash:19000:0:99999:7:::", "shadow") }
      if gid == uid {
        append("old\(index):x:\(gid):", "group")
        append("old\(index):!::", "gshadow")
      }
    }
    if chance(50) { append("squatters:x:\(one([50000, 50001, 50002])):old0", "group") }
    if chance(40) { script.append("sed -i 's/^\\(render:.*\\)$/\\1old0,nobody/' etc/group") }
    if chance(30) { append("# written by hand", "passwd") }
    if chance(30) { append("leaver account 25000\nleft group 50004", "../var/lib/writ/ids") }
    if chance(30) { append("4194999", one(["passwd", "group", "gshadow", "shadow"]) + ".lock") }
    if chance(30) { append("old0 ALL=(root) /usr/bin/id", "sudoers.d/10-ours") }
    if chance(30) { append("PermitRootLogin no", "ssh/sshd_config.d/50-ours.conf") }
    if chance(20) {
      append("+@staff:::::", "passwd")
      append("+:::", "group")
    }
    for place in folders(policy, trees) { script += files(below: place) }
    try run(script)
  }

  /// Where trees of the policy are, or shared ones could be, outer ones first; the folders above a tree that lie in none stay
  /// root's. A personal folder that nobody has would be none of writ's business, and a disagreement.
  private mutating func folders(
    _ policy: RandomPolicyText.Drawn, _ trees: [NaiveHost.Tree]
  ) -> [(path: String, isFree: Bool)] {
    let shared = policy.trees.filter { !$0.hasSuffix("/{account}") }
    func isFree(_ path: String) -> Bool { shared.contains { path == $0 || path.hasPrefix($0 + "/") } }
    var all = ["/opt/envs", "/opt/envs/lib", "/opt/envs/lib/models", "/opt/envs/own", "/srv/lora", "/srv/outputs"]
    let personal = trees.map(\.path).filter { $0.hasPrefix("/opt/envs/own/") || $0.hasPrefix("/srv/outputs/") }
    all += personal
    return all.filter { _ in chance(75) }.map { path in
      (String(path.dropFirst()), isFree(path) || personal.contains(path))
    }
  }

  private mutating func files(below folder: (path: String, isFree: Bool)) -> [String] {
    var script = ["mkdir -p '\(folder.path)'"]
    for number in 0..<Int.random(in: 0...4, using: &generator) {
      let name = "\"$(printf '\(one(Self.names))')\(number)\""
      let path = "'\(folder.path)'/\(name)"
      script.append("if [ ! -e \(path) ]; then")
      switch Int.random(in: 0..<8, using: &generator) {
      case 0, 1, 2: script.append("echo text > \(path)")
      case 3: script.append("mkdir \(path); echo text > \(path)/inner; chmod \(one(Self.modes)) \(path)/inner")
      case 4: script.append("ln -s \(one(["/etc/shadow", "..", "nowhere"])) \(path)")
      case 5: script.append("mkfifo \(path)")
      case 6: script.append("echo text > \(path); ln \(path) \(path).again")
      default: script.append("printf '#!/bin/sh\\n' > \(path); chmod 755 \(path)")
      }
      script.append("if [ ! -L \(path) ]; then :")
      script += odd(path)
      script.append("fi; fi")
    }
    return script + (folder.isFree ? odd("'\(folder.path)'") : [])
  }

  /// Owner, mode and ACL as somebody happened to leave them.
  private mutating func odd(_ path: String) -> [String] {
    var script: [String] = []
    if chance(60) { script.append("chown \(one(Self.owners)):\(one(Self.groups)) \(path)") }
    if chance(60) { script.append("chmod \(one(Self.modes)) \(path)") }
    if chance(30) {
      let entry = one(["u:1500:rwx", "u:20002:r", "g:100:rwx", "g:50001:r-x", "u:60000:---", "u:19001:rw"])
      script.append("setfacl -m \(entry) \(path)")
    }
    if chance(15) { script.append("if [ -d \(path) ]; then setfacl -d -m u:1500:rwx,g::rwx,o::rx \(path); fi") }
    // By hand, on a file with an ACL: that is the mask.
    if chance(20) { script.append("chmod \(one(["g=", "g=r", "640", "g=rwx"])) \(path)") }
    return script
  }

  // MARK: after an apply

  mutating func disturb(_ policy: RandomPolicyText.Drawn, _ trees: [NaiveHost.Tree]) throws {
    var script: [String] = []
    let account = one(policy.people + ["svc-a", "svc-b"])
    func swap(_ expression: String, _ file: String) { script.append("sed -i -E '\(expression)' etc/\(file)") }
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      switch Int.random(in: 0..<12, using: &generator) {
      case 0: swap("s/^(\(account):[^:]*:[^:]*:[^:]*):[^:]*:/\\1:somebody else:/", "passwd")
      case 1: swap("s#^(\(account):.*):[^:]*$#\\1:/bin/zsh#", "passwd")
      case 2: swap("s/^(\(account)):[^:]*:/\\1:!*:/", "shadow")
      case 3: swap("s/^(\(account):[^:]*):([^:]*:[^:]*:[^:]*:[^:]*:[^:]*):[^:]*/\\1:\\2:/", "shadow")
      case 4: swap("/^\(account):/d", one(["passwd", "shadow", "gshadow"]))
      case 5: swap("s/^([a-z-]+:x:5[0-9]{4}:.+)$/\\1,nobody,old0/", "group")
      case 6: swap("s/^([a-z-]+:x:5[0-9]{4}:)[^,]*,?/\\1/", "group")
      case 7: swap("s/:[^:]*$/:/", "gshadow")
      case 8: swap("s/^((render|video):x:[0-9]+):.*/\\1:nobody/", "group")
      case 9:
        script.append(
          "for f in etc/ssh/authorized_keys.d/*; do if [ -f \"$f\" ]; then \(one(["chmod 666 \"$f\"", "rm \"$f\"", "echo 'ssh-ed25519 AAAA eve' >> \"$f\"", "chown 1500 \"$f\""])); fi; done"
        )
      case 10:
        script.append(
          "f=etc/sudoers.d/writ; if [ -f $f ]; then \(one(["chmod 644 $f", "rm $f", "echo 'eve ALL=(ALL) NOPASSWD: ALL' >> $f", ": > $f.bak"])); fi"
        )
      default:
        script.append(
          "f=etc/ssh/sshd_config.d/00-writ.conf; if [ -f $f ]; then \(one(["chmod 666 $f", "rm $f", "echo 'PermitRootLogin yes' >> $f"])); fi"
        )
      }
    }
    for tree in trees where chance(60) {
      let path = String(tree.path.dropFirst())
      let some = "find '\(path)' ! -type l -print0 | sort -z | head -z -n \(one([1, 3, 10])) | xargs -0 -r"
      // An outer tree may be gone by now, and a folder that nobody has need not be there.
      func deep(_ program: String) { script.append("if [ -d '\(path)' ]; then \(some) \(program); fi") }
      switch Int.random(in: 0..<7, using: &generator) {
      case 0: deep("chmod \(one(["g=", "g-x", "o=rwx", "u+s", "g=rwx", "a=", "640"]))")
      case 1: deep("chown \(one(Self.owners)):\(one(Self.groups))")
      case 2: deep("setfacl -m u:1500:rwx,g:100:r,u:20003:rw")
      case 3: deep("setfacl -b; find '\(path)' -type d -exec setfacl -k {} +")
      case 4:
        script.append(
          "(umask 000; mkdir -p '\(path)/by hand'; echo x > '\(path)/by hand/file'; echo y > '\(path)/moved in')")
      case 5: script.append("rm -rf '\(path)'")
      default: script += files(below: (path, true))
      }
    }
    try run(script)
  }

  /// Begins an apply and kills it after a while.
  mutating func breakOff() throws {
    let seconds = Double(Int.random(in: 1...60, using: &generator)) / 100
    try world.run("/usr/bin/timeout", ["-s", "KILL", "\(seconds)", World.writ, "apply", "--host", "gpu01"])
  }

  mutating func breaksOff() -> Bool { chance(35) }
}
