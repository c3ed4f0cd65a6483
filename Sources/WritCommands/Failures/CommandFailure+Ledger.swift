internal import WritApply
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax
internal import WritSystem

extension CommandFailure {
  init(_ error: LedgerError) {
    switch error {
    case .busy(let lock):
      self.init("another writ is at work in this clone", hint: "it holds \(visible(lock)); wait for it to end")
    case .none: self.init("there is no ledger yet", hint: "the first apply of all is: writ apply --bootstrap")
    case .exists(let place):
      self.init(
        .unverified, "a ledger is remembered by \(visible(place)), so none is begun",
        hint: "without `--bootstrap` the one there is goes on; if it was lost, that is what `writ verify` looks into")
    case .unreadWitness(let target):
      self.init("\(target) could not say whether it remembers a ledger, so none is begun")
    case .moved:
      self.init(.stale, "somebody else applied in the meantime", hint: "plan again: writ plan")
    case .unreachable(let upstream, let reason):
      self.init(
        "the ledger's upstream \(visible(upstream)) does not answer: \(visible(reason))",
        hint: "no ledger, no apply: nothing was changed")
    case .faulty(let faults):
      let lines = faults.prefix(5).map { "\n  " + visible($0.description) }.joined()
      self.init(.unverified, "the ledger does not verify:" + lines, hint: "`writ verify` lists everything")
    case .notASigner(let actor, let key):
      self.init(.unverified, "the key \(visible(key)) of \(visible(actor)) is not among the signers in force")
    case .openIntent(let sequence):
      self.init(
        "the apply of ledger entry \(sequence) is not finished",
        hint: "`writ apply` finishes one's own; someone else's is given up with `writ apply --abandon REASON`")
    case .badOrigin(let text): self.init("`\(visible(text))` cannot name a ledger")
    case .badSigners(let error):
      self.init(.invalidPolicy, "the signers cannot be used: \(visible(error.description))")
    case .damaged(let path): self.init("\(visible(path)) is not as writ wrote it", hint: "move it away and try again")
    case .git(let command, let reason): self.init("git \(visible(command)): \(visible(reason))")
    case .program(let failure): self.init(failure)
    case .signature(let error): self.init(error)
    case .system(let error): self.init(visible(error.description))
    }
  }

  /// Somebody's apply that may still be at work.
  init(atWork open: LedgerState.OpenIntent) {
    let place = open.runner.map { " (\(visible($0)))" } ?? ""
    self.init(
      "\(open.actor)\(place) has been applying since \(open.time.rfc3339), ledger entry \(open.sequence), and may still be at work",
      hint: "the clone it runs in finishes it; without a sign of life it can be given up from "
        + "\(open.leaseEnd.rfc3339) on: writ apply --abandon REASON")
  }

  init(_ error: SignatureError) {
    switch error {
    case .malformed(let reason): self.init(.unverified, "a signature is malformed: \(visible(reason))")
    case .unusableKey(let path, let reason):
      self.init(
        "the key \(visible(path)) cannot be used: \(visible(reason))",
        hint: "`--key FILE` names another one; for a key with a passphrase, the public one while the agent holds it")
    case .unknownPrincipal(let name): self.init(.unverified, "\(visible(name)) is not among the signers")
    case .foreignKey(let principal, _):
      self.init(.unverified, "a signature is by another key than \(visible(principal))'s")
    case .wrongNamespace(let wanted, let found):
      self.init(.unverified, "a signature was made for `\(visible(found))`, not for `\(visible(wanted))`")
    case .namespaceNotAllowed(let principal, let namespace):
      self.init(.unverified, "\(visible(principal))'s key may not sign for `\(visible(namespace))`")
    case .notGood(let reason): self.init(.unverified, "a signature is not good: \(visible(reason))")
    case .library(let reason): self.init(.unverified, "a signature could not be judged: \(visible(reason))")
    case .notSigned(let reason): self.init("nothing was signed: \(visible(reason))")
    case .program(let failure): self.init(failure)
    case .system(let error): self.init(visible(error.description))
    }
  }
}
