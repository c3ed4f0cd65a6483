import Glibc
import Testing
import WritSystem
import WritTestSupport

@testable import WritHostLinux

/// Whether a mount namespace can have an /etc of its own here.
private let canHaveOwnEtc =
  isRoot
  && (try? Program(
    "/usr/bin/unshare",
    [
      "-m", "/bin/sh", "-c",
      "mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w && mount -t overlay -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w overlay /etc",
    ]
  ).run().succeeded) == true

/// The host's own account programs at work in loops while writ changes accounts of its own: nobody loses an entry.
///
/// All of it runs in a mount namespace with account files of its own. `make locks` takes two minutes; WRIT_LOCKS=SECONDS.
@Suite(
  .enabled(
    if: canHaveOwnEtc,
    "needs root, namespaces and overlay: the account programs know no other folder than /etc"))
struct AccountContentionTests {
  static let seconds = Int(getenv("WRIT_LOCKS").map { String(cString: $0) } ?? "") ?? 2

  /// `$1` host-probe, `$2` seconds, `$3` a folder for what is found. Each loop writes down what it was told is done.
  static let script = """
    set -u
    probe=$1 seconds=$2 out=$3
    mount --make-rprivate /
    mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work
    mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work overlay /etc || exit 9
    for folder in /home /var/log /var/lib /var/mail; do mount -t tmpfs tmpfs "$folder"; done
    mkdir -p /etc/ssh /root
    echo 'ssh-ed25519 AAAA probe' > /etc/ssh/ssh_host_ed25519_key.pub
    printf 'root:x:0:0:root:/root:/bin/sh\n' > /etc/passwd
    printf 'root:*:19700:0:99999:7:::\n' > /etc/shadow
    printf 'root:x:0:\nshadow:x:42:\nusers:x:100:\n' > /etc/group
    printf 'root:*::\nshadow:*::\nusers:*::\n' > /etc/gshadow
    rm -f /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow-
    mkdir /home/x
    add() { useradd -M -d /home/x -K MAIL_DIR=/nonexistent "$@"; }
    for n in 0 1 2 3 4; do groupadd -g $((31000 + n)) g$n; for who in b c d; do add -u $((32000 + 10 * n + $(printf %d "'$who") % 10)) $who$n; done; done
    end=$(($(date +%s) + seconds))
    running() { [ "$(date +%s)" -lt $end ]; }
    (n=0; while running; do add -u $((33000 + n)) a$n && echo a$n >> "$out/added"; n=$((n + 1)); done) 2> "$out/useradd.err" &
    (n=0; while running; do echo "b$((n % 5)):*$n" | chpasswd -e && echo "b$((n % 5)) *$n" >> "$out/passwords"; n=$((n + 1)); done) 2> "$out/chpasswd.err" &
    (n=0; while running; do
      who=c$((n % 5)) group=g$((n / 5 % 5))
      if [ $((n / 25 % 2)) -eq 0 ]; then gpasswd -a $who $group && echo "$group $who yes"; else gpasswd -d $who $group && echo "$group $who no"; fi
      n=$((n + 1))
    done) 2> "$out/gpasswd.err" | grep -E ' (yes|no)$' > "$out/members" &
    (n=0; while running; do usermod -c "comment $n" d$((n % 5)) && echo "d$((n % 5)) comment $n" >> "$out/comments"; n=$((n + 1)); done) 2> "$out/usermod.err" &
    SWIFT_BACKTRACE=enable=no "$probe" churn / "$seconds" 'ssh-ed25519 AAAA' > "$out/writ" 2>&1; echo $? > "$out/status"
    wait
    cp /etc/passwd /etc/shadow /etc/group /etc/gshadow "$out/"
    ls /etc > "$out/etc"
    pwck -qr > "$out/pwck" 2>&1; echo $? >> "$out/pwck"
    grpck -qr > "$out/grpck" 2>&1; echo $? >> "$out/grpck"
    """

  @Test func `four other programs and writ lose none of each other's entries`() throws {
    let scratch = try Scratch()
    let run = try Program(
      "/usr/bin/unshare",
      [
        "-mpf", "--kill-child", "--mount-proc", "/bin/bash", "-c", Self.script, "bash", Self.probe, "\(Self.seconds)",
        scratch.path,
      ], timeLimit: Self.seconds + 120
    ).run()
    #expect(run.succeeded, "\(run.outputText + run.errorText)")
    func lines(_ name: String) -> [[String]] {
      String(decoding: (try? FileContents.read(scratch.path + "/" + name)) ?? [], as: UTF8.self)
        .split(separator: "\n").map { $0.split(separator: " ", maxSplits: 2).map(String.init) }
    }
    func fields(_ name: String) -> [String: [String]] {
      let text = String(decoding: (try? FileContents.read(scratch.path + "/" + name)) ?? [], as: UTF8.self)
      return Dictionary(
        text.split(separator: "\n").map { line in
          let fields = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
          return (fields[0], fields)
        },
        uniquingKeysWith: { first, _ in
          Issue.record("\(first[0]) stands twice in \(name)")
          return first
        })
    }
    let (passwd, shadow, group, gshadow) = (fields("passwd"), fields("shadow"), fields("group"), fields("gshadow"))
    #expect(lines("status") == [["0"]], "\(lines("writ"))")
    #expect(lines("pwck") == [["0"]] && lines("grpck") == [["0"]], "\(lines("pwck")) \(lines("grpck"))")
    #expect(!lines("etc").contains { $0[0].hasSuffix(".lock") && $0[0] != ".pwd.lock" })

    let added = lines("added").map { $0[0] }
    for name in added {
      #expect(passwd[name] != nil && shadow[name] != nil && group[name] != nil && gshadow[name] != nil, "\(name)")
    }
    for (name, password) in Dictionary(lines("passwords").map { ($0[0], $0[1]) }, uniquingKeysWith: { $1 }) {
      #expect(shadow[name]?[1] == password, "\(name)")
    }
    for (name, comment) in Dictionary(lines("comments").map { ($0[0], $0[1] + " " + $0[2]) }, uniquingKeysWith: { $1 })
    {
      #expect(passwd[name]?[4] == comment, "\(name)")
    }
    for (pair, state) in Dictionary(lines("members").map { ("\($0[0]) \($0[1])", $0[2]) }, uniquingKeysWith: { $1 }) {
      let words = pair.split(separator: " ").map(String.init)
      for file in [group, gshadow] {
        #expect(
          file[words[0]]?[3].split(separator: ",").map(String.init).contains(words[1]) == (state == "yes"), "\(pair)")
      }
    }
    // Everybody had a turn.
    let turns = [added.count, lines("passwords").count, lines("members").count, lines("comments").count]
    #expect(turns.allSatisfy { $0 > 0 }, "\(turns)")
    let rounds = lines("writ").last.flatMap { Int($0[0]) } ?? 0
    #expect(rounds > 0)
    print("useradd, chpasswd, gpasswd, usermod: \(turns) times; writ: \(rounds) transactions")
  }

  private static var probe: String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let executable = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return executable.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/host-probe"
  }
}
