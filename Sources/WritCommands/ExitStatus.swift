/// Exit statuses (design §10). A script may rely on each.
enum ExitStatus: Int32 {
  case done = 0
  /// It failed and nothing can be concluded.
  case failed = 1
  /// There is a difference, and the caller asked to be told by status.
  case differs = 2
  /// The policy is invalid, a policy test failed, or an unknown name was given.
  case invalidPolicy = 3
  /// `can`: no.
  case no = 4
  /// A saved plan is stale, or an older commit was asked for.
  case stale = 5
  /// A signature or approval is missing, one's own, expired or invalid.
  case notApproved = 6
  case guardTripped = 7
  /// Applied in part.
  case partial = 8
  /// The ledger or a signature does not verify.
  case unverified = 9
  case usage = 64
  case bug = 70
}

/// Why a command ends without doing what it was asked for.
struct CommandFailure: Error {
  var status: ExitStatus
  var message: String
  /// What to do about it; may be empty.
  var hint: String

  init(_ status: ExitStatus, _ message: String, hint: String = "") {
    self.status = status
    self.message = message
    self.hint = hint
  }

  /// Message and hint in one line, where there is no room for two.
  var advice: String { hint.isEmpty ? message : "\(message); \(hint)" }

  /// A failure from which nothing can be concluded.
  init(_ message: String, hint: String = "") { self.init(.failed, message, hint: hint) }
}
