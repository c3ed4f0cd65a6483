internal import WritApply
internal import WritGit
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax

/// The file that `settings.signers` names: no policy file, and read with the policy wherever who may sign matters.
extension Workspace {
  /// Nil when there is no such file.
  func signersFile(of policy: Policy, _ basis: Basis) throws -> [UInt8]? {
    guard let path = signersPath(of: policy) else { return nil }
    switch basis {
    case .commit(let id): return try contents(of: path, at: id)
    case .workingTree:
      return try repository.workingFiles(below: options.policies, limit: Self.fileLimit) { $0 == path }.files.first?
        .bytes
    }
  }

  /// The lines of the signers' file; none where there is no such file.
  func signerLines(of policy: Policy, _ basis: Basis) throws -> [String] {
    String(decoding: try signersFile(of: policy, basis) ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// What is wrong with the signers' file; see ``signerFindings(of:signers:problem:at:)``.
  func signerFindings(of policy: Policy, _ basis: Basis, at now: Instant) throws -> [Finding] {
    guard let path = signersPath(of: policy) else { return [] }
    func findings(_ signers: [WrittenSigner], _ problem: String? = nil) -> [Finding] {
      WritPolicy.signerFindings(of: policy, signers: signers, problem: problem, at: now)
    }
    guard let bytes = try signersFile(of: policy, basis) else { return findings([], "there is no file `\(path)`") }
    do throws(AllowedSigners.ReadingError) {
      let signers = try AllowedSigners(reading: bytes)
      return findings(
        signers.entries.flatMap { entry in entry.principals.map { WrittenSigner(name: $0, key: entry.key.fingerprint) }
        })
    } catch {
      return findings([], "line \(error.line): \(error.reason)")
    }
  }
}
