/// Findings about what a policy means once it is evaluated.
extension Slug.Explanation {
  static let entryTooLong = Self(
    meaning: "An assignment or a grant lasts longer than an expiry rule allows for something it gives.",
    reason: """
      Expiry rules bind every entry that gives a matching permission, through included roles too; of several rules the \
      shortest binds. The time runs from the later beginning to the earlier end of the entry and its principal.
      """,
    mend: "End the entry earlier, and assign it again when it is still needed then.",
    example: """
      expiry-rules: [{ match: { tags: high-risk }, max-duration: 30d }]
      roles: [{ role: security-lead, from: 2026-10-01, until: 2026-12-31 }]   # 92 days
      """)

  static let unboundedEntry = Self(
    meaning: "An entry that an expiry rule binds does not say when it begins or when it ends.",
    reason: "How long it lasts can only be judged when both are written, on the entry or on its principal.",
    mend: "Write `from` and `until` in the entry, or on the person or service account.",
    example: """
      roles: [security-lead]                                                  # for ever
      roles: [{ role: security-lead, from: 2026-10-01, until: 2026-10-30 }]   # write
      """)

  static let missingReason = Self(
    meaning: "An entry gives something for which an expiry rule demands a reason, and has none.",
    reason: "Whoever reviews the access later needs to know what it was for.",
    mend: "Write `reason:` in the entry.",
    example: "roles: [{ role: security-lead, from: 2026-10-01, until: 2026-10-30, reason: audit (SEC-12) }]")

  static let separationBroken = Self(
    meaning: "One hand holds more of some roles than a separation rule allows, at some instant.",
    reason: """
      The rule keeps duties apart. A hand is a person with the service accounts it owns, and included and granted roles \
      count like assigned ones.
      """,
    mend: "Give one of the roles to somebody else, or let one end before the other begins.",
    example: """
      separation-rules: [{ roles: [system-administrator, audit-administrator], at-most: 1 }]
      people: { li.na: { roles: [system-administrator, audit-administrator] } }
      """)

  static let sharedGroup = Self(
    meaning: "Two trees name one Unix group, and its members could reach a tree whose permissions do not name them.",
    reason: """
      A tree's group has exactly the tree's readers as members, and its writers' group the writers. The kernel only knows \
      the group, so what lets somebody into one tree lets them into the other.
      """,
    mend: "Give one of the trees a group of its own, or allow both trees to the same people.",
    example: """
      resources:
        a: { hosts: [gpu], tree: /srv/a, group: lab }
        b: { hosts: [gpu], tree: /srv/b, group: lab }   # readers of a could read b
      """)

  static let allowedAndDenied = Self(
    meaning: "One line allows a permission and another denies it, and somebody has both.",
    reason: "Deny always wins, so the line that allows it has no effect for them. Often that is meant.",
    mend: "Nothing, when it is meant; else take one of the two lines, or one of the two roles, away.",
    example: """
      roles:
        member: { allow: { base-weights: read } }
        guest: { includes: [member], deny: { base-weights: read } }
      """)

  static let entryDenied = Self(
    meaning: "Everything that an assignment or a grant gives is denied to its principal.",
    reason: "The entry looks like an access and is none.",
    mend: "Take the entry out, or the role that denies.",
    example: """
      people: { ann: { roles: [guest] } }     # guest denies base-weights: read
      grants: [{ to: ann, allow: { base-weights: read }, until: 2026-12-31 }]
      """)

  static let unreachableResource = Self(
    meaning: "No one has any access to a resource or sharing group, now or later.",
    reason: "It may be left over, or a role that should allow it does not.",
    mend: "Allow it in a role that somebody holds, or take it out.",
    example: """
      resources: { old-data: { hosts: [gpu], tree: /srv/old } }     # in no role and no grant
      """)

  static let emptyRole = Self(
    meaning: "A role, with all it includes, allows nothing and denies nothing.",
    reason: "Whoever holds it has nothing by it.",
    mend: "Write `allow:` or `includes:`, or take the role out.",
    example: "roles: { visitor: { description: Guests of the lab. } }")

  static let emptyList = Self(
    meaning: "A list or a section is written and holds nothing.",
    reason: "It gives what leaving it out gives, and looks like a list that lost its entries.",
    mend: "Leave the key out where nothing is meant to be said; else bring the entries back.",
    example: "people: { ann: { roles: [] } }")

  static let testMatchesNobody = Self(
    meaning: "The `who` of a policy test matches nobody, now or later.",
    reason: "A claim about nobody always holds, so the test proves nothing.",
    mend: "Correct the match, or take the test out.",
    example:
      "tests: [{ name: interns cannot push, who: { role: intern }, cannot: { main-branch: push } }]   # no intern")

  static let entryOver = Self(
    meaning: "An assignment or a grant has ended.",
    reason: "It gives nothing any more, and readers of the policy may take it for an access.",
    mend: "Take it out; history, blame and the ledger keep it.",
    example: "grants: [{ to: ann, allow: { base-weights: read }, until: 2020-01-01 }]")

  static let entryEndsSoon = Self(
    meaning: "An entry ends within the `warn-before` of an expiry rule that binds it.",
    reason: "A pipeline that loses its access at night is found in the morning.",
    mend: "Renew it if it is still needed; else nothing.",
    example: "expiry-rules: [{ match: { kind: service-account }, max-duration: 90d, warn-before: 14d }]")

  static let ownerInactive = Self(
    meaning: "The owner of a service account has left, is suspended or has not begun.",
    reason: "A service account is active only while its owner is, so that somebody always answers for it.",
    mend: "Name another owner.",
    example: """
      people: { li.na: { suspended: true } }
      service-accounts: { ci-runner: { owner: li.na } }
      """)

  static let outlivesOwner = Self(
    meaning: "A service account ends later than its owner, or not at all.",
    reason: "It loses all access when its owner leaves, whatever its own end says.",
    mend: "Name another owner in time, or end the service account with its owner.",
    example: """
      people: { li.na: { until: 2026-12-31 } }
      service-accounts: { ci-runner: { owner: li.na, until: 2027-06-30 } }
      """)

  static let lastReader = Self(
    meaning: "A resource is about to lose the last of those who have any access to it.",
    reason: "What nobody can read cannot be handed over either.",
    mend: "Extend an access, or give somebody a new one.",
    example: "grants: [{ to: ann, allow: { keys: read }, until: 2026-11-30 }]     # and nobody else reads keys")

  static let lastAdministrator = Self(
    meaning: "There are, or soon will be, fewer administrators than the guards ask for.",
    reason: "Somebody must be left who can let the others in.",
    mend: "Give an administrator role to somebody else in time.",
    example: "guards: { min-administrators: 2, administrator-roles: [system-administrator] }")
}
