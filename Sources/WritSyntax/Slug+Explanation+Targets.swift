/// What `plan` and `drift` find on a target that no change of writ's mends.
extension Slug.Explanation {
  static let openListener = Self(
    meaning: "A process of a person's account waits for connections from other machines.",
    reason: """
      The host's baseline keeps Jupyter to this machine, and whoever reaches such a server works as the account that \
      started it. Settings below somebody's home, or on the command line, beat those of the host.
      """,
    mend: "End the process, and start it on 127.0.0.1; reach it through `ssh -L`. writ ends no process.",
    example: """
      jupyter lab --ip 0.0.0.0        # everybody on the network
      jupyter lab                     # instead, and from elsewhere: ssh -L 8888:127.0.0.1:8888 gpu01
      """)

  static let auditSilenced = Self(
    meaning: "A rule of the host's own, `-a never,task`, keeps the kernel from auditing anything.",
    reason: """
      No watch writes a line while it is loaded, and a process that was born meanwhile is never audited, even after the \
      rule is gone. Some distributions ship it.
      """,
    mend: "Take the rule out of `/etc/audit/rules.d`, and start the machine again.",
    example: """
      -a never,task        # in /etc/audit/rules.d: nothing is ever written down
      """)

  static let auditLocked = Self(
    meaning: "The audit rules of the host are locked, and what the policy wants watched is not among them.",
    reason: "After `auditctl -e 2` the kernel takes no other rules until the machine starts again.",
    mend: "Start the machine again: the rules are in `/etc/audit/rules.d/60-writ.rules`.",
    example: """
      -e 2        # the last line of many rule sets
      """)

  static let backupOverdue = Self(
    meaning: "The newest whole snapshot of a tree is older than the policy says, or there is none.",
    reason: """
      The host's timer looks four times an hour whether a snapshot is due, and half a period more, an hour at least, is \
      let pass. So the timer does not run, or what it starts fails: a full disk, an unreadable file.
      """,
    mend: "Look at `systemctl status writ-backup-NAME.service` on the host, or run `writ-agent backup NAME` there.",
    example: """
      backup: { every: 1d, keep: 14, to: /srv/backup/envs }        # and the newest is of three days ago
      """)
}
