extension Slug.Explanation {
  static let yamlSyntax = Self(
    meaning: "The file is not YAML from the marked place on, so the rest of it was not read.",
    reason: "What cannot be read grants nothing, and guessing at it could grant something that nobody wrote.",
    mend: """
      Look at the marked line and the one above it: most often the indentation is off, a `:` lacks its space, or a \
      text that holds `: `, `#`, `{`, `[`, `&`, `*`, `!`, `@` or `` ` `` needs quotes.
      """,
    example: """
      reason: rota: week 48          # a second `: ` in plain text
      reason: "rota: week 48"        # instead
      """)

  static let anchor = Self(
    meaning: "A YAML anchor (`&name`) marks a value for use elsewhere.",
    reason: """
      Anchors and aliases let one line give access in many places, so a reviewer of the line cannot see what it does. \
      Sharing has a word in the policy: a role.
      """,
    mend: "Remove the anchor. Put what several people share into a role and name the role where it applies.",
    example: """
      roles: &team [member]          # an anchor
      roles: [member]                # instead
      """)

  static let alias = Self(
    meaning: "A YAML alias (`*name`) stands for a value written elsewhere. The entry was left out.",
    reason: "An alias hides what an entry gives; a change far away would change it without showing there.",
    mend: "Write the value out, or make a role of it and name the role.",
    example: """
      roles: *team                   # an alias
      roles: [member]                # instead
      """)

  static let mergeKey = Self(
    meaning: "The key `<<` merges another mapping into this one in some YAML readers. The entry was left out.",
    reason: "Whether and in which order a merge overrides differs between readers, so the file has no single meaning.",
    mend: "Write the entries out. For permissions, let one role include another: `includes: [member]`.",
    example: """
      <<: *defaults                  # a merge key
      includes: [member]             # instead, in a role
      """)

  static let tag = Self(
    meaning: "A YAML tag (`!name`) changes the type of a value.",
    reason: "Values are text, and the key decides what the text means; a tag could only contradict that.",
    mend: "Remove the tag. Where the text itself begins with `!`, put quotes around it.",
    example: """
      uid: !!int 20011               # a tag
      uid: 20011                     # instead
      """)

  static let duplicateKey = Self(
    meaning: "One mapping gives the same key twice. The first was read, the second left out.",
    reason: "Some readers take the first, some the last, so the same file would give different access.",
    mend: "Keep one of the two, or join what they hold under one key.",
    example: """
      allow: { conda-envs: read, conda-envs: write }       # which one?
      allow: { conda-envs: write }                         # instead
      """)

  static let complexKey = Self(
    meaning: "A key is itself a mapping or a list.",
    reason: "Every key of a policy is a name. It happens most often when a value with braces lacks its quotes.",
    mend: "Put quotes around a value that begins with a brace, or write a plain name as the key.",
    example: """
      tree: {{ root }}/outputs       # braces begin a mapping
      tree: "/srv/outputs/{account}" # instead
      """)

  static let severalDocuments = Self(
    meaning: "A line `---` begins a second YAML document in the same file. Only the first was read.",
    reason: "Most readers stop after the first, so whatever follows would be reviewed and yet have no effect.",
    mend: "Move the second document to a file of its own, or remove the line `---` where it is not the first.",
    example: """
      people: { li.na: { roles: [member] } }
      ---                            # a second document
      roles: { member: {} }
      """)

  static let fileTooLarge = Self(
    meaning: "The file has more than 4 MiB (4,194,304 bytes) and was not read.",
    reason: "The limit keeps one file from taking the memory and time of everybody who reads the repository.",
    mend: "Split the file. File names and folders mean nothing to the policy, so any cut between entries will do.",
    example: """
      policies/people.yaml           # 5 MiB
      policies/people/li.na.yaml     # instead, one file a person
      """)

  static let nestingTooDeep = Self(
    meaning: "Mappings and lists stand more than 64 deep within one another. The rest of the file was not read.",
    reason: "No policy needs more than a few; a file that has them is damaged or meant to exhaust its readers.",
    mend: "Look for brackets or dashes that are never closed, or for a generator that wraps its output.",
    example: """
      roles: [[[[[[[[member]]]]]]]]  # and so on, 65 times
      roles: [member]                # instead
      """)

  static let invalidUTF8 = Self(
    meaning: "The file holds a byte that is not UTF-8 text. Nothing in it was read.",
    reason: "Readers replace such bytes in different ways, so two of them would not see the same names.",
    mend: "Save the file as UTF-8. Chinese text in GBK or GB 18030 can be converted with iconv.",
    example: """
      iconv -f GB18030 -t UTF-8 old.yaml > new.yaml
      """)

  static let controlCharacter = Self(
    meaning: """
      The text holds a control character, a character that changes the direction of writing, or one that ends a line \
      without looking like it.
      """,
    reason: """
      Such characters make an editor or a review page show something else than what the program reads ("Trojan \
      Source"), or move the cursor of a terminal.
      """,
    mend: "Delete the character; the finding shows it as `\\u{…}`. Comments are looked at too.",
    example: """
      name: "li.na\\u202e"            # reverses what follows it
      name: li.na                    # instead
      """)
}
