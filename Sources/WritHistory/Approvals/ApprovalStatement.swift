public import WritDigest
public import WritPolicy

/// What an approver signs: the exact items, for one repository, up to a time.
///
/// The bytes that are signed are ``canonicalLine``; they say everything that counts, so the file may travel any way.
public struct ApprovalStatement: Sendable, Hashable {
  /// Which ledger is meant: an approval for another repository is none here.
  public struct Repository: Sendable, Hashable {
    public var origin: String
    /// Digest of the ledger's first entry, as two repositories may bear one name.
    public var genesis: Digest

    public init(origin: String, genesis: Digest) {
      self.origin = origin
      self.genesis = genesis
    }
  }

  /// The `format` member, and the namespace of the signature.
  public static let format = "writ-approval-v1"
  /// How many items one statement may name.
  public static let itemsLimit = 50_000
  /// How long a statement may be, in bytes.
  public static let sizeLimit = 16 << 20
  /// How long the reason and the repository's name may be, in bytes.
  public static let textLimit = 4096
  /// How long any statement may hold.
  public static let longestValidity = Duration(seconds: 90 * 86_400)

  public var repository: Repository
  /// Full id of the commit that was accepted when it was signed. It speaks for no item that was let in after that.
  public var accepted: String
  /// Full id of the commit whose items these are. Not what is approved: a rebase gives other commits and the same items.
  public var head: String
  public var approver: PrincipalName
  public var signed: Instant
  /// The first instant at which it does not count.
  public var expires: Instant
  public var reason: String?
  /// The ledger entry of a change that went in without approvals and is signed off by this; such a statement lets nothing in.
  public var breakglass: Int?
  /// Sorted, each once; never empty.
  public let items: [ApprovalItem]

  public init(
    repository: Repository, accepted: String, head: String, approver: PrincipalName, signed: Instant,
    expires: Instant, reason: String? = nil, breakglass: Int? = nil, items: some Sequence<ApprovalItem>
  ) {
    self.repository = repository
    self.accepted = accepted
    self.head = head
    self.approver = approver
    self.signed = signed
    self.expires = expires
    self.reason = reason
    self.breakglass = breakglass
    self.items = ApprovalItem.ordered(items)
  }

  public var json: JSONValue {
    .members([
      "format": .string(Self.format),
      "repository": ["origin": .string(repository.origin), "genesis": .string(repository.genesis.description)],
      "accepted": .string(accepted), "head": .string(head), "approver": .string(approver.text),
      "signed": .string(signed.rfc3339), "expires": .string(expires.rfc3339),
      "reason": reason.map(JSONValue.string), "breakglass": breakglass.map(JSONValue.integer),
      "items": .array(items.map(\.json)),
    ])
  }

  /// The bytes to be signed: one canonical line.
  public var canonicalLine: [UInt8] { json.canonicalLine }

  /// Names the statement: SHA-256 of ``canonicalLine``.
  public var digest: Digest { Digest(of: canonicalLine) }

  /// Why bytes are no statement.
  public enum Fault: Error, Sendable, Hashable {
    case tooLarge(bytes: Int)
    case tooManyItems(Int)
    case json(JSONFault)
    case shape(JSONShapeFault)
    /// Another format, or one of a later version.
    case format(String)
    /// The same statement would be written in another way.
    case notCanonical
  }

  /// Reads what ``canonicalLine`` writes, and nothing else.
  ///
  /// - Throws: ``Fault``. That it has expired is none.
  public init(canonicalLine bytes: [UInt8]) throws(Fault) {
    if bytes.count > Self.sizeLimit { throw .tooLarge(bytes: bytes.count) }
    let value: JSONValue
    do throws(JSONFault) { value = try JSONValue(canonicalLine: bytes) } catch { throw .json(error) }
    if let format = value["format"]?.string, format != Self.format { throw .format(format) }
    if let count = value["items"]?.array?.count, count > Self.itemsLimit { throw .tooManyItems(count) }
    do throws(JSONShapeFault) { self = try Self(value) } catch { throw .shape(error) }
    // Unknown members, items out of order or given twice, an instant in another zone.
    guard json == value else { throw .notCanonical }
  }

  private init(_ value: JSONValue) throws(JSONShapeFault) {
    let members = try JSONMembers(value)
    _ = try members.value("format", "`\(Self.format)`") { $0 == Self.format ? $0 : nil }
    func text(_ name: String) throws(JSONShapeFault) -> String {
      try members.value(name, "a text of 1 to \(Self.textLimit) bytes") {
        (1...Self.textLimit).contains($0.utf8.count) ? $0 : nil
      }
    }
    var items: [ApprovalItem] = []
    for (index, item) in try members.elements("items").enumerated() {
      items.append(try ApprovalItem(json: item, path: "items/\(index)"))
    }
    if items.isEmpty { throw members.fault("items", "a list with an item") }
    let repository = try members.object("repository")
    self.init(
      repository: Repository(origin: try repository.text("origin"), genesis: try repository.digest("genesis")),
      accepted: try text("accepted"), head: try text("head"),
      approver: try members.value("approver", "a name") { PrincipalName(validating: $0) },
      signed: try members.value("signed", "an instant") { Instant(rfc3339: $0) },
      expires: try members.value("expires", "an instant") { Instant(rfc3339: $0) },
      reason: members.all["reason"] == nil ? nil : try text("reason"),
      breakglass: members.all["breakglass"] == nil ? nil : try members.integer("breakglass"), items: items)
    guard signed < expires, expires <= signed + Self.longestValidity else {
      throw members.fault("expires", "at most \(Self.longestValidity.seconds / 86_400) days after it was signed")
    }
  }
}
