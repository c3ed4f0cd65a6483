internal import Glibc
public import WritPolicy
internal import WritSystem

extension LinuxHost {
  static let markPath = "/etc/writ/host"

  static func mark(_ name: HostName) -> [UInt8] { Array("writ host root 1\nname \(name)\n".utf8) }

  /// Makes `folder` the root of a host named `name`: the mark, and the least of a Debian layout that accounts, sudo and sshd
  /// need. What is there stays as it is.
  ///
  /// - Throws: ``HostError/wrongMachine(_:)`` for a folder that is marked as another host, and for `/`.
  public static func initialise(root folder: String, name: HostName) throws(HostError) {
    let root = HostRoot(folder)
    guard !root.isMachine else { throw .wrongMachine("/ is a machine; only a folder can be made a host's root") }
    if let mark = try root.contents(markPath), mark != Self.mark(name) {
      throw .wrongMachine("\(root.prefix) is marked as another host than \(name)")
    }
    try root.refuseLinks()
    try root.makeFolder("")
    for (path, mode) in [
      ("/etc", 0o755), ("/etc/ssh", 0o755), ("/etc/ssh/sshd_config.d", 0o755), ("/etc/ssh/authorized_keys.d", 0o755),
      ("/etc/pam.d", 0o755), ("/etc/sudoers.d", 0o750), ("/etc/writ", 0o755), ("/home", 0o755), ("/opt", 0o755),
      ("/srv", 0o755),
      ("/data", 0o755), ("/var/lib/writ", 0o755),
    ] as [(String, UInt32)] { try root.makeFolder(path, mode: mode) }
    for (path, text, mode, group) in files where root.status(path) == nil {
      do {
        try FileContents.replace(root.path(path), with: Array(text.utf8), mode: mode, owner: 0, group: group)
      } catch { throw .system(error) }
    }
    // Last: a folder that is marked is laid out.
    try hostErrors {
      if try root.contents(markPath) == nil {
        try FileContents.replace(root.path(markPath), with: Self.mark(name), mode: 0o644, owner: 0, group: 0)
      }
    }
  }

  private static let systemGroups: [(String, Int)] = [
    ("root", 0), ("daemon", 1), ("adm", 4), ("tty", 5), ("disk", 6), ("sudo", 27), ("audio", 29), ("shadow", 42),
    ("video", 44), ("users", 100), ("render", 106), ("docker", 998), ("nogroup", 65534),
  ]

  private static var files: [(path: String, text: String, mode: UInt32, group: UInt32)] {
    [
      (
        AccountDatabase.passwdPath,
        "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
          + "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n", 0o644, 0
      ),
      (
        AccountDatabase.shadowPath,
        ["root", "daemon", "nobody"].map { "\($0):*:19700:0:99999:7:::\n" }.joined(), 0o640, 42
      ),
      (AccountDatabase.groupPath, systemGroups.map { "\($0.0):x:\($0.1):\n" }.joined(), 0o644, 0),
      (AccountDatabase.gshadowPath, systemGroups.map { "\($0.0):*::\n" }.joined(), 0o640, 42),
      (
        SudoersSet.main,
        "Defaults env_reset\nDefaults use_pty\nroot ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n", 0o440, 0
      ),
      (SshdConfiguration.main, "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n", 0o644, 0),
    ] + SessionUmask.files.map { (SessionUmask.path($0), "session required pam_unix.so\n", 0o644, 0) }
  }
}
