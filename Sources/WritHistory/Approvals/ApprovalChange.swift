public import WritPolicy

/// What is to be applied compared with what was accepted: everything in it that an approval may name.
///
/// It is also how one step of a change is compared with the one before, to tell whose step brings an item; see
/// ``ApprovalAuthors``.
public struct ApprovalChange: Sendable {
  /// An item with what it is about.
  struct Subject: Sendable {
    var item: ApprovalItem
    /// The accesses that it gives or moves, in the names of the later policy; never empty.
    var concerns: [Concern]
  }

  /// One access that an item is about, as far as it is about one.
  struct Concern: Hashable, Sendable {
    /// Who gains by it; nil when nobody does in particular.
    var principal: PrincipalName?
    /// Nil where it is about a principal who has nothing, or about no access at all.
    var resource: ResourceName?
    /// Nil where it is about a resource to which nobody has access.
    var operation: WritPolicy.Operation?
  }

  public let accepted: Snapshot
  public let head: Snapshot
  /// The instant from which both are compared.
  public let from: Instant
  /// Sorted, each once.
  public let items: [ApprovalItem]
  /// One for each item, in the same order.
  let subjects: [Subject]
  let renames: Renames

  /// - Parameter signers: the lines of the signers' file on either side; comments and blank lines do not matter.
  public init(
    accepted: Snapshot, head: Snapshot, from now: Instant, signers: (accepted: [String], head: [String]) = ([], [])
  ) {
    self.accepted = accepted
    self.head = head
    from = now
    renames = Renames(from: accepted.policy, to: head.policy)
    var collector = ApprovalCollector(accepted: accepted, head: head, renames: renames, from: now)
    collector.addGains()
    collector.addSensitive(signers: SignerLines.change(signers.accepted, signers.head))
    var concerns: [ApprovalItem: [Concern]] = [:]
    for subject in collector.subjects { concerns[subject.item, default: []] += subject.concerns }
    items = ApprovalItem.ordered(concerns.keys)
    subjects = items.map { Subject(item: $0, concerns: concerns[$0] ?? []) }
  }
}

/// The lines of an `allowed_signers` file as sets: who may sign, and by which keys.
public enum SignerLines {
  /// Nil when the same lines are on both sides, whatever their order.
  public static func change(_ before: [String], _ after: [String]) -> SensitiveChange? {
    SensitiveChange.list(.signers, "signers", meant(before), meant(after))
  }

  private static func meant(_ lines: [String]) -> [String] {
    lines.map { $0.split { $0 == " " || $0 == "\t" || $0.isNewline }.joined(separator: " ") }
      .filter { !$0.isEmpty && !$0.hasPrefix("#") }
  }
}
