import Testing

extension World {
  /// Runs the lines of a script for bash where the sandbox host's files are the machine's: mounts, network and processes of
  /// its own, which end with it. What it writes to `/etc` is lost. `$0` is the sandbox, `$1` the folder of keys.
  ///
  /// - Returns: what follows the first word of each line printed, by that word.
  func onMachine(_ lines: String) throws -> [String: String] {
    let script = """
      set -u
      mount --make-rprivate /; mount -t tmpfs none /run; mkdir /run/sshd /run/upper /run/work
      mount -t overlay none -o lowerdir="$0/etc:/etc",upperdir=/run/upper,workdir=/run/work /etc
      mount --bind "$0/home" /home; mount --bind "$0/opt" /opt
      echo 'sshd:x:65530:65534::/run/sshd:/usr/sbin/nologin' >>/etc/passwd
      busybox ip link set lo up
      K=$1
      """
    let run = try run(
      "/usr/bin/unshare",
      ["-mnpf", "--mount-proc", "--kill-child", "/bin/bash", "-c", script + "\n" + lines, host, keys])
    var found: [String: String] = [:]
    for line in run.output.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if words.count == 2 { found[words[0]] = String(words[1].reversed().drop { $0 == " " }.reversed()) }
    }
    if found.isEmpty { Issue.record("\(run.output)\(run.errors)") }
    return found
  }
}
