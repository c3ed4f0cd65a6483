public import WritDigest
public import WritPlan
public import WritPolicy

/// What became of one change.
public struct ChangeResult: Sendable, Hashable, Codable {
  public enum Status: Sendable, Hashable, Codable {
    /// Done and read back; the digest is that of the state read back.
    case ok(readBack: Digest)
    case failed(String)
    /// Not tried, because something it needs failed or was blocked.
    case skipped(String)
    /// Tried, and the target could not be read afterwards.
    case unknown(String)
  }

  public var change: String
  public var status: Status
  /// A crash had interrupted it; a later run found it done or finished it.
  public var recovered: Bool

  public init(change: String, status: Status, recovered: Bool = false) {
    self.change = change
    self.status = status
    self.recovered = recovered
  }
}

/// Something that a plan changes.
///
/// Contract, the same for every kind, held by one conformance suite:
/// - ``readLive(_:)`` writes nothing, opens nothing for writing and may be called at any time. An object it cannot
///   read is `.unknown`, never `.absent`; when nothing can be read it throws.
/// - ``apply(_:progress:)`` gets changes of one phase in plan order and works them off one after the other. It calls
///   `progress(.began(id))` before the first write of a change and `progress(.ended(result))` once the change was read back.
///   One failing change does not stop the others, unless they need it.
/// - Every change is idempotent: applied to a target that already shows `after` it writes nothing and is `ok`.
/// - Objects outside the changes are left alone.
/// - Nothing secret appears in a result or an error.
public protocol Target: AnyObject {
  var name: TargetName { get }

  /// What the target shows of the objects in `scope`.
  func readLive(_ scope: Scope) throws -> LiveState

  /// Whether it is on another machine, so that working on it mostly means waiting.
  var isRemote: Bool { get }

  /// Whether this run could carry the change out: the host's limits, a custodian's identity. Reads only.
  func readiness(of change: Change) -> Change.Readiness

  /// The same of several changes, in their order.
  func readiness(of changes: [Change]) -> [Change.Readiness]

  /// Carries the changes out. Throws only when the target as a whole cannot be worked on; then every change that did not
  /// end is `skipped` by the executor.
  func apply(_ changes: [Change], progress: (ChangeProgress) throws -> Void) throws

  /// Leaves (size, root) of the ledger on the target (design §9); called once after the last change.
  func leaveHead(_ head: LedgerHead) throws

  /// The head that the last apply left; nil when there is none.
  func readHead() throws -> LedgerHead?
}

extension Target {
  public var isRemote: Bool { false }

  public func readiness(of changes: [Change]) -> [Change.Readiness] { changes.map { readiness(of: $0) } }
}

/// Size and RFC 6962 root of the ledger at one time.
public struct LedgerHead: Sendable, Hashable, Codable {
  public var origin: String
  public var size: Int
  public var root: Digest
  public init(origin: String, size: Int, root: Digest) {
    self.origin = origin
    self.size = size
    self.root = root
  }
}

/// Which objects a target is asked for.
public struct Scope: Sendable {
  /// Owned by writ on this target: base's, those of later intents.
  public var owned: Set<ObjectID>
  /// What shall hold; a tree is compared against its desired state while it is walked.
  public var desired: DesiredState
  /// What held at base, by object: a tree that is no longer desired is looked at by this.
  public var base: DesiredState

  public init(owned: Set<ObjectID>, desired: DesiredState, base: DesiredState) {
    self.owned = owned
    self.desired = desired
    self.base = base
  }

  /// Every object to look at, in order.
  public var objects: [ObjectID] { owned.union(desired.objects.keys).sorted() }
}

/// What a target tells while it works.
public enum ChangeProgress: Sendable {
  case began(String)
  case ended(ChangeResult)
}
