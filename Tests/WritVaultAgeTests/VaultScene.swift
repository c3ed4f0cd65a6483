import Glibc
import Testing
import WritApply
import WritDigest
import WritPlan
import WritPolicy
import WritSSHSignature
import WritSystem
import WritTestSupport

@testable import WritVaultAge

/// A scratch vault with throw-away keys: carol is its custodian and signs, alice and bob read, eve should not.
final class VaultScene {
  let scratch: Scratch
  let store: String
  let signers: AllowedSigners
  let signer: AgeVault.Signer
  private let lines: [String: String]

  static let folder = ObjectID(.folder, "lab/basic")
  static let now = Instant(seconds: 1_780_000_000)

  init(types: [String: String] = [:]) throws {
    scratch = try Scratch()
    store = scratch.path + "/store"
    var lines: [String: String] = [:]
    for person in ["alice", "bob", "carol", "eve"] {
      let made = try Self.keys(person, types[person] ?? "ed25519")
      try FileContents.replace("\(scratch.path)/\(person)", with: made.identity, mode: 0o600)
      lines[person] = made.line
    }
    self.lines = lines
    let key = try SigningKey(path: scratch.path + "/carol")
    signer = .init(principal: "carol", key: key)
    signers = try AllowedSigners([.init(principals: ["carol"], key: key.publicKey)])
  }

  /// One key of each kind for each person, made once: making them costs more than most tests.
  private static func keys(_ person: String, _ type: String) throws -> (identity: [UInt8], line: String) {
    let made = try #require(all["\(person) \(type)"])
    return made
  }

  private static let all: [String: (identity: [UInt8], line: String)] = {
    var all: [String: (identity: [UInt8], line: String)] = [:]
    guard let scratch = try? Scratch() else { return all }
    for (type, people) in [("ed25519", ["alice", "bob", "carol", "eve"]), ("rsa", ["alice", "bob", "carol"])] {
      for person in people {
        let path = "\(scratch.path)/\(person)-\(type)"
        let arguments = ["-q", "-t", type, "-N", "", "-C", person, "-f", path] + (type == "rsa" ? ["-b", "2048"] : [])
        _ = try? Program("/usr/bin/ssh-keygen", arguments).run()
        guard let identity = try? FileContents.read(path), let bytes = try? FileContents.read(path + ".pub") else {
          continue
        }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ").prefix(2)
        all["\(person) \(type)"] = (identity, fields.joined(separator: " "))
      }
    }
    return all
  }()

  func identity(_ person: String) -> String { "\(scratch.path)/\(person)" }
  func key(_ person: String) -> String { lines[person] ?? "" }
  func recipient(_ person: String) -> String { "\(person) \(key(person))" }

  func vault(identity: String? = "carol", signs: Bool = true, remembered: Int? = nil) throws -> AgeVault {
    AgeVault(
      try #require(VaultName(validating: "team")), path: store, identity: identity.map(self.identity),
      signer: signs ? signer : nil, signers: signers, custodians: [recipient("carol")], now: Self.now,
      rememberedVersion: remembered)
  }

  func state(_ people: [String]) -> ObjectState {
    ObjectState(["recipients": .members(people.map(recipient)), "faults": .lines([])])
  }

  func change(_ people: [String]?, _ id: ObjectID = VaultScene.folder, action: Change.Action = .update) throws -> Change
  {
    Change(
      id: "c0001", target: .vault(try #require(VaultName(validating: "team"))),
      action: people == nil ? .remove : action,
      phase: .grant, difference: .change, object: id, before: nil, after: people.map(state),
      causes: [Cause(.granted, "test")])
  }

  /// Applies the readers and expects success.
  @discardableResult
  func apply(_ people: [String]?, _ id: ObjectID = VaultScene.folder, with vault: AgeVault? = nil) throws
    -> ChangeResult
  {
    let result = try attempt(people, id, with: vault)
    guard case .ok = result.status else {
      Issue.record("\(result.status)")
      return result
    }
    return result
  }

  func attempt(_ people: [String]?, _ id: ObjectID = VaultScene.folder, with vault: AgeVault? = nil) throws
    -> ChangeResult
  {
    var results: [ChangeResult] = []
    try (vault ?? self.vault()).apply([change(people, id)]) {
      if case .ended(let result) = $0 { results.append(result) }
    }
    return try #require(results.first)
  }

  func put(_ name: String, _ value: String, _ id: ObjectID = VaultScene.folder) throws {
    var bytes = Array(value.utf8)
    try vault(identity: nil).put(folder: id.name, name: name, value: Secret(taking: &bytes), by: "carol")
  }

  func scope(_ people: [String], _ ids: [ObjectID] = [VaultScene.folder]) -> Scope {
    let desired = DesiredState(
      Dictionary(uniqueKeysWithValues: ids.map { ($0, .init(state(people), causes: [Cause(.granted, "test")])) }))
    return Scope(owned: Set(ids), desired: desired, base: desired)
  }

  func live(_ people: [String], with vault: AgeVault? = nil, _ id: ObjectID = VaultScene.folder) throws -> Observed? {
    try (vault ?? self.vault(identity: nil, signs: false)).readLive(scope(people, [id])).objects[id]
  }

  func faults(_ people: [String] = ["alice", "carol"], with vault: AgeVault? = nil) throws -> [String] {
    try live(people, with: vault)?.state?.list("faults") ?? ["no state"]
  }

  func file(_ name: String, _ id: ObjectID = VaultScene.folder) -> String { "\(store)/\(id.name)/\(name)" }

  /// What the stock program gives a person; nil when it refuses.
  func stock(_ person: String, _ name: String, _ id: ObjectID = VaultScene.folder) throws -> String? {
    let result = try Program("/usr/bin/age", ["-d", "-i", identity(person), file(name + ".age", id)]).run()
    return result.succeeded ? result.outputText : nil
  }

  /// As somebody with write access to the store would do it.
  func encryptByHand(_ text: String, to people: [String], _ name: String, _ id: ObjectID = VaultScene.folder) throws {
    let result = try Program(
      "/usr/bin/age", people.flatMap { ["-r", key($0)] } + ["-o", file(name + ".age", id)], input: Array(text.utf8)
    ).run()
    try #require(result.succeeded, "\(result.errorText)")
  }

  /// Every file of the store with its bytes and its ctime.
  func snapshot(_ folder: String? = nil) throws -> [String: [UInt8]] {
    let result = try Program(
      "/usr/bin/find", [folder ?? store, "-printf", "%p %C@ %m\\n"]
    ).run()
    return ["": result.output]
  }

  func copyStore(to name: String) throws { try run("/bin/cp", ["-a", store, "\(scratch.path)/\(name)"]) }

  func restoreStore(from name: String) throws {
    removeTree(store)
    try run("/bin/cp", ["-a", "\(scratch.path)/\(name)", store])
  }

  @discardableResult
  func run(_ program: String, _ arguments: [String]) throws -> String {
    let result = try Program(program, arguments, workingDirectory: "/").run()
    try #require(result.succeeded, "\(result.errorText)")
    return result.outputText
  }
}
