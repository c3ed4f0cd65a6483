import Glibc
import Testing
import WritSystem
import WritTestSupport

@testable import WritHostLinux

/// Somebody without rights, but for that of writing to the tree, works against a mending over and over again.
///
/// `WRIT_ATTACKS=N` asks for N mendings of each kind (`make attacks`); each prints a line that counts.
@Suite(.enabled(if: TreeSandbox.isRoot, "needs root: changes owners"), .serialized)
struct TreeRaceTests {
  struct Attack: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// One round, in Perl, in the tree's root.
    var round: String
  }

  private static let length = (getenv("WRIT_ATTACKS").flatMap { Int(String(cString: $0)) }) ?? 40

  @Test(arguments: [
    Attack(
      testDescription: "a folder swapped for a link",
      round: """
        rename "d","o"; symlink "../../etc","d"; unlink "d"; rename "o","d"; chmod 0777,"d"; chmod 0666,"d/shadow";
        """),
    Attack(
      testDescription: "a folder of the way swapped for a link",
      round: """
        rename "d/e","d/o"; symlink "../../../etc/sub","d/e"; unlink "d/e"; rename "d/o","d/e"; chmod 0777,"d/e";
        """),
    Attack(
      testDescription: "a file swapped for a link",
      round: """
        rename "d/shadow","o"; symlink "../../../etc/shadow","d/shadow"; unlink "d/shadow"; rename "o","d/shadow";
        chmod 0666,"d/shadow";
        """),
    Attack(
      testDescription: "a file swapped for a hard link to one that only root may read",
      round: """
        open F,">d/x"; close F; chmod 0666,"d/x"; unlink "d/x"; link "../../etc/shadow","d/x"; unlink "d/x";
        link "../../etc/shadow","y"; rename "y","d/shadow2"; unlink "d/shadow2";
        """),
    Attack(
      testDescription: "a hard link carried about, to be counted twice",
      round: """
        link "../../etc/shadow","d/x";
        for (1..20) { rename "d/x","d/e/x"; rename "d/e/x","z/x"; rename "z/x","x"; rename "x","d/x" } unlink "d/x";
        """),
    Attack(
      testDescription: "folders renamed out of the tree and into it",
      round: """
        rename "d","../out/d"; rename "../out/d","d";
        rename "d/e","../out/e"; chmod 0777,"../out/e"; rename "../out/e","d/e";
        mkdir "../out/n"; open F,">../out/n/f"; close F; chmod 0666,"../out/n/f"; rename "../out/n","n";
        unlink "n/f"; rmdir "n";
        """),
    Attack(
      testDescription: "a deep folder whose way up is moved",
      round: """
        rename "deep/n/n","../out/n"; rename "../out/n","z/n"; rename "z/n","deep/n/n"; chmod 0777,"deep/n";
        """),
  ])
  func `nothing outside the tree is touched`(attack: Attack) throws {
    let sandbox = try TreeSandbox()
    // Deeper than a walk keeps folders open, with something left to do on every level.
    try sandbox.bash(
      """
      mkdir -p etc/sub srv/out srv/t/d/e srv/t/z
      touch etc/{shadow,passwd} etc/sub/{shadow,e} srv/t/d/shadow srv/t/d/e/shadow
      (cd srv/t; mkdir deep; cd deep; for i in {1..80}; do mkdir n z; touch z/f; cd n; done)
      chmod 711 . srv; chmod 600 etc/shadow etc/sub/shadow; chmod 777 srv/out
      chown -R \(TreeSandbox.stranger) srv/t/* srv/out/
      """)
    let rule = TreeSandbox.rule {
      $0.writers = [TreeSandbox.writers]
      $0.makers = [TreeSandbox.stranger]
    }
    let engine = try sandbox.engine(rule)
    _ = try engine.mend("/srv/t")
    // Without ctimes: a link that comes and goes changes them.
    let victims = "find etc -printf '%i %m %U:%G %p\\n' | sort; getfacl -Rnp etc"
    let before = try sandbox.bash(victims)
    let attacker = try Attacker(sandbox, attack.round)
    var (changed, escapes) = (0, 0)
    for run in 1...Self.length {
      changed += try engine.mend("/srv/t").changed
      if run % 20 == 0, try sandbox.bash(victims) != before { escapes += 1 }
    }
    // However late the other process starts.
    for _ in 0..<20_000 where attacker.rounds < 20 { changed += try engine.mend("/srv/t").changed }
    let rounds = attacker.stop()
    if try sandbox.bash(victims) != before { escapes += 1 }
    #expect(escapes == 0)
    #expect(rounds >= 20)
    print(
      "attack: \(attack.testDescription): \(rounds) rounds, \(Self.length) mendings, \(changed) changes, "
        + "\(escapes) escapes")
    _ = try engine.mend("/srv/t")
    let left = try engine.scan().report()
    #expect(left.lines() == [] && left.isComplete)
  }

  /// A process that knows of nothing but to break in.
  private final class Attacker {
    private let pid: Int32
    private let counter: String

    init(_ sandbox: TreeSandbox, _ round: String) throws {
      counter = sandbox.scratch.path + "/srv/out/rounds"
      // CAP_FOWNER stands for a kernel without fs.protected_hardlinks: only so may somebody link what is not theirs.
      let pid = try sandbox.bash(
        """
        setpriv --reuid \(TreeSandbox.stranger) --regid \(TreeSandbox.writers) --clear-groups \
          --inh-caps +fowner --ambient-caps +fowner \
          perl -e '$| = 1; alarm 900; open C, ">srv/out/rounds"; chdir "srv/t" or die;
            while (1) { \(round) $n++; if ($n % 10 == 0) { seek C, 0, 0; syswrite C, sprintf("%-12d", $n) } }' \
          >/dev/null 2>&1 </dev/null &
        echo $!
        """)
      guard let number = Int32(pid.dropLast()) else { throw TreeSandbox.Failed(script: round, text: pid) }
      self.pid = number
    }

    deinit { kill(pid, SIGKILL) }

    var rounds: Int {
      guard let bytes = try? FileContents.read(counter) else { return 0 }
      return Int(String(decoding: bytes, as: UTF8.self).split(separator: " ").first ?? "") ?? 0
    }

    func stop() -> Int {
      kill(pid, SIGKILL)
      return rounds
    }
  }
}
