import Glibc
import WritSystem
import WritTestSupport

extension World {
  /// ``small`` with texts replaced; each must be there, so that a test does not go on with the policy it began with.
  static func changed(_ replacements: [(String, String)]) throws -> String {
    var text = small
    for (old, new) in replacements {
      guard text.contains(old) else { throw Failure(description: "the policy has no `\(old)`") }
      text = text.replacing(old, with: new)
    }
    return text
  }

  /// As ``small``, without the guard that counts removals: its tests are about other things.
  static let unguarded = ("hosts:\n", "guards: { max-removal: \"100%\" }\nhosts:\n")

  /// A world in which ``small`` is applied and one secret stored.
  static func withAppliedPolicy() throws -> World {
    let world = try withSmallPolicy()
    try world.expect(0, "apply", "--bootstrap")
    try world.expect(0, "secret", "put", "basic/token", input: "value")
    return world
  }

  /// Plans nothing, applies nothing, touches nothing: what has to be true after every complete apply.
  func expectSettled() throws {
    let plan = try expect(0, "plan", "--detailed-exitcode")
    guard plan.output.hasSuffix("nothing to change\n") else { throw Failure(description: plan.output) }
    let (hostBefore, vaultBefore) = (try changeTimes(host), try changeTimes(vault))
    let again = try expect(0, "apply")
    guard again.output == "nothing to do\n" else { throw Failure(description: again.output) }
    guard try changeTimes(host) == hostBefore, try changeTimes(vault) == vaultBefore else {
      throw Failure(description: "an apply without changes touched something")
    }
  }

  /// The members that the sandbox host lists for a group; nil without the group.
  func members(_ group: String, of other: String? = nil) throws -> [String]? {
    let text = String(decoding: try FileContents.read((other ?? host) + "/etc/group"), as: UTF8.self)
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      if fields.count == 4, fields[0] == group { return fields[3].split(separator: ",").map(String.init) }
    }
    return nil
  }

  /// Whether stock age opens a file of the vault with somebody's key.
  func opens(_ file: String, with name: String) throws -> Bool {
    try key(name)
    return try run("/usr/bin/age", ["-d", "-i", keys + "/" + name, vault + "/" + file]).status == 0
  }

  /// `writ` in another folder than the repository.
  func writ(in folder: String, _ arguments: String..., input: String = "") throws -> Run {
    try run(Self.writ, arguments, input: input, in: folder)
  }

  /// Runs `writ` in another folder and throws unless it ends with `status`.
  @discardableResult
  func expect(in folder: String, _ status: Int32, _ arguments: String...) throws -> Run {
    let found = try run(Self.writ, arguments, in: folder)
    guard found.status == status else {
      throw Failure(
        description: "writ \(arguments.joined(separator: " ")) ended with \(found.status), not \(status)\n"
          + found.output + found.errors)
    }
    return found
  }

  static func sleep(until instant: Int64) {
    while Int64(time(nil)) < instant { usleep(50_000) }
  }

  /// `2026-12-31T16:00:00Z`
  static func text(_ instant: Int64) -> String {
    var (seconds, parts) = (time_t(instant), tm())
    gmtime_r(&seconds, &parts)
    var buffer = [CChar](repeating: 0, count: 32)
    strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
