public import WritApply
public import WritPlan
public import WritPolicy

/// A Linux host, wherever it is: ``LinuxHost`` works in this process, ``RemoteHost`` asks an agent that holds one.
public protocol HostTarget: Target {
  /// Asks what decides there, in the name of every account that writ gave an id, what the policy says about it.
  ///
  /// - Parameter now: when keys and accounts are looked at; sudo takes the machine's clock.
  func prove(_ promise: HostPromise, _ extent: LinuxHost.ProofExtent, at now: Instant) throws -> TargetProof

  /// Whether a snapshot of a tree holds what it says, and can be restored.
  func check(_ question: BackupQuestion, at now: Instant) throws -> BackupReport

  /// What `writ-agent expire` took away after `instant`, oldest first.
  func expired(after instant: Instant) throws -> [LinuxHost.Expired]
}
