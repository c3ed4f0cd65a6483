import WritSSHSignature
import WritSystem
import WritTestSupport

/// `ssh-keygen -Y verify` on the same input: the second opinion on every signature.
struct KeygenTwin {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  func accepts(
    _ message: [UInt8], armour: [UInt8], key: [UInt8], type: String, principal: String = "alice",
    namespace: String = "writ-test-v1"
  ) throws -> Bool {
    let signers = scratch.path + "/signers"
    let proof = scratch.path + "/proof"
    try FileContents.replace(
      signers, with: Array("alice \(type) \(Base64.encoded(key))\n".utf8), mode: 0o600)
    try FileContents.replace(proof, with: armour, mode: 0o600)
    return try Program(
      "/usr/bin/ssh-keygen", ["-Y", "verify", "-f", signers, "-I", principal, "-n", namespace, "-s", proof],
      input: message
    ).run().succeeded
  }
}

/// What ours says to the same question.
func weAccept(
  _ message: [UInt8], armour: [UInt8], key: [UInt8], type: String, principal: String = "alice",
  namespace: String = "writ-test-v1"
) -> Bool {
  guard let signers = try? AllowedSigners(reading: Array("alice \(type) \(Base64.encoded(key))\n".utf8)) else {
    return false
  }
  return (try? signers.verify(message, signature: armour, principal: principal, namespace: namespace)) != nil
}
