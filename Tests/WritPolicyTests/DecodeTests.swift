import Testing
import WritPolicy
import WritSyntax
import WritTestSupport

@Suite struct DecodeTests {
  /// Everything that the language has, and nothing wrong with it.
  static let lab = """
    settings:
      organisation: Example AI Lab
      timezone: Asia/Shanghai
      internal-networks: [10.0.0.0/8, "fd00::/8"]
      signers: signers/allowed_signers
      branch: main
      vaults:
        team: { kind: age, path: ../../vault, custodians: [li.na, ci-applier] }

    hosts:
      gpu01: { connect: local, labels: [gpu], host-keys: ["$KEY9"] }
      image: { connect: "root:../../sandbox", labels: [gpu], previously: [old-image] }

    guards: { max-removal: 25%, min-administrators: 1, administrator-roles: [security-lead] }
    ---
    people:
      wang.fang:
        name: 王芳
        email: wang.fang@example.com
        user-type: contractor
        account: wangfang
        uid: 20011
        ssh-keys: ["$KEY1 wang.fang at home"]
        manager: li.na
        roles:
          - junior-engineer
          - { role: dataset-curator, from: 2026-10-01, until: 2026-12-31, reason: corpus Q4 (DATA-41) }
        from: 2026-01-01
        until: 2027-06-30
        previously: [wang.f]
      li.na:
        uid: 20012
        suspended: false
        ssh-keys: ["$KEY2"]
        roles: [security-lead]

    service-accounts:
      ci-lora-runner:
        email: ci-lora-runner@example.com
        uid: 19010
        owner: li.na
        workload: lora-nightly
        roles: [pipeline-runner]
        from: 2026-10-10
        until: 2026-12-31
        credential: { kind: ssh-key, key: "$KEY3", from: [10.1.0.0/16], run: training, rotate-every: 30d }
      ci-applier:
        owner: li.na
        workload: apply
        until: 2026-12-31
        credential: { kind: ssh-key, key: "$KEY4" }
      svc-lora: { owner: li.na, uid: 19002 }
      conda-user: { owner: li.na, uid: 19001, home: /opt/miniconda }
    ---
    roles:
      member:
        description: What everybody in the lab has.
        allow:
          gpu-login: ssh
          outputs: write
      junior-engineer:
        includes: [member]
        allow: { training: run, lora-scripts-basic: read }
        deny: { conda-envs: write, outputs/others: all }
      dataset-curator: { allow: { conda-envs: [read, write], outputs/li.na: read } }
      pipeline-runner: { allow: { training: run } }
      security-lead: { includes: [member], allow: { lora-scripts-basic: all, main-branch: push } }
      empty:

    sharing-groups:
      lora-scripts-basic:
        vault: team
        folder: lora-scripts/basic
        tags: [ai-training, high-risk]
        secrets:
          gpu01-key: { kind: ssh-key, rotate-every: 90d }
          note:
      lora-scripts-basic-2: { vault: team, folder: lora-scripts/basic-2 }

    resources:
      conda-envs:
        hosts: [gpu]
        tree: /opt/miniconda/envs
        owner: conda-user
        group: ai-researchers
        writers: conda-maintainers
        mode: { directories: "2750", files: "0640" }
        tags: [shared-environment]
      models: { hosts: [gpu], tree: /srv/models, owner: root }
      outputs: { hosts: [gpu], tree: "/srv/outputs/{account}" }
      training:
        { hosts: [gpu], command: /opt/lora-scripts/bin/train, arguments: "^--config [a-z0-9-]+$", run-as: svc-lora }
      restart: { hosts: [gpu01], command: /usr/local/bin/restart-queue, arguments: [--now, all] }
      root-shell: { hosts: [gpu], command: /bin/bash, arguments: any, privileged: true }
      gpu-login: { hosts: [gpu], login: ssh }
      gpu-devices: { hosts: [gpu], unix-group: render }
      containers: { hosts: [gpu], unix-group: docker, privileged: true }
      main-branch: { external: branch rules of the git host, operations: [push] }
    ---
    grants:
      - { to: wang.fang, allow: { models: read }, from: 2026-11-20T09:00, until: 2026-11-21T18:00, reason: SEC-88 }
      - { to: [li.na], role: dataset-curator, until: 2026-11-30T09:00+08:00 }
    expiry-rules:
      - { match: { tags: high-risk, kind: person }, max-duration: 30d, require-reason: true }
      - { match: { user-type: [contractor, external], principal: wang.fang, role: member }, max-duration: 180d }
      - { match: { kind: service-account, resource: training, operation: run }, warn-before: 14d }
    separation-rules:
      - { roles: [security-lead, dataset-curator], at-most: 1 }
    tests:
      - { name: interns never reach the models, who: { role: member }, cannot: { models: [read, write] } }
      - { name: only she, only: [wang.fang], can: { models: read } }
      - { name: nobody, only: [], can: { models: write } }
    """

  @Test func `a good policy has no findings`() {
    let (policy, findings) = MarkedText(Self.lab).decoded()
    #expect(findings.map { "\($0.slug.rawValue) \($0.span) \($0.message)" } == [])
    #expect(policy.people.count == 2)
    #expect(policy.serviceAccounts.count == 4)
    #expect(policy.roles.count == 6)
    #expect(policy.resources.count == 10)
    #expect(policy.tests.count == 3)
  }

  @Test func `times become instants in the zone of the settings`() throws {
    let (policy, _) = MarkedText(Self.lab).decoded()
    let person = try #require(policy.people[name("wang.fang")])
    #expect(person.term.from?.value.rfc3339 == "2025-12-31T16:00:00Z")
    #expect(person.term.until?.value.rfc3339 == "2027-06-30T16:00:00Z")
    #expect(person.roles[1].term.from?.value.rfc3339 == "2026-09-30T16:00:00Z")
    #expect(person.roles[1].term.until?.value.rfc3339 == "2026-12-31T16:00:00Z")
    #expect(policy.grants[0].term.from?.value.rfc3339 == "2026-11-20T01:00:00Z")
    #expect(policy.grants[1].term.until?.value.rfc3339 == "2026-11-30T01:00:00Z")
  }

  @Test func `comments of ssh keys are dropped`() throws {
    let (policy, _) = MarkedText(Self.lab).decoded()
    let person = try #require(policy.people[name("wang.fang")])
    #expect(person.sshKeys.map(\.value) == [testKey(1)])
    #expect(policy.account(of: person.name.value) == "wangfang")
  }
}
