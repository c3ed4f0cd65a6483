public import WritPolicy
internal import WritSyntax

/// What an edit of the policy may do to access, and no more.
public enum AccessMove: Sendable, Hashable {
  /// No edge is gained, lost, or moved in time.
  case none
  /// Edges of one principal to one resource are gained, and nothing is lost.
  case gains(PrincipalName, ResourceName)
  /// Edges of one principal to one resource are lost, and nothing is gained.
  case loses(PrincipalName, ResourceName)
  /// What one principal has ends earlier.
  case ends(PrincipalName)
}

/// One way to make the policy say what a host shows.
public struct AdoptionChoice: Sendable {
  public var edits: [PolicyEdit]
  /// What the policy says then, for people: `bob: role helper`.
  public var words: String
  public var move: AccessMove
  /// Why somebody should look twice; empty where nobody need.
  public var sensitive: String

  public init(_ edits: [PolicyEdit], _ words: String, _ move: AccessMove, sensitive: String = "") {
    self.edits = edits
    self.words = words
    self.move = move
    self.sensitive = sensitive
  }
}

/// One respect in which an object differs from the policy, and what could be written about it.
public struct AdoptionStep: Sendable {
  /// What the host shows, for people; made visible.
  public var found: String
  /// Of several exactly one must hold good. Empty: the policy has no place for it.
  public var choices: [AdoptionChoice]
  /// Why there is no choice, or what to say when none holds good; made visible.
  public var problem: String

  public init(_ found: String, choices: [AdoptionChoice] = [], problem: String = "") {
    self.found = found
    self.choices = choices
    self.problem = problem
  }
}

/// What somebody who adopts drift says of accesses that were gained by hand.
public struct AdoptionTerms: Sendable {
  /// As written, and valid as an end; nil: without one.
  public var until: String?
  public var reason: String?

  public init(until: String? = nil, reason: String? = nil) {
    self.until = until
    self.reason = reason
  }

  /// `, until: …, reason: …`, as it goes on in a mapping.
  public var yaml: String {
    (until.map { ", until: \($0)" } ?? "") + (reason.map { ", reason: \(quotedScalar($0))" } ?? "")
  }
}
