internal import Glibc
public import WritApply
internal import WritDigest
internal import WritPlan
public import WritPolicy
internal import WritSystem

/// A Linux host as a target: the machine writ runs on, or a folder laid out like a host's root.
///
/// What it reads and writes is said by kind at ``WritPlan/ObjectState``. The host's own bounds, `/etc/writ/limits`, are
/// looked at when a change is planned and again before it is made.
public final class LinuxHost: HostTarget {
  public let name: TargetName

  public let hostName: HostName
  let root: HostRoot
  /// For the headers of the files written: whence they come.
  let policyCommit: String
  let hostKeys: [String]
  /// Milliseconds to wait for other account tools.
  let lockPatience: Int
  /// Of the last ``readLive(_:)``: accounts that a plan is about to make, trees that border on one another.
  var scope = Scope(owned: [], desired: DesiredState(), base: DesiredState())
  /// The account over which this host is reached from elsewhere; nil where it is not.
  var login: String?
  /// Called now and then while trees are looked at or mended, from any thread.
  public var watch: (@Sendable (Work) -> Void)?
  /// How many names the trees here had the last time anybody counted; for the time left alone.
  public var expectedNames: Int?
  /// How many they had in the last look at all of them; nil before.
  public internal(set) var countedNames: Int?

  /// How far the work on trees is.
  public struct Work: Sendable, Hashable {
    public var host: HostName
    /// The tree that is mended; nil while all are looked at.
    public var mended: String?
    public var names: Int
    /// Of about so many; nil when nobody knows.
    public var expected: Int?
  }

  /// - Parameters:
  ///   - root: `/` for the machine itself; else a folder that ``initialise(root:name:)`` marked.
  ///   - policyCommit: full id of the commit that is applied, for the headers of files.
  ///   - hostKeys: the policy's `host-keys`; the machine must hold one of them. Not asked of a folder.
  ///   - lockPatience: milliseconds to wait for other account tools.
  public init(
    name: HostName, root: String, policyCommit: String, hostKeys: [String] = [], lockPatience: Int = 15_000
  ) {
    self.name = .host(name)
    hostName = name
    self.root = HostRoot(root)
    self.policyCommit = policyCommit
    self.hostKeys = hostKeys
    self.lockPatience = lockPatience
  }

  /// Whether this is the host that the policy means.
  ///
  /// - Throws: ``HostError/wrongMachine(_:)``, ``HostError/notMarked(path:)`` or what reading met.
  func identify() throws(HostError) {
    guard root.isMachine else {
      guard let mark = try root.contents(Self.markPath) else { throw .notMarked(path: root.prefix) }
      guard mark == Self.mark(hostName) else {
        throw .wrongMachine("\(root.prefix) is marked as another host than \(hostName)")
      }
      return try root.refuseLinks()
    }
    let own = try Self.keys(root)
    guard !hostKeys.isEmpty else {
      throw .wrongMachine("the policy names no host key of \(hostName), so this machine cannot be told from another")
    }
    guard hostKeys.contains(where: { own.contains(Self.key($0)) }) else {
      throw .wrongMachine("this machine holds none of the host keys that the policy names for \(hostName)")
    }
  }

  private static func keys(_ root: HostRoot) throws(HostError) -> Set<String> {
    var own: Set<String> = []
    for file in try root.names(in: "/etc/ssh") where file.hasPrefix("ssh_host_") && file.hasSuffix("_key.pub") {
      if let bytes = try root.contents("/etc/ssh/" + file) {
        own.insert(key(String(decoding: bytes, as: UTF8.self)))
      }
    }
    return own
  }

  /// Whether this machine holds one of the keys.
  ///
  /// - Throws: ``HostError`` when its own keys cannot be read.
  public static func thisMachine(holds hostKeys: [String]) throws(HostError) -> Bool {
    let own = try keys(HostRoot("/"))
    return hostKeys.contains { own.contains(key($0)) }
  }

  /// Kind and key, without the comment.
  private static func key(_ line: String) -> String {
    line.split { $0 == " " || $0 == "\n" || $0 == "\t" }.prefix(2).joined(separator: " ")
  }

  // MARK: the head of the ledger

  static let headPath = "/var/lib/writ/head"

  public func leaveHead(_ head: LedgerHead) throws {
    try identify()
    let line: JSONValue = ["origin": .string(head.origin), "size": .integer(head.size), "root": .string(head.root.hex)]
    let bytes = line.canonicalLine
    if try root.contents(Self.headPath) == bytes { return }
    try root.makeFolder("/var/lib/writ")
    try FileContents.replace(root.path(Self.headPath), with: bytes, mode: 0o644, owner: 0, group: 0)
  }

  public func readHead() throws -> LedgerHead? {
    try identify()
    guard let bytes = try root.contents(Self.headPath) else { return nil }
    guard let value = try? JSONValue(canonicalLine: bytes), let members = value.object,
      let origin = members["origin"]?.string, let size = members["size"]?.integer,
      let digest = members["root"]?.string.flatMap({ Digest(hex: $0) })
    else { throw HostError.illFormed(path: root.path(Self.headPath), line: 1, reason: "not the head of a ledger") }
    return LedgerHead(origin: origin, size: size, root: digest)
  }
}
