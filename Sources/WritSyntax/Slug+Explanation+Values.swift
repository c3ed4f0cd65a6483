extension Slug.Explanation {
  static let conflictingKeys = Self(
    meaning: "Two keys stand together that cannot both be, or a key stands with something it does not belong to.",
    reason: "The entry would mean two things, or the key would do nothing.",
    mend: "Keep one of the keys, or make two entries.",
    example: """
      gpu-login: { hosts: [gpu], login: ssh, run-as: root }      # `run-as` goes with `command`
      gpu-login: { hosts: [gpu], login: ssh }                    # instead
      """)

  static let invalidTime = Self(
    meaning: "The text is no date or time, is not in the calendar, or ends before it begins.",
    reason: """
      An end must be one instant. A local time that the clock skips in spring, or shows twice in autumn, is none or two.
      """,
    mend: """
      Write `2026-12-31` (through the end of that day), `2026-12-31T18:00` (up to that time), or a time with its zone: \
      `2026-12-31T18:00+08:00`.
      """,
    example: """
      until: 2026-02-30              # no such day
      until: 2026-02-28              # instead
      """)

  static let unknownTimezone = Self(
    meaning: "`settings.timezone` names no time zone that this machine knows.",
    reason: "Dates are read in that zone; in another one an access would end hours too early or too late.",
    mend: "Write an IANA name, as `timedatectl list-timezones` lists them.",
    example: """
      timezone: Beijing              # no such zone
      timezone: Asia/Shanghai        # instead
      """)

  static let invalidNetwork = Self(
    meaning: "The text is no range of IP addresses, or has bits set beyond its prefix.",
    reason: "sshd ignores a key whose `from=` it cannot read, or takes it for a host name.",
    mend: "Write an address and the length of its prefix.",
    example: """
      from: [10.1.2.3/16]            # bits beyond the prefix
      from: [10.1.0.0/16]            # instead
      """)

  static let invalidSSHKey = Self(
    meaning: "The text is no OpenSSH public key, is damaged, or has options before it.",
    reason: """
      sshd passes over a key line that it cannot read, so its owner could not log in, and options such as `command=` \
      would change what the policy says.
      """,
    mend: "Copy the whole line of the `.pub` file: the type, the base64 text, and if you like the comment.",
    example: """
      ssh-keys: ["restrict ssh-ed25519 AAAA…"]      # options
      ssh-keys: ["ssh-ed25519 AAAA… li.na"]         # instead
      """)
}
