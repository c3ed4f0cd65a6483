extension Slug.Explanation {
  static let unknownKey = Self(
    meaning: "The key has no meaning where it stands.",
    reason: "A mistyped key would otherwise be passed over in silence, and with it the end or the rule it should set.",
    mend: "Use the key that the finding suggests, or one of those that the documentation lists for this section.",
    example: """
      li.na: { role: [member] }      # people have `roles`
      li.na: { roles: [member] }     # instead
      """)

  static let missingKey = Self(
    meaning: "The entry lacks a key that it must have. The finding stands at the name of the entry.",
    reason: "Without it the entry has no single meaning, and the policy never fills in what bears on access.",
    mend: "Add the key.",
    example: """
      - { to: li.na, allow: { outputs: read } }                      # a grant without an end
      - { to: li.na, allow: { outputs: read }, until: 2026-12-31 }   # instead
      """)

  static let wrongType = Self(
    meaning: "A text, a list or a mapping stands where another of the three is expected.",
    reason: "What was meant could only be guessed at.",
    mend: "Write the form that the finding names: a list is `[a, b]`, a mapping `{ key: value }`.",
    example: """
      roles: { member }              # a mapping
      roles: [member]                # instead
      """)

  static let invalidName = Self(
    meaning: "The name holds a character that names cannot have, or is empty or too long.",
    reason: """
      Names become account names, group names, folders and file names. `[a-z0-9][a-z0-9._-]{0,62}` is safe in all of \
      them, and no two such names look alike.
      """,
    mend: "Use lower-case letters, digits, `.`, `_` and `-`; begin with a letter or digit; 63 characters at most.",
    example: """
      GPU Login: { hosts: [gpu], login: ssh }      # capitals and a space
      gpu-login: { hosts: [gpu], login: ssh }      # instead
      """)

  static let invalidValue = Self(
    meaning: "The text is not one of the values that its key can have.",
    reason: "Values are never guessed at: what is close to a known word is suggested, and not taken for it.",
    mend: "Write a value of the form that the finding names.",
    example: """
      user-type: employe             # no such type
      user-type: employee            # instead
      """)
}
