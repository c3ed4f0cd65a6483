extension Slug.Explanation {
  static let unknownRole = Self(
    meaning: "A role is used that no file defines.",
    reason: "A role that does not exist gives nothing, though its holder was meant to have something.",
    mend: "Use the name that the finding suggests, or define the role under `roles`.",
    example: """
      roles: [memebr]                # no such role
      roles: [member]                # instead
      """)

  static let duplicateName = Self(
    meaning: "The name is defined twice, in one file or in two.",
    reason: """
      A name means one thing in the whole policy. People and service accounts share their names, so do resources and \
      sharing groups, and so do hosts and labels.
      """,
    mend: "Rename one of the two, or join their entries. A name given away before can be kept under `previously`.",
    example: """
      people/li.na.yaml:   people: { li.na: … }
      people/team.yaml:    people: { li.na: … }      # the same name again
      """)

  static let unknownPrincipal = Self(
    meaning: "Nobody of that name is defined, neither a person nor a service account.",
    reason: "What is meant for somebody would reach nobody, and a claim about nobody would always hold.",
    mend: "Use the name that the finding suggests, or define it under `people` or `service-accounts`.",
    example: """
      manager: lina                  # nobody
      manager: li.na                 # instead
      """)

  static let unknownResource = Self(
    meaning: "No resource or sharing group of that name is defined.",
    reason: "The permission would give nothing, and a `deny` of it would forbid nothing.",
    mend: "Use the name that the finding suggests, or define it under `resources` or `sharing-groups`.",
    example: """
      deny: { base-weigths: read }      # forbids nothing
      deny: { base-weights: read }      # instead
      """)

  static let unknownHost = Self(
    meaning: "No host has that name or that label.",
    reason: "The resource would be enforced nowhere.",
    mend: "Use the name that the finding suggests, or define the host, or give hosts the label.",
    example: """
      hosts: [gqu]                   # neither host nor label
      hosts: [gpu]                   # instead
      """)

  static let unknownVault = Self(
    meaning: "`settings.vaults` has no vault of that name.",
    reason: "The sharing group would be kept nowhere.",
    mend: "Use the name that the finding suggests, or define the vault in the settings.",
    example: """
      vault: taem                    # no such vault
      vault: team                    # instead
      """)

  static let unknownOperation = Self(
    meaning: "The resource has no such operation.",
    reason: """
      Which operations there are follows from the kind: trees have read and write, commands run, logins ssh, system groups \
      member, sharing groups use, read, write and manage, and `external` resources those they declare.
      """,
    mend: "Use one of the operations that the finding lists, or `all`.",
    example: """
      allow: { training: execute }      # commands have `run`
      allow: { training: run }          # instead
      """)

  static let unknownTag = Self(
    meaning: "A rule is about a tag that no resource and no sharing group has.",
    reason: "The rule binds nothing, so access that it should limit is not limited.",
    mend: "Use the tag that the finding suggests, or give it to the resources that are meant.",
    example: """
      match: { tags: high-rsk }      # binds nothing
      match: { tags: high-risk }     # instead
      """)

  static let unknownChange = Self(
    meaning: "`change` in an approval rule has a word that is no kind of sensitive change.",
    reason: "The rule would demand nothing for the change that is meant.",
    mend: "Use one of the words that the finding lists: a kind, such as `signers`, or a group, such as `rules`.",
    example: """
      match: { change: [rule, signers] }      # no such word
      match: { change: [rules, signers] }     # instead
      """)

  static let previousNameInUse = Self(
    meaning: "`previously` names an entry that is still there, or that another entry claims to have been.",
    reason: "A rename keeps what was given to the old name. If the old name is still in use, it would be given twice.",
    mend: "Take the old entry out in the commit that brings the new name, or take the name out of `previously`.",
    example: """
      people:
        wang.f: { … }
        wang.fang: { previously: [wang.f] }      # `wang.f` is still there
      """)

  static let includeCycle = Self(
    meaning: "A role includes itself, directly or through others.",
    reason: "Roles in a circle all give the same, which nobody who writes several roles means.",
    mend: "Take out one of the includes that the finding shows.",
    example: """
      roles:
        a: { includes: [b] }
        b: { includes: [a] }         # back to `a`
      """)
}
