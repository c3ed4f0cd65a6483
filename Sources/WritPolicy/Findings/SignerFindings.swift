public import WritSyntax

/// One name in the signers' file, with one of its keys.
public struct WrittenSigner: Sendable, Hashable {
  public var name: String
  /// The fingerprint of the key.
  public var key: String

  public init(name: String, key: String) {
    self.name = name
    self.key = key
  }
}

/// What is wrong with the file that `settings.signers` names, in order; nothing where the policy names none.
///
/// Signers are called by their policy names, so that who signed is somebody. The file is none of the policy's own, so the
/// findings stand where it is named.
///
/// - Parameter problem: one line that says why the file cannot be read; nil when it can.
public func signerFindings(
  of policy: Policy, signers: [WrittenSigner], problem: String? = nil, at now: Instant
) -> [Finding] {
  guard let place = policy.settings.signers?.span else { return [] }
  if let problem {
    return [
      Finding(
        .unreadableSigners, .error, "the signers' file cannot be used: \(problem)", at: place,
        help: "write one line for each key: `NAME ssh-ed25519 AAAA…`")
    ]
  }
  var findings = signers.compactMap { finding($0, policy, place, now) }
  let names = Set(signers.map(\.name)).count
  if let threshold = policy.settings.writtenKeyThreshold, threshold.value > names {
    findings.append(
      Finding(
        .keyThresholdTooHigh, .error,
        "\(threshold.value) signers must sign a change of the signers, and there are \(names)", at: threshold.span,
        label: "could never be met", related: [.init(place, "the signers")], help: "add signers, or ask for fewer"))
  }
  return findings.inOrder()
}

private func finding(_ signer: WrittenSigner, _ policy: Policy, _ place: SourceSpan, _ now: Instant) -> Finding? {
  let shown = "`\(signer.name.clipped)` in the signers' file (\(signer.key))"
  guard let name = PrincipalName(validating: signer.name), policy.isPrincipal(name) else {
    return Finding(
      .unknownSigner, .error, "\(shown) is no principal of the policy", at: place,
      help: "name signers as the policy does, and take out who has left")
  }
  if policy.activity(of: name).contains(now) { return nil }
  return Finding(
    .inactiveSigner, .warning, "\(shown) is not active, and may sign", at: place,
    related: policy.place(of: name).map { [.init($0, "defined here")] } ?? [], help: "take the line out")
}
