internal import WritDigest
public import WritHistory

/// What an intent let in that some approval rule is about, and by whose approval.
public struct IntentApproval: Sendable, Hashable {
  /// The items that approvals were demanded of; sorted. Whatever was signed before speaks for none of them again.
  public var letIn: [ApprovalItem]
  /// The approvals that counted, to the byte, so that they can be verified without the branch they came by.
  public var copies: [ApprovalCopy]
  /// The entry that says why it went in without.
  public var breakglass: Int?

  public init(letIn: [ApprovalItem] = [], copies: [ApprovalCopy] = [], breakglass: Int? = nil) {
    self.letIn = letIn
    self.copies = copies
    self.breakglass = breakglass
  }

  var members: [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    if !letIn.isEmpty { members["let_in"] = .array(letIn.map(\.json)) }
    if !copies.isEmpty { members["approvals"] = .array(copies.map(\.json)) }
    members["breakglass"] = breakglass.map { .integer($0) }
    return members
  }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    self.init(
      letIn: try members.items("let_in"), copies: try members.copies("approvals"),
      breakglass: members.all["breakglass"] == nil ? nil : try members.integer("breakglass"))
  }
}

/// Somebody applies a commit without the approvals that it needs, and says why. Recorded before the intent.
public struct Breakglass: Sendable, Hashable {
  /// Of the one intent that may go in by this.
  public var attempt: String
  public var commit: String
  /// The commit accepted before: its rules say who may sign this off.
  public var accepted: String
  public var reason: String
  /// What was not approved, or not by enough people; sorted.
  public var items: [ApprovalItem]

  public init(attempt: String, commit: String, accepted: String, reason: String, items: [ApprovalItem]) {
    self.attempt = attempt
    self.commit = commit
    self.accepted = accepted
    self.reason = reason
    self.items = items
  }

  var members: [String: JSONValue] {
    [
      "attempt": .string(attempt), "commit": .string(commit), "accepted": .string(accepted),
      "reason": .string(reason), "items": .array(items.map(\.json)),
    ]
  }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    self.init(
      attempt: try members.value("attempt", "32 hexadecimal digits") { Intent.isAttempt($0) ? $0 : nil },
      commit: try members.text("commit"), accepted: try members.text("accepted"), reason: try members.text("reason"),
      items: try members.items("items"))
  }
}

/// Approvals signed off, afterwards, what a breakglass entry let in.
public struct ApprovalUse: Sendable, Hashable {
  /// The breakglass entry.
  public var about: Int
  public var copies: [ApprovalCopy]

  public init(about: Int, copies: [ApprovalCopy]) {
    self.about = about
    self.copies = copies
  }

  var members: [String: JSONValue] { ["about": .integer(about), "approvals": .array(copies.map(\.json))] }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    self.init(about: try members.integer("about"), copies: try members.copies("approvals"))
  }
}

extension JSONMembers {
  fileprivate func items(_ name: String) throws(JSONShapeFault) -> [ApprovalItem] {
    var items: [ApprovalItem] = []
    for (index, item) in try elements(name).enumerated() {
      items.append(try ApprovalItem(json: item, path: "\(name)/\(index)"))
    }
    return items
  }

  fileprivate func copies(_ name: String) throws(JSONShapeFault) -> [ApprovalCopy] {
    var copies: [ApprovalCopy] = []
    for copy in try objects(name) { copies.append(try ApprovalCopy(copy)) }
    return copies
  }
}
