public import WritDigest
public import WritPolicy

/// A secret is about to be stored, was stored, or could not be; never its value.
public struct SecretUse: Sendable, Hashable {
  public enum Operation: String, Sendable, Hashable {
    case put, get, rotate, remove
  }

  public enum Stage: Sendable, Hashable {
    /// Recorded before the vault is touched.
    case begun
    /// `begun`: the entry that said so before; nil in ledgers of earlier versions.
    case done(begun: Int?)
    /// The vault has what it had.
    case failed(begun: Int, reason: String)
  }

  public var operation: Operation
  public var stage: Stage
  public var target: TargetName
  /// Folder and name in the vault.
  public var secret: String
  /// Digest of the encrypted file, where one was written.
  public var digest: Digest?

  public init(
    operation: Operation, stage: Stage = .done(begun: nil), target: TargetName, secret: String, digest: Digest? = nil
  ) {
    self.operation = operation
    self.stage = stage
    self.target = target
    self.secret = secret
    self.digest = digest
  }
}

extension SecretUse {
  var members: [String: JSONValue] {
    var members: [String: JSONValue] = [
      "operation": .string(operation.rawValue), "target": .string(target.description), "secret": .string(secret),
    ]
    members["digest"] = digest.map { .string($0.description) }
    switch stage {
    case .begun: members["stage"] = "begun"
    case .done(let begun):
      members["stage"] = begun.map { _ in "done" }
      members["begun"] = begun.map { .integer($0) }
    case .failed(let begun, let reason):
      members["stage"] = "failed"
      members["begun"] = .integer(begun)
      members["reason"] = .string(reason)
    }
    return members
  }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    let stage: Stage
    switch try members.optionalText("stage") {
    case nil: stage = .done(begun: nil)
    case "begun": stage = .begun
    case "done": stage = .done(begun: try members.integer("begun"))
    case "failed": stage = .failed(begun: try members.integer("begun"), reason: try members.text("reason"))
    default: throw members.fault("stage", "one of begun, done, failed")
    }
    self.init(
      operation: try members.value("operation", "one of put, get, rotate, remove") { Operation(rawValue: $0) },
      stage: stage, target: try members.target("target"), secret: try members.text("secret"),
      digest: try members.optionalValue("digest", "a digest") { Digest(prefixed: $0) })
  }
}
