extension Slug.Explanation {
  static let invalidAccount = Self(
    meaning: "Linux takes no account of that name, or the account is the system's own.",
    reason: """
      The account is made on every host where its owner has access. Without `account`, its name is the principal's name \
      without dots.
      """,
    mend: "Write an `account` of lower-case letters, digits, `_` and `-` that begins with a letter, 32 at most.",
    example: """
      people: { 7.li: { uid: 20012, roles: [member] } }                       # `7li` begins with a digit
      people: { 7.li: { account: li7, uid: 20012, roles: [member] } }         # instead
      """)

  static let invalidUID = Self(
    meaning: "The number cannot be an account's uid.",
    reason: "0 is root, below 1000 are the system's accounts, 65534 and 65535 mean nobody.",
    mend: "Choose a number from 1000 to 2147483646 that nobody ever had.",
    example: """
      uid: 33                        # www-data
      uid: 20033                     # instead
      """)

  static let missingUID = Self(
    meaning: "The principal has access on a host but no `uid`.",
    reason: "A uid is the same on every host and is never given to another name, so it is written, not invented.",
    mend: "Write a `uid` that nobody ever had.",
    example: """
      li.na: { roles: [member] }                   # may log in, has no uid
      li.na: { uid: 20012, roles: [member] }       # instead
      """)

  static let sharedAccount = Self(
    meaning: "Two principals would have one Unix account.",
    reason: "To the host they would be one, each with the other's files, and nobody could tell who did what.",
    mend: "Write another `account` for one of them. Without it the account is the name without dots.",
    example: """
      people: { wang.fang: {}, wangfang: {} }                          # both `wangfang`
      people: { wang.fang: {}, wangfang: { account: wangfang2 } }      # instead
      """)

  static let sharedUID = Self(
    meaning: "Two principals have one uid.",
    reason: "To the kernel they would be one: each owns the other's files.",
    mend: "Give one of them a uid that nobody ever had.",
    example: """
      people: { li.na: { uid: 20012 }, chen.bo: { uid: 20012 } }       # one uid
      people: { li.na: { uid: 20012 }, chen.bo: { uid: 20013 } }       # instead
      """)

  static let sharedEmail = Self(
    meaning: "Two principals have one address; upper and lower case count as the same.",
    reason: "Addresses tell who is who in commits and vaults; a shared one makes two people one.",
    mend: "Give each its own address.",
    example: """
      people: { li.na: { email: lab@example.com }, chen.bo: { email: lab@example.com } }
      """)

  static let sharedSSHKey = Self(
    meaning: "Two principals have one ssh key.",
    reason: "Who holds the key could log in as either, and the log would name whichever was asked for.",
    mend: "Make a key for each with `ssh-keygen -t ed25519`.",
    example: """
      people: { li.na: { ssh-keys: ["ssh-ed25519 AAAA…"] }, chen.bo: { ssh-keys: ["ssh-ed25519 AAAA…"] } }
      """)

  static let sharedWorkload = Self(
    meaning: "Two service accounts are there for one workload.",
    reason:
      "One account for each pipeline: only then does its log say which pipeline it was, and its end hurts no other.",
    mend: "Give each account a workload of its own, or take one of them out.",
    example: """
      service-accounts:
        ci-a: { owner: li.na, workload: nightly }
        ci-b: { owner: li.na, workload: nightly }      # the same workload
      """)

  static let notAPerson = Self(
    meaning: "An owner or manager must be a person other than the entry itself.",
    reason: "Somebody has to answer for the account; a service account cannot, and nobody answers for themselves.",
    mend: "Name a person under `people`.",
    example: """
      ci-a: { owner: ci-b }          # a service account
      ci-a: { owner: li.na }         # instead
      """)

  static let notAServiceAccount = Self(
    meaning: "A tree's owner and the account that a command runs as must be `root` or a service account.",
    reason: "Behind a person's account every other right of that person would come along, and end with them.",
    mend: "Make a service account without a credential, owned by that person, and name it.",
    example: """
      conda-envs: { hosts: [gpu], tree: /opt/miniconda/envs, owner: li.na }         # a person
      conda-envs: { hosts: [gpu], tree: /opt/miniconda/envs, owner: conda-user }    # instead
      """)

  static let serviceAccountLogin = Self(
    meaning: "A service account holds a role or grant that allows a login.",
    reason:
      "Service accounts are for machines: nobody logs in as one, so that whoever does anything is a person by name.",
    mend: """
      Give the account a role without the login. A pipeline gets in by a `credential` whose `run` names the one command it may run.
      """,
    example: """
      ci-lora: { owner: li.na, roles: [member] }               # `member` allows `gpu-login: ssh`
      ci-lora: { owner: li.na, roles: [pipeline-runner] }      # instead
      """)

  static let custodianWithoutKey = Self(
    meaning: "A custodian of an age vault has no key that age can encrypt to.",
    reason:
      "Custodians are recipients of every folder, so that somebody can always re-encrypt it when its readers change.",
    mend: "Give the custodian a key of type `ssh-ed25519` or `ssh-rsa`, or name another custodian.",
    example: """
      vaults: { team: { kind: age, path: vault, custodians: [li.na] } }      # li.na has no `ssh-keys`
      """)
}
