public import WritSyntax

/// What is wrong or odd about a policy's meaning, in file and line order.
///
/// What is wrong at every instant is an error; what only the clock brings is a warning, so that a repository that was valid
/// yesterday stays valid (design §2, "Findings"). `policy` has no error findings of its own, and `access` is
/// ``effectiveAccess(of:)`` of it.
public func semanticFindings(of policy: Policy, access: Access, at now: Instant) -> [Finding] {
  var check = SemanticCheck(policy, access, now)
  check.expiryRules()
  check.separationRules()
  check.approvalRules()
  check.sharedGroups()
  check.denials()
  check.unreachable()
  check.emptyRoles()
  check.endedEntries()
  check.owners()
  check.lastReaders()
  check.lastAdministrators()
  check.tests()
  return check.findings.inOrder()
}

/// The state of one run; each kind of check is an extension in a file of its own.
struct SemanticCheck {
  /// How long before an end the clock's warnings begin where no expiry rule's `warn-before` says otherwise.
  static let defaultWarning = Duration(seconds: 14 * 86_400)

  let policy: Policy
  let access: Access
  let now: Instant
  var matching: PolicyMatching
  var evaluation: Evaluation
  let extras: Evaluation.Extras
  var findings: [Finding] = []

  init(_ policy: Policy, _ access: Access, _ now: Instant) {
    self.policy = policy
    self.access = access
    self.now = now
    evaluation = Evaluation(policy)
    extras = evaluation.extras()
    matching = PolicyMatching(evaluation, extras, access)
  }

  mutating func report(
    _ slug: Slug, _ severity: Severity, _ message: String, at span: SourceSpan, label: String = "",
    related: [Finding.Related] = [], help: String = ""
  ) {
    findings.append(Finding(slug, severity, message, at: span, label: label, related: related, help: help))
  }

  /// `now` and `window` later.
  func end(of window: Duration) -> Instant {
    let (sum, overflow) = now.seconds.addingReportingOverflow(window.seconds)
    return overflow ? .distantFuture : Instant(seconds: sum)
  }

  /// "`a`", "`a` and `b`", "`a`, `b` and `c`".
  static func list(_ names: [String]) -> String {
    let quoted = names.map { "`\($0)`" }
    guard let last = quoted.last else { return "nobody" }
    return quoted.count == 1 ? last : quoted.dropLast().joined(separator: ", ") + " and " + last
  }
}
