public import WritDigest
public import WritPolicy
public import WritSSHSignature

/// Whose signatures count from one place of the ledger on, and how many people it takes to change that.
public struct LedgerKeys: Sendable, Hashable {
  /// 1 with the genesis entry, one more with each change; a signature over one change is none over a later one that
  /// says the same.
  public var version: Int
  public var signers: AllowedSigners
  /// The file, as it was written.
  public var file: String
  /// `settings.key-threshold`: signers who have to sign a change; from 1.
  public var threshold: Int

  /// SSHSIG namespace of signatures over a ``KeyStatement``.
  public static let namespace = "writ-key-change-v1"

  /// - Throws: ``KeyChangeFault``.
  public init(version: Int, file: String, threshold: Int) throws(KeyChangeFault) {
    self.version = version
    self.file = file
    self.threshold = threshold
    do { signers = try AllowedSigners(reading: Array(file.utf8)) } catch {
      throw KeyChangeFault("line \(error.line) of the signers: \(error.reason)")
    }
    guard threshold >= 1 else { throw KeyChangeFault("a threshold of \(threshold)") }
    // Otherwise nobody could ever change the signers again.
    guard keyChangers.count >= threshold else {
      throw KeyChangeFault("\(keyChangers.count) of the signers may sign a change of keys, and it takes \(threshold)")
    }
  }

  /// People who may sign a change, each once however many keys and names they have.
  public var keyChangers: [PrincipalName] {
    var names: Set<String> = []
    var people: [PrincipalName] = []
    for entry in signers.entries where entry.namespaces?.contains(Self.namespace) ?? true {
      if names.isDisjoint(with: entry.principals), let name = PrincipalName(validating: entry.principals[0]) {
        people.append(name)
      }
      names.formUnion(entry.principals)
    }
    return people.sorted()
  }

  /// Whether both mean the same: comments, blanks and the order of lines do not count.
  public func means(the file: AllowedSigners, _ threshold: Int) -> Bool {
    self.threshold == threshold && Set(signers.entries) == Set(file.entries)
  }
}

/// What the signers of a key change sign, so that it fits one ledger and one place in it.
public struct KeyStatement: Sendable, Hashable {
  public static let format = "writ-key-change-v1"

  public var origin: String
  /// SHA-256 of the genesis entry: two ledgers may have one origin, one after the other.
  public var genesis: Digest
  /// That of the ``LedgerKeys`` it makes.
  public var version: Int
  /// The new `allowed_signers` file, whole.
  public var signers: String
  public var threshold: Int

  public init(origin: String, genesis: Digest, version: Int, signers: String, threshold: Int) {
    self.origin = origin
    self.genesis = genesis
    self.version = version
    self.signers = signers
    self.threshold = threshold
  }

  /// Canonical JSON with its line feed: exactly what is signed. The entry has the same text without it.
  public var bytes: [UInt8] { json.canonicalLine }

  var json: JSONValue {
    .object([
      "format": .string(Self.format), "origin": .string(origin), "genesis": .string(genesis.description),
      "version": .integer(version), "signers": .string(signers), "threshold": .integer(threshold),
    ])
  }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    guard try members.text("format") == Self.format else { throw members.fault("format", Self.format) }
    self.init(
      origin: try members.text("origin"), genesis: try members.digest("genesis"),
      version: try members.integer("version"), signers: try members.text("signers"),
      threshold: try members.integer("threshold"))
    // What is signed is this value's encoding: a member that it leaves out would be in the entry unsigned.
    guard members.all.count == 6 else { throw members.fault("", "six members") }
  }
}

/// Other signers, or another threshold, from the next entry on.
public struct KeyChange: Sendable, Hashable {
  public struct Signature: Sendable, Hashable {
    public var actor: PrincipalName
    /// SSHSIG over ``KeyStatement/bytes`` in the namespace ``LedgerKeys/namespace``, as ssh-keygen wrote it.
    public var armour: String

    public init(actor: PrincipalName, armour: String) {
      self.actor = actor
      self.armour = armour
    }
  }

  /// The policy commit whose signers these are.
  public var commit: String
  public var statement: KeyStatement
  public var signatures: [Signature]

  public init(commit: String, statement: KeyStatement, signatures: [Signature]) {
    self.commit = commit
    self.statement = statement
    self.signatures = signatures
  }

  var members: [String: JSONValue] {
    [
      "commit": .string(commit), "statement": statement.json,
      "signatures": .array(
        signatures.map { .object(["actor": .string($0.actor.text), "signature": .string($0.armour)]) }),
    ]
  }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    commit = try members.text("commit")
    statement = try KeyStatement(members.object("statement"))
    signatures = []
    for signature in try members.objects("signatures") {
      signatures.append(
        Signature(
          actor: try signature.value("actor", "the name of a principal") { PrincipalName(validating: $0) },
          armour: try signature.text("signature")))
    }
  }
}

/// Why a change of keys does not count.
public struct KeyChangeFault: Error, Sendable, Hashable, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}
