/// Findings about who may approve and who may sign.
extension Slug.Explanation {
  static let ruleNeverMatches = Self(
    meaning: "The keys of an approval rule's `match` contradict one another, so that nothing can match all of them.",
    reason: "The rule demands nothing, and whoever reads it believes that something is protected.",
    mend: "Take one of the keys out, or write a rule for each.",
    example: """
      match: { change: [signers], tags: high-risk }     # signers have no tags
      match: { change: [signers] }                      # and, as a rule of its own,
      match: { tags: high-risk }
      """)

  static let tooFewApprovers = Self(
    meaning: """
      An approval rule demands more approvals than there are people who may give them: an error when it is so at any time, a \
      warning when it is so now or soon.
      """,
    reason: """
      Approvals are counted by distinct people of the accepted policy. A service account approves nothing, and everybody has \
      one manager.
      """,
    mend: "Give more people one of the roles in `by`, or ask for fewer approvals.",
    example: """
      roles: { security-lead: { } }
      people: { li.na: { roles: [security-lead] } }
      approval-rules: [{ match: { tags: high-risk }, approvals: 2, by: [security-lead] }]   # only li.na
      """)

  static let missingManager = Self(
    meaning: "An approval rule asks for somebody's manager, and there is none, or the manager is not active.",
    reason: "Nothing that the rule is about can be approved for them. Of a service account the owner's manager counts.",
    mend: "Name a `manager`, or let a role approve beside the manager.",
    example: """
      people: { ann: { roles: [data-team] } }                                               # no manager
      approval-rules: [{ match: { role: data-team }, approvals: 1, by: [manager, security-lead] }]
      """)

  static let unreadableSigners = Self(
    meaning: "The file that `settings.signers` names is missing, or has a line that cannot be read.",
    reason: "A line that is skipped over would mean another set of people who may sign.",
    mend: "Write one line for each key, in the form of OpenSSH's allowed_signers, with exact names.",
    example: "li.na ssh-ed25519 AAAAC3Nza…")

  static let unknownSigner = Self(
    meaning: "A line of the signers' file names nobody whom the policy knows.",
    reason: "Who may sign the ledger and approve must be somebody: people are compared by their policy names.",
    mend: "Write the name as the policy has it, or take the line out with the person.",
    example: """
      lina@example.com ssh-ed25519 AAAAC3Nza…     # an address
      li.na ssh-ed25519 AAAAC3Nza…                # instead
      """)

  static let inactiveSigner = Self(
    meaning: "A line of the signers' file names somebody who has left, is suspended or has not begun.",
    reason: "The file alone decides who may sign the ledger, whatever the policy says of the person.",
    mend: "Take the line out.",
    example: "people: { li.na: { suspended: true } }     # and a line for li.na in the signers' file")

  static let keyThresholdTooHigh = Self(
    meaning: "`key-threshold` asks for more signers than the signers' file has.",
    reason: "No change of the signers could ever be signed by enough of them.",
    mend: "Add signers, or ask for fewer.",
    example: "settings: { signers: signers/allowed_signers, key-threshold: 3 }     # and two names in the file")
}
