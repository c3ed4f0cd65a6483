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
}
