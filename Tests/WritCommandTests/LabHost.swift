import Glibc
import WritSystem
import WritTestSupport

/// The lab's sandbox host as its account files describe it, and questions to the kernel in the accounts' names.
struct LabHost {
  struct Account {
    /// As the policy names whoever has it.
    var principal: String
    var name: String
    var uid: UInt32
    var group: UInt32
    /// Every gid, the primary one among them.
    var groups: Set<UInt32>
  }

  struct Tree {
    /// As permissions name it: `lora-config`, `outputs/wang.fang`.
    var object: String
    var path: String
    var isPersonal: Bool { object.hasPrefix("outputs/") }
    var samples: [(path: String, isFolder: Bool)] {
      [(path, true), (path + "/made", true), (path + "/made/file", false), (path + "/file", false)]
    }
  }

  let world: World
  /// Everybody with an account on the host, and the departed under the id they had.
  private(set) var accounts: [Account] = []
  private(set) var groups: [String: UInt32] = [:]

  static let shared = [
    "lora-config": "/opt/lora-scripts/config", "lora-quota": "/srv/lora/quota", "projects": "/srv/projects",
    "training-data": "/srv/lora/data", "base-weights": "/srv/models/base", "conda-envs": "/opt/miniconda/envs",
    "intern-sandbox": "/srv/sandbox/interns", "audit-trail": "/srv/audit",
  ]

  init(_ world: World) throws {
    self.world = world
    func lines(_ file: String) throws -> [[String]] {
      String(decoding: try FileContents.read(world.host + "/etc/" + file), as: UTF8.self).split(separator: "\n").map {
        $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      }
    }
    var members: [String: Set<UInt32>] = [:]
    for fields in try lines("group") {
      guard let gid = UInt32(fields[2]) else { continue }
      groups[fields[0]] = gid
      for member in fields[3].split(separator: ",") { members[String(member), default: []].insert(gid) }
    }
    let principals = Dictionary(
      try Lab.files().keys.filter { $0.hasPrefix("people/") }.map { path in
        let name = String(path.dropFirst(7).dropLast(5))
        return (name.replacing(".", with: ""), name)
      }, uniquingKeysWith: { first, _ in first })
    for fields in try lines("passwd") {
      guard let uid = UInt32(fields[2]), let gid = UInt32(fields[3]), (1000..<65000).contains(uid) else { continue }
      accounts.append(
        Account(
          principal: principals[fields[0]] ?? fields[0], name: fields[0], uid: uid, group: gid,
          groups: (members[fields[0]] ?? []).union([gid])))
    }
    accounts.append(Account(principal: "zhao.lei", name: "zhaolei", uid: 20013, group: 20013, groups: [20013]))
  }

  func owner(of path: String) -> UInt32? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_uid : nil
  }

  /// The trees that are on the host, the personal ones of everybody among them.
  func trees(_ edges: Set<LabEdge>) -> [Tree] {
    let personal = Set(
      edges.map(\.permission).filter { $0.hasPrefix("outputs/") }.map { $0.dropFirst(8).prefix { $0 != ":" } })
    let all =
      Self.shared.sorted { $0.key < $1.key }.map { Tree(object: $0.key, path: world.host + $0.value) }
      + personal.sorted().map {
        Tree(object: "outputs/\($0)", path: world.host + "/srv/outputs/" + $0.replacing(".", with: ""))
      }
    // A departed person's folder was never made.
    return all.filter { access($0.path, F_OK) == 0 }
  }

  /// Runs a script with exactly the ids of an account; nil: as root.
  func run(as account: Account?, _ script: String, _ arguments: [String]) throws -> World.Run {
    guard let account else { return try world.run("/bin/sh", ["-c", script] + arguments) }
    let groups = account.groups.sorted().map(String.init).joined(separator: ",")
    return try world.run(
      "/usr/bin/setpriv",
      ["--reuid", "\(account.uid)", "--regid", "\(account.group)", "--groups", groups, "/bin/sh", "-c", script]
        + arguments)
  }

  /// Makes a folder and files in a tree as one of its writers does, else as its owner, with a careful umask.
  func use(_ tree: Tree, _ edges: Set<LabEdge>) throws {
    let owner = owner(of: tree.path)
    let maker =
      accounts.last { edges.contains(LabEdge(principal: $0.principal, permission: "\(tree.object):write")) }
      ?? accounts.first { $0.uid == owner }
    let run = try run(as: maker, "umask 077; cd \"$0\" && mkdir made && touch made/file file", [tree.path])
    guard run.status == 0 else {
      throw World.Failure(description: "\(maker?.name ?? "root") cannot use \(tree.path): \(run.errors)")
    }
  }

  /// What the kernel says to an account of every sample of every tree.
  func allowed(_ account: Account, in trees: [Tree]) throws -> [String: (read: Bool, write: Bool)] {
    // A folder is of use to whoever may also enter it.
    let script = """
      for path in "$@"; do
        if [ -d "$path" ] && [ ! -x "$path" ]; then r=0 w=0; else
          if [ -r "$path" ]; then r=1; else r=0; fi
          if [ -w "$path" ]; then w=1; else w=0; fi
        fi
        echo "$r$w $path"
      done
      """
    let run = try run(as: account, script, ["sh"] + trees.flatMap { $0.samples.map(\.path) })
    var found: [String: (read: Bool, write: Bool)] = [:]
    for line in run.output.split(separator: "\n") {
      let digits = line.prefix(2)
      found[String(line.dropFirst(3))] = (digits.first == "1", digits.last == "1")
    }
    return found
  }
}

extension World {
  /// A file on the sandbox host, with its folders, as somebody left it.
  func fill(_ path: String, mode: UInt32) throws {
    try makeProgram(path)
    try FileContents.replace(host + path, with: Array("something\n".utf8), mode: mode)
  }
}
