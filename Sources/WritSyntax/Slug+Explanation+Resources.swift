extension Slug.Explanation {
  static let unsafePath = Self(
    meaning: "The path is not absolute and in normal form, or belongs to the system.",
    reason: "Owners and modes are set below it by root: at `/` or `/etc` that would break the host.",
    mend: "Write an absolute path without `.`, `..`, `//` and a final slash, below a folder such as `/srv` or `/opt`.",
    example: """
      tree: /srv/../etc              # leads out of /srv
      tree: /srv/outputs             # instead
      """)

  static let duplicatePath = Self(
    meaning: "Two trees are one folder on one host.",
    reason:
      "A folder has one owner, one group and one mode; two rules for it would be put right against each other for ever.",
    mend: "Make one resource of the two, or give them different hosts.",
    example: """
      a: { hosts: [gpu], tree: /srv/data }
      b: { hosts: [gpu], tree: /srv/data }      # the same folder
      """)

  static let invalidMode = Self(
    meaning: "The mode is not octal, or gives more than the permissions say.",
    reason: """
      Modes follow from who may read and write. A written one may only narrow: nothing for others, no write permission \
      for the group, neither setuid nor the sticky bit.
      """,
    mend: "Write at most \"2750\" for directories and \"0640\" for files, or leave `mode` out.",
    example: """
      mode: { directories: "2755" }      # everybody could look in
      mode: { directories: "2750" }      # instead
      """)

  static let invalidGroup = Self(
    meaning: "Linux takes no group of that name, or the group is the system's own.",
    reason: "The group's members are set to exactly those who may use the tree. The default name is the resource's.",
    mend: "Write a `group` (or `writers`) of lower-case letters, digits, `_` and `-`, 32 at most.",
    example: """
      corpus.2026: { hosts: [gpu], tree: /srv/corpus }                            # a dot in the group's name
      corpus.2026: { hosts: [gpu], tree: /srv/corpus, group: corpus-2026 }        # instead
      """)

  static let groupConflict = Self(
    meaning: "One Unix group is given two meanings.",
    reason:
      "A tree's groups have exactly its readers or its writers as members; anybody else in them would get the tree.",
    mend: "Use another group for one of the two.",
    example: """
      models: { hosts: [gpu], tree: /srv/models, group: lab, writers: lab }           # all readers would write
      models: { hosts: [gpu], tree: /srv/models, group: lab, writers: lab-w }         # instead
      """)

  static let needsPrivileged = Self(
    meaning: "The command or group amounts to much more than it seems, often to root, and does not say so.",
    reason: """
      From a shell, an editor, a pager or an interpreter anything else can be started; members of `docker` or `disk` \
      can become root. `privileged: true` shows reviewers that this is meant.
      """,
    mend: "Allow a small program that does just what is needed, or write `privileged: true`.",
    example: """
      logs: { hosts: [gpu], command: /usr/bin/less }                             # `!sh` is a root shell
      logs: { hosts: [gpu], command: /usr/local/bin/show-training-log }          # instead
      """)

  static let egressWithoutEffect = Self(
    meaning: "The internal networks take in every IPv4 or every IPv6 address, and there is an `egress` resource.",
    reason: """
      Whoever has no `connect` may still reach internal networks. Where these are everything, the resource promises \
      a restriction that is none.
      """,
    mend: "Name the organisation's own networks, or take the `egress` resource out.",
    example: """
      internal-networks: [0.0.0.0/0]                 # the whole internet
      internal-networks: [10.0.0.0/8, fd00::/8]      # instead
      """)

  static let notPersonal = Self(
    meaning: "A permission names one person's folder, and the resource has no such folders.",
    reason: "Only a tree with `{account}` in its path has a folder for each person; `others` means all but one's own.",
    mend: "Name the resource alone, or write `{account}` into the tree's path.",
    example: """
      allow: { models/li.na: read }       # `models` is one tree for all
      allow: { models: read }             # instead
      """)

  static let wrongResourceKind = Self(
    meaning: "A resource of another kind is needed here.",
    reason: "A pipeline's key is forced to one command, so `run` must name a resource with `command`.",
    mend: "Name a command resource.",
    example: """
      credential: { kind: ssh-key, key: "…", run: gpu-login }      # a login
      credential: { kind: ssh-key, key: "…", run: training }       # instead
      """)

  static let vaultCannot = Self(
    meaning: "The vault that keeps this sharing group cannot give or demand that.",
    reason: """
      An age file is open to whoever can decrypt it: there is no using without reading, no approval and no second factor \
      for each view. A policy must not promise what nothing enforces.
      """,
    mend: "Take the rule out, or write `read` for `use`.",
    example: """
      allow: { lora-scripts-basic: use }       # in a vault of kind `age`
      allow: { lora-scripts-basic: read }      # instead
      """)

  static let overlappingFolders = Self(
    meaning: "Two sharing groups have one folder, or one lies inside the other.",
    reason: "A secret would have two sets of readers, and each change would encrypt it for the wrong one.",
    mend: "Give each sharing group a folder of its own beside the other.",
    example: """
      basic:      { vault: team, folder: lora }
      restricted: { vault: team, folder: lora/restricted }      # inside the other
      """)

  static let sharedConnection = Self(
    meaning: "Two hosts are the same folder, or the same address.",
    reason: "Each would undo what the other set.",
    mend: "Give each host a folder or a machine of its own, or take one of them out.",
    example: """
      image-a: { connect: "root:sandbox" }
      image-b: { connect: "root:sandbox" }      # the same folder
      """)

  static let backupPlace = Self(
    meaning: "Snapshots of a tree would lie in a tree, a tree in them, or those of two trees together.",
    reason: """
      The folder of snapshots is root's alone, so that nobody reads there what was taken from them since. In a tree it would \
      be copied into itself, and whoever may write to the tree could change what is to be restored.
      """,
    mend: "Give each tree a folder of its own beside all trees.",
    example: """
      envs: { hosts: [gpu], tree: /opt/envs, backup: { every: 1d, keep: 14, to: /opt/envs/old } }          # in itself
      envs: { hosts: [gpu], tree: /opt/envs, backup: { every: 1d, keep: 14, to: /srv/backup/envs } }       # instead
      """)

  static let baselineConflict = Self(
    meaning: "Two host baselines say different things about one host.",
    reason: "A host has one umask and one port for Jupyter; which of two held would be left to chance.",
    mend: "Write it in one baseline, or give the two different hosts.",
    example: """
      host-baselines:
        shared: { hosts: [gpu], umask: "027" }
        strict: { hosts: [gpu01], umask: "077" }      # gpu01 has the label gpu
      """)
}
