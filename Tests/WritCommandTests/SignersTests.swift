import Glibc
import Testing
import WritSystem
import WritTestSupport

/// The policy's signers take effect by an entry that those in force signed, and by nothing else.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct SignersTests {
  static let path = "policies/signers/allowed_signers"

  /// Commits these signers, one line each, and perhaps a threshold.
  static func commit(_ world: World, _ names: [String], threshold: Int? = nil, options: String = "") throws {
    var files = [path: try names.map { "\($0) \(options)\(try world.key($0))\n" }.joined()]
    if let threshold {
      let text = String(decoding: try FileContents.read(world.lab + "/policies/policy.yaml"), as: UTF8.self)
      let plain = text.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.contains("key-threshold") }.joined(separator: "\n")
      files["policies/policy.yaml"] = plain.replacing("settings:\n", with: "settings:\n  key-threshold: \(threshold)\n")
    }
    try world.repository.commit("Signers: \(names.joined(separator: ", "))", files)
  }

  static func sign(_ world: World, _ name: String) throws {
    try world.expect(0, "signers", "sign", "--key", world.keys + "/" + name)
    let file = "\(path).\(name).sig"
    try world.repository.commit(
      "\(name) signs", [file: String(decoding: try FileContents.read(world.lab + "/" + file), as: UTF8.self)])
  }

  @Test func `a leaver's key goes out with enough signatures, and the vault stays readable`() throws {
    let world = try World.withAppliedPolicy()
    try Self.commit(world, ["ann", "bob"], threshold: 2)
    let first = try world.expect(0, "apply")
    #expect(first.errors.contains("signers: + bob ssh-ed25519 SHA256:"), "\(first.errors)")
    #expect(first.errors.contains("signers: ~ key-threshold 1 -> 2"))
    #expect(first.errors.contains("version 2 of the signers is in force"))
    try world.expectSettled()

    // Ann, who signed the vault's manifest so far, leaves.
    try Self.commit(world, ["bob"], threshold: 1)
    try world.use("bob")
    let before = try world.expect(0, "log").output
    let refused = try world.expect(6, "apply")
    #expect(refused.errors.contains("1 of 2 signatures (bob); missing 1 of ann"), "\(refused.errors)")
    #expect(refused.errors.contains("writ signers sign"))
    #expect(try world.expect(0, "log").output == before)
    #expect(try world.expect(0, "plan").errors.contains("0 of 2 signatures; missing 2 of ann, bob"))
    try Self.sign(world, "ann")
    let applied = try world.expect(0, "apply")
    #expect(applied.errors.contains("version 3 of the signers is in force"), "\(applied.errors)")
    #expect(applied.errors.contains("signed by ann, bob"))
    try world.expectSettled()
    #expect(try !world.expect(0, "secret", "list").output.contains("rotation due"))
    try world.expect(0, "secret", "get", "basic/token", "--identity", world.keys + "/ann")
    let verified = try world.expect(0, "verify").output
    #expect(verified.contains("signed by ann "), "\(verified)")
    #expect(verified.contains("signed by bob "))
    // What she signed stays valid; what she would sign now is refused.
    let gone = try world.expect(9, "secret", "put", "basic/other", "--key", world.keys + "/ann", input: "x")
    #expect(gone.errors.contains("is not among the signers in force"))
  }

  @Test func `a signature over other signers does not count, and nobody removes the key he applies with`() throws {
    let world = try World.withAppliedPolicy()
    try Self.commit(world, ["ann", "bob"], threshold: 2)
    try world.expect(0, "apply")
    try Self.commit(world, ["ann", "bob", "cas"])
    try Self.sign(world, "bob")
    try Self.commit(world, ["ann", "bob", "cas", "dan"])
    let refused = try world.expect(6, "apply")
    #expect(refused.errors.contains("passed over \(Self.path).bob.sig"), "\(refused.errors)")
    #expect(refused.errors.contains("1 of 2 signatures (ann); missing 1 of bob"))
    // Access is taken away all the same.
    let revoked = try world.expect(0, "apply", "--only", "revocations")
    #expect(revoked.errors.contains("the signers stay as they are"), "\(revoked.errors)")
    try Self.sign(world, "bob")
    try world.expect(0, "apply")
    try world.repository.commit("Break the signers", [Self.path: "* what\n"])
    try world.expect(3, "apply")
    #expect(try world.expect(0, "plan").errors.contains("allowed_signers:1"))
    #expect(try world.expect(0, "apply", "--only", "revocations").errors.contains("the signers stay as they are"))
    try Self.commit(world, ["ann", "bob", "cas", "dan"])
    // Nobody of that name is in the policy.
    #expect(try world.expect(0, "verify").output.contains("inactive-signer: `dan` may sign"))
    try Self.commit(world, ["bob", "cas", "dan"])
    try Self.sign(world, "bob")
    try Self.sign(world, "cas")
    let own = try world.expect(6, "apply")
    #expect(own.errors.contains("takes the key you sign with"), "\(own.errors)")
    try world.use("bob")
    try world.expect(0, "apply")
    try world.expect(0, "verify")
  }

  @Test func `a key that may not sign such changes counts for none`() throws {
    let world = try World.withAppliedPolicy()
    // Ann goes on applying with a key that may do just that; bob may sign changes alone.
    let files = [
      Self.path: "ann namespaces=\"writ-ledger-v1,writ-vault-v1\" \(try world.key("ann"))\n"
        + "bob namespaces=\"writ-key-change-v1\" \(try world.key("bob"))\n"
    ]
    try world.repository.commit("Keep the keys apart", files)
    try world.expect(0, "apply")
    try Self.commit(world, ["ann", "bob"])
    let refused = try world.expect(6, "apply")
    #expect(refused.errors.contains("0 of 1 signatures; missing 1 of bob"), "\(refused.errors)")
    try world.expect(9, "signers", "sign", "--key", world.keys + "/ann")
    try Self.sign(world, "bob")
    try world.expect(0, "apply")
    #expect(try world.expect(0, "signers").output.contains("version 3, in force"))
  }
}
