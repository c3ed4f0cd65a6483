import Glibc
import WritSystem
import WritTestSupport

/// This machine with a network and system files of its own, which nobody else sees: `out0` leads to a second network
/// namespace that is the outside, 203.0.113.1 and 2001:db8::1, and the inside, 10.9.0.1. Real accounts, real nft, real
/// sockets; what is written to `/etc`, `/var/lib` and `/home` is gone with it.
final class NetworkLab {
  let world: World
  private var processes: [pid_t] = []
  /// The process whose namespaces these are.
  private var inside: pid_t { processes[1] }

  /// Where `nc` listens on the far side, over TCP.
  static let port = 8080

  static let isPossible =
    World.isRoot
    && (try? Program("/usr/bin/unshare", ["-mn", "/bin/sh", "-c", probe]).run().succeeded) == true

  private static let probe =
    "mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w && "
    + "mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w /etc && "
    + "ip link add out0 type veth peer name in0 && nft list tables"

  private static let setUp = """
    set -e
    mount --make-rprivate /
    for folder in /etc /var/lib /home; do
      layer="$0/$(echo $folder | tr / _)"; mkdir "$layer"; mount -t tmpfs tmpfs "$layer"; mkdir "$layer/u" "$layer/w"
      mount -t overlay overlay -o "lowerdir=$folder,upperdir=$layer/u,workdir=$layer/w" $folder
    done
    mount -t tmpfs tmpfs /run
    mount -t tmpfs tmpfs /srv
    ip link set lo up
    ip link add out0 type veth peer name in0 netns "$1"
    ip addr add 203.0.113.2/24 dev out0
    ip addr add 10.9.0.2/24 dev out0
    ip addr add 2001:db8::2/64 dev out0 nodad
    ip link set out0 up
    nsenter -t "$1" -n sh -c 'ip link set lo up; ip addr add 203.0.113.1/24 dev in0; ip addr add 10.9.0.1/24 dev in0
      ip addr add 2001:db8::1/64 dev in0 nodad; ip link set in0 up'
    ip route add default via 203.0.113.1
    touch "$0/ready"
    exec sleep 600
    """

  init(_ world: World) throws {
    self.world = world
    let folder = world.scratch.path + "/network"
    mkdir(folder, 0o755)
    try start("exec unshare -n sleep 600")
    usleep(200_000)
    try start("exec unshare -mn sh -c '\(Self.setUp.replacing("'", with: "'\\''"))' '\(folder)' \(processes[0])")
    for _ in 0..<200 where access(folder + "/ready", F_OK) != 0 { usleep(50_000) }
    guard access(folder + "/ready", F_OK) == 0 else { throw World.Failure(description: "the network did not come up") }
    try start("exec nsenter -t \(processes[0]) -n busybox nc -ll -p \(Self.port) -e /bin/true")
    try world.key("host")
    try run(
      "cp \(world.keys)/host.pub /etc/ssh/ssh_host_ed25519_key.pub; echo 'nameserver 203.0.113.1' > /etc/resolv.conf")
  }

  deinit { for process in processes.reversed() { kill(process, SIGKILL) } }

  private func start(_ script: String) throws {
    let run = try Program("/bin/sh", ["-c", "(\(script)) </dev/null >/dev/null 2>&1 & echo $!"]).run()
    guard let number = pid_t(run.outputText.filter { $0 != "\n" }) else { throw World.Failure(description: script) }
    processes.append(number)
  }

  /// A shell script in there; with `as`, in the name of that uid.
  @discardableResult func run(_ script: String, as uid: Int? = nil) throws -> World.Run {
    let account = uid.map { ["setpriv", "--reuid", "\($0)", "--regid", "\($0)", "--clear-groups"] } ?? []
    return try world.run(
      "/usr/bin/nsenter", ["-t", "\(inside)", "-m", "-n"] + account + ["/bin/bash", "-c", script], in: "/")
  }

  func writ(_ status: Int32, _ arguments: String...) throws -> World.Run {
    let found = try world.run(
      "/usr/bin/nsenter",
      ["-t", "\(inside)", "-m", "-n", World.writ, arguments[0], "-C", world.lab] + arguments.dropFirst(),
      in: "/")
    guard found.status == status else {
      throw World.Failure(description: "writ \(arguments) ended with \(found.status)\n" + found.output + found.errors)
    }
    return found
  }

  /// Which of these an account gets through to: `tcp/203.0.113.1/8080`, `udp/…`.
  func reached(by uid: Int, _ places: [String]) throws -> Set<String> {
    let script = places.map {
      "timeout 10 bash -c 'exec 3<>/dev/\($0) && echo x >&3' 2>/dev/null && echo \($0)"
    }
    return Set(try run(script.joined(separator: "\n"), as: uid).output.split(separator: "\n").map(String.init))
  }
}
