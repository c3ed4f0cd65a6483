import Testing
import WritSSHSignature
import WritSystem
import WritTestSupport

/// Makes a key pair without passphrase in `scratch` and answers the private key's path.
func throwAwayKey(_ name: String, in scratch: Scratch, type: String = "ed25519", bits: Int? = nil) throws -> String {
  let path = "\(scratch.path)/\(name)"
  let size = bits.map { ["-b", String($0)] } ?? []
  let result = try Program(
    "/usr/bin/ssh-keygen", ["-q", "-t", type, "-N", "", "-C", name, "-f", path] + size
  ).run()
  #expect(result.succeeded, "\(result.errorText)")
  return path
}
