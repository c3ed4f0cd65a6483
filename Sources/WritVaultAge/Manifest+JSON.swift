internal import WritApply
internal import WritDigest
internal import WritPolicy
internal import WritSSHSignature

extension Manifest {
  var bytes: [UInt8] { json.canonicalLine }

  private var json: JSONValue {
    .members([
      "format": .string(Self.format), "vault": .string(vault), "version": .integer(version),
      "folders": .object(folders.mapValues(\.json)),
      "head": head.map {
        ["origin": .string($0.origin), "size": .integer($0.size), "root": .string($0.root.description)]
      },
    ])
  }

  /// Nil when the bytes are no manifest, or not in the one canonical spelling.
  init?(_ bytes: [UInt8]) {
    do {
      let members = try JSONMembers(JSONValue(canonicalLine: bytes))
      guard try members.text("format") == Self.format else { return nil }
      vault = try members.text("vault")
      version = try members.integer("version")
      for (name, folder) in try members.mapping("folders") {
        _ = try FolderPath(name)
        folders[name] = try Folder(folder)
      }
      if let head = try members.optionalObject("head") {
        self.head = LedgerHead(
          origin: try head.text("origin"), size: try head.integer("size"), root: try head.digest("root"))
      }
    } catch { return nil }
    // What is not understood is not passed over.
    guard self.bytes == bytes else { return nil }
  }
}

extension Manifest.Folder {
  fileprivate var json: JSONValue {
    .members([
      "recipients": Self.json(recipients), "pending": pending.map(Self.json), "retired": retired ? true : nil,
      "secrets": .object(secrets.mapValues(\.json)),
    ])
  }

  fileprivate init(_ members: JSONMembers) throws {
    recipients = try Self.recipients(members, "recipients")
    pending = members.all["pending"] == nil ? nil : try Self.recipients(members, "pending")
    retired = try members.flag("retired")
    for (name, secret) in try members.mapping("secrets") {
      try FolderPath.check(secret: name)
      secrets[name] = try Manifest.Entry(secret)
    }
  }

  private static func json(_ recipients: [Recipient]) -> JSONValue {
    .object(
      Dictionary(grouping: recipients.sorted(), by: \.principal).mapValues {
        .array($0.map { .string($0.key.description) })
      })
  }

  private static func recipients(_ members: JSONMembers, _ name: String) throws -> [Recipient] {
    let keys = try members.object(name)
    return try Recipient.all(
      keys.all.keys.flatMap { principal in try keys.texts(principal).map { "\(principal) \($0)" } })
  }
}

extension Manifest.Entry {
  fileprivate var json: JSONValue {
    .members([
      "sha256": sha256.map { .string($0.hex) }, "pending": pending.map { .string($0.hex) },
      "kind": kind.map(JSONValue.string), "put": .string(put.rfc3339), "by": .string(by),
      "rotation-due": due.isEmpty ? nil : .array(due.map(\.json)),
    ])
  }

  fileprivate init(_ members: JSONMembers) throws {
    sha256 = try members.optionalValue("sha256", "a digest", Digest.init(hex:))
    pending = try members.optionalValue("pending", "a digest", Digest.init(hex:))
    kind = try members.optionalText("kind")
    put = try members.value("put", "an instant") { Instant(rfc3339: $0) }
    by = try members.text("by")
    due = try members.objects("rotation-due").map { try Manifest.Due($0) }
  }
}

extension Manifest.Due {
  fileprivate var json: JSONValue {
    .members([
      "principal": principal.map(JSONValue.string), "since": .string(since.rfc3339), "reason": .string(reason),
    ])
  }

  fileprivate init(_ members: JSONMembers) throws {
    principal = try members.optionalText("principal")
    since = try members.value("since", "an instant") { Instant(rfc3339: $0) }
    reason = try members.text("reason")
  }
}
