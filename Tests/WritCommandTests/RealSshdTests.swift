import Glibc
import Testing
import WritSystem
import WritTestSupport

/// What was applied, met by a real sshd and real clients on a loopback of their own.
@Suite(.enabled(if: World.isRoot, "needs root: mounts, network and processes of its own"))
struct RealSshdTests {
  private static let policy = World.small.replacing(
    "  tree-owner: { owner: ann, uid: 19001 }",
    with: """
        tree-owner: { owner: ann, uid: 19001 }
        ci:
          { owner: ann, uid: 19010, email: ci@example.com, workload: nightly, roles: [pipeline], until: 2099-12-31,
            credential: { kind: ssh-key, key: "KEY-dan", from: [10.1.0.0/16], run: update } }
      """
  ).replacing("  guest: {", with: "  pipeline: { allow: { update: run } }\n  guest: {")
    .replacing("roles: [guest] }", with: "roles: [{ role: guest, until: 2099-12-31 }] }")

  private func applied() throws -> World {
    let world = try World.withSmallPolicy()
    for folder in [world.scratch.path, world.repository.scratch.path] { chmod(folder, 0o711) }
    try world.commit(Self.policy, "A pipeline")
    try world.expect(0, "apply", "--bootstrap")
    for name in ["bob", "stranger", "dan", "cas"] { try world.key(name) }
    return world
  }

  /// With the machine's sshd on 127.0.0.1 and 10.1.0.1. `go LABEL KEY WORDS` is a client; it prints `LABEL STATUS OUTPUT`.
  private func session(_ world: World, _ lines: String) throws -> [String: String] {
    try world.onMachine(
      """
      printf 'PidFile /run/sshd.pid\\nHostKey /run/key\\nListenAddress 0.0.0.0\\n' >>/etc/ssh/sshd_config
      busybox ip addr add 10.1.0.1/32 dev lo
      ssh-keygen -q -t ed25519 -N '' -f /run/key
      /usr/sbin/sshd -E /run/log || { echo "none no sshd"; exit 1; }
      go() {
        label=$1; key=$2; shift 2
        out=$(timeout 20 ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes \\
          -o IdentitiesOnly=yes -o LogLevel=ERROR -o ConnectTimeout=10 -i "$1/$key" "${@:2}" 2>/run/errors </dev/null)
        echo "$label $? $(printf %s "$out" | tr -d '\\r' | tr '\\n' ' ')"
      }

      """ + lines)
  }

  @Test func `people log in by the policy's keys alone, until their end, and pipelines run one command`() throws {
    let world = try applied()
    let found = try session(
      world,
      """
      go person ann $K ann@127.0.0.1 id -un
      go account bob $K bob@127.0.0.1 id -un
      go guest cas $K cas@127.0.0.1 id -un
      go other-key stranger $K ann@127.0.0.1 id -un
      mkdir -p /home/bob/.ssh; cp $K/stranger.pub /home/bob/.ssh/authorized_keys
      chown -R 20002:20002 /home/bob; chmod 700 /home/bob /home/bob/.ssh
      go own-file stranger $K bob@127.0.0.1 id -un
      go owner ann $K tree-owner@127.0.0.1 id -un
      go forced dan $K -b 10.1.0.1 ci@10.1.0.1 id -un
      go forced-tty dan $K -tt -b 10.1.0.1 ci@10.1.0.1
      go elsewhere dan $K ci@127.0.0.1 id -un
      go forward dan $K -b 10.1.0.1 -W 127.0.0.1:22 ci@10.1.0.1
      go backward dan $K -b 10.1.0.1 -o ExitOnForwardFailure=yes -N -R 2222:127.0.0.1:22 ci@10.1.0.1
      go person-forward ann $K -W 127.0.0.1:22 ann@127.0.0.1
      sed -i 's/expiry-time="[0-9]*Z"/expiry-time="20200101000000Z"/' /etc/ssh/authorized_keys.d/cas
      go over cas $K cas@127.0.0.1 id -un
      sed -i 's/^bob:\\*:\\(.*\\):[^:]*:$/bob:*:\\1:20000:/; s/^bob:\\(.*\\)::$/bob:\\1:20000:/' /etc/shadow
      go account-over bob $K bob@127.0.0.1 id -un
      """)
    #expect(found["person"] == "0 ann" && found["account"] == "0 bob" && found["guest"] == "0 cas", "\(found)")
    for label in [
      "other-key", "own-file", "owner", "elsewhere", "over", "account-over", "forward", "backward", "forced-tty",
    ] {
      #expect(found[label]?.hasPrefix("255") == true, "\(label): \(found[label] ?? "not tried")")
    }
    #expect(found["forced"] == "0 /opt/bin/update --all", "\(found)")
    #expect(found["person-forward"]?.contains("SSH-2.0") == true, "\(found)")
    // What the clients met is what is proved without any.
    try world.expect(0, "prove", "--host", "gpu01")
  }

  @Test func `a revoked key lets in no more`() throws {
    let world = try applied()
    try world.commit(
      Self.policy.replacing("roles: [{ role: guest, until: 2099-12-31 }] }", with: "suspended: true }"),
      "Suspend cas\n\nWrit-Override: max-removal a test")
    try world.expect(0, "apply")
    let found = try session(world, "go person ann $K ann@127.0.0.1 id -un\ngo gone cas $K cas@127.0.0.1 id -un\n")
    #expect(found["person"] == "0 ann" && found["gone"]?.hasPrefix("255") == true, "\(found)")
  }
}
