import Glibc
import WritSystem
import WritTestSupport

extension World {
  /// Change times of everything on the host and in the vault: equal footprints mean that no target was touched.
  func footprint() throws -> String { try changeTimes(host) + "\n\n" + changeTimes(vault) }

  /// A world with the small policy applied and one secret stored.
  static func withSmallPolicyApplied() throws -> World {
    let world = try withSmallPolicy()
    try world.expect(0, "apply", "--bootstrap")
    try world.expect(0, "secret", "put", "basic/token", input: "value")
    return world
  }

  /// Everything is as the last commit says, the ledger verifies, and the secret can still be read.
  func expectWhole() throws {
    try expect(0, "plan", "--detailed-exitcode")
    try expect(0, "verify")
    let secret = try expect(0, "secret", "get", "basic/token")
    guard secret.output == "value" else { throw Failure(description: "the secret is now `\(secret.output)`") }
  }

  /// Runs a shell script in the repository, in a mount namespace of its own; `$WRIT`, `$HOST` and `$VAULT` are set.
  func script(_ text: String) throws -> Run {
    try run(
      "/usr/bin/unshare",
      ["--mount", "/bin/sh", "-c", "WRIT=$0 HOST=$1 VAULT=$2\n" + text, Self.writ, host, vault])
  }

  /// Whether a script may mount; containers often forbid it.
  static let canMount: Bool = {
    guard geteuid() == 0, let scratch = try? Scratch() else { return false }
    let tried = try? Program(
      "/usr/bin/unshare", ["--mount", "/bin/mount", "-t", "tmpfs", "none", scratch.path]
    ).run()
    return tried?.succeeded ?? false
  }()
}
