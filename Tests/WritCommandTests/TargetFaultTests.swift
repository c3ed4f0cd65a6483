import Glibc
import Testing
import WritSystem
import WritTestSupport

/// Targets that cannot be written to, or that somebody turns around while they are worked on. Each in a mount namespace of its own.
@Suite(
  .enabled(if: World.canMount, "needs root and mounts: disks are made small or read-only in a mount namespace"))
struct TargetFaultTests {
  /// Scripts call `writ` through `try`, which prints the command and its status; see ``said(_:)``.
  private static let setUp = """
    try() { "$WRIT" "$@" >>out 2>&1; echo "$1 $?"; }
    # A full file system of its own in place of a folder, with the folder's content.
    fill() { set -- "$(realpath "$1")" "$2"; cp -a "$1" "$1.kept"; mount -t tmpfs -o size=$2,mode=755 none "$1"; cp -a "$1.kept/." "$1/"; full "$1"; }
    full() { dd if=/dev/zero of="$1/filler" bs=1k 2>/dev/null; }

    """

  private func lines(_ run: World.Run) -> [String] { run.output.split(separator: "\n").map(String.init) }

  @Test func `a full disk of the host leaves old or new files, and the next apply finishes`() throws {
    let world = try World.withSmallPolicy()
    let run = try world.script(
      Self.setUp + """
        fill "$HOST/.." 300k
        sha256sum "$HOST"/etc/* 2>/dev/null > before
        try apply --bootstrap
        sha256sum "$HOST"/etc/* 2>/dev/null | cmp - before && echo same
        find "$HOST" -name '*.tmp' -o -name 'passwd.*'
        try verify
        rm "$HOST/../filler"
        try apply
        try plan --detailed-exitcode
        try verify
        """)
    #expect(
      lines(run) == ["apply 8", "same", "verify 0", "apply 0", "plan 0", "verify 0"], "\(said(world))")
    #expect(said(world).contains("No space left on device"))
  }

  @Test func `a read-only host keeps what it has, and the next apply finishes`() throws {
    let world = try World.withSmallPolicyApplied()
    try world.commit(World.small.replacing("roles: [guest]", with: "roles: [member]"), "Let cas in")
    let before = try world.changeTimes(world.host)
    let run = try world.script(
      Self.setUp + """
        mount --bind "$HOST" "$HOST"; mount -o remount,bind,ro "$HOST"
        try plan --detailed-exitcode
        try apply
        umount "$HOST"
        find "$HOST" -printf '%P %C@ %m %U %G\\n' | sort
        """)
    #expect(lines(run).prefix(2) == ["plan 2", "apply 8"], "\(said(world))")
    #expect(lines(run).dropFirst(2).joined(separator: "\n") == before)
    #expect(said(world).contains("Read-only file system"))
    try world.expect(0, "apply")
    try world.expectWhole()
  }

  @Test func `a full disk of the vault keeps the old secret and its readers`() throws {
    let world = try World.withSmallPolicyApplied()
    try world.commit(World.small.replacing("roles: [guest]", with: "roles: [member]"), "Let cas in")
    let run = try world.script(
      Self.setUp + """
        fill "$VAULT" 64k
        echo -n new | try secret put basic/token
        echo -n new | try secret rotate basic/token
        try apply
        rm "$VAULT/filler"
        "$WRIT" secret get basic/token; echo
        try apply
        "$WRIT" secret get basic/token --identity "$VAULT/../keys/cas"; echo
        try plan --detailed-exitcode
        try verify
        """)
    #expect(
      lines(run) == [
        "secret 1", "secret 1", "apply 8", "value", "apply 0", "value", "plan 0", "verify 0",
      ], "\(said(world))")
  }

  @Test func `a full disk of the ledger's clone stops apply before anything happens`() throws {
    let world = try World.withSmallPolicyApplied()
    try world.commit(World.small.replacing("roles: [guest]", with: "roles: [member]"), "Let cas in")
    let before = try world.footprint()
    let run = try world.script(
      Self.setUp + """
        fill .git 2m
        try apply
        rm .git/filler
        try verify
        """)
    #expect(lines(run) == ["apply 1", "verify 0"], "\(said(world))")
    #expect(try world.footprint() == before)
    try world.expect(0, "apply")
    try world.expectWhole()
  }

  @Test func `a program that is missing is named, and nothing is done without it`() throws {
    let world = try World.withSmallPolicyApplied()
    let policies = [World.small.replacing("roles: [guest]", with: "roles: [member, maintainer]"), World.small]
    for (index, program) in ["/usr/bin/git", "/usr/bin/ssh-keygen", "/usr/sbin/visudo", "/usr/bin/age"].enumerated() {
      // Each time there is work for every program; what could be done without one is finished afterwards.
      try world.commit(
        policies[index % 2] + "# \(index)\n", "Change who may do what\n\nWrit-Override: max-removal a test")
      let run = try world.script(
        """
        mount -t tmpfs none "$HOST/../../home"; up="$HOST/../../home"; mkdir "$up/upper" "$up/work"
        folder=$(dirname \(program))
        mount -t overlay -o "lowerdir=$folder,upperdir=$up/upper,workdir=$up/work" none "$folder" || exit 99
        rm \(program)
        "$WRIT" apply
        """)
      if run.status == 99 { continue }
      #expect([1, 8].contains(run.status), "\(program): \(run.status) \(run.errors)")
      #expect(run.errors.contains(program.split(separator: "/").last ?? ""), "\(program): \(run.errors)")
      try world.expect(0, "apply")
    }
    try world.expectWhole()
  }

  @Test func `a folder of a tree that turns into a link leads nowhere`() throws {
    let world = try World.withSmallPolicyApplied()
    // Outside every tree, and nobody's business; the same names as in the tree.
    let outside = world.host + "/srv/outside"
    for folder in [outside, outside + "/deep", world.host + "/opt/envs/deep"] { mkdir(folder, 0o700) }
    for name in ["a", "b"] { try world.fill("/srv/outside/deep/\(name)", mode: 0o600) }
    let before = try world.changeTimes(outside)
    // Between plan and apply.
    try world.commit(World.small.replacing("roles: [guest]", with: "roles: [member]"), "Let cas in")
    try world.expect(0, "plan", "--out", world.scratch.path + "/plan.json")
    rmdir(world.host + "/opt/envs/deep")
    symlink(outside + "/deep", world.host + "/opt/envs/deep")
    let saved = try world.writ("apply", world.scratch.path + "/plan.json")
    #expect([0, 5].contains(saved.status), "\(saved.errors)")
    try world.expect(0, "apply")
    #expect(try world.changeTimes(outside) == before)
    // And the root of the tree itself.
    removeTree(world.host + "/opt/envs")
    symlink(outside, world.host + "/opt/envs")
    let root = try world.writ("apply")
    #expect([1, 8].contains(root.status), "\(root.output)")
    #expect(try world.changeTimes(outside) == before)
    unlink(world.host + "/opt/envs")
    // While apply is at work, again and again.
    mkdir(world.host + "/opt/envs", 0o777)
    let run = try world.script(
      """
      cd "$HOST/opt/envs"
      for i in 1 2 3 4 5 6 7 8; do mkdir -p d$i/deep; touch d$i/deep/a d$i/deep/b; done; chmod -R 777 .
      ( while [ ! -e "$HOST/stop" ]; do
          for i in 1 2 3 4 5 6 7 8; do mv d$i x$i; ln -s "$HOST/srv/outside" d$i; rm d$i; mv x$i d$i; done
        done ) &
      for round in 1 2; do "$WRIT" apply -C "$HOST/../../repository" >/dev/null 2>&1; chmod -R 777 .; done
      touch "$HOST/stop"; wait; rm "$HOST/stop"
      """)
    #expect(run.status == 0)
    #expect(try world.changeTimes(outside) == before)
    try world.expect(0, "apply")
    try world.expectWhole()
  }

  @Test func `a host that is not there is left for later, with the reason`() throws {
    let world = try World.withSmallPolicyApplied()
    rename(world.host, world.host + ".away")
    let vault = try world.changeTimes(world.vault)
    for command in ["plan", "apply"] {
      let run = try world.writ(command)
      #expect(run.status == (command == "plan" ? 1 : 8), "\(run.errors)")
      #expect(run.output.contains("is not marked as a host's root"), "\(command): \(run.output)")
    }
    #expect(access(world.host, F_OK) != 0)
    #expect(try world.changeTimes(world.vault) == vault)
    rename(world.host + ".away", world.host)
    try world.expect(0, "apply")
    try world.expectWhole()
  }

  /// Everything that the commands of a script wrote.
  private func said(_ world: World) -> String {
    String(decoding: (try? FileContents.read(world.lab + "/out")) ?? [], as: UTF8.self)
  }
}
