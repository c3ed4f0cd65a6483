/// Account and group names as useradd(8) and groupadd(8) take them on Debian.
public enum LinuxName {
  /// `[a-z_][a-z0-9_-]*`, 32 bytes at most.
  public static func isValid(_ text: String) -> Bool {
    let bytes = text.utf8
    guard (1...32).contains(bytes.count), let first = bytes.first, isLetter(first) || first == UInt8(ascii: "_") else {
      return false
    }
    return bytes.allSatisfy {
      isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "_")
        || $0 == UInt8(ascii: "-")
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

  static let rule =
    "begin with a lower-case letter or `_`, then letters, digits, `_` and `-`, 32 characters at most"

  /// Accounts that Debian makes itself (base-passwd, and services that are always there).
  static let systemAccounts: Set<String> = [
    "root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data", "backup",
    "list", "irc", "gnats", "nobody", "_apt", "messagebus", "sshd", "systemd-network", "systemd-resolve",
    "systemd-timesync", "systemd-coredump", "systemd-oom", "polkitd", "dnsmasq", "postgres",
  ]

  /// Groups that Debian makes itself: their members follow from something other than a tree.
  static let systemGroups: Set<String> = rootGroups.union([
    "daemon", "bin", "sys", "adm", "tty", "lp", "mail", "news", "uucp", "man", "proxy", "dialout", "fax", "voice",
    "cdrom", "floppy", "tape", "audio", "dip", "www-data", "backup", "operator", "list", "irc", "src", "utmp", "video",
    "sasl", "plugdev", "games", "users", "nogroup", "systemd-journal", "systemd-network", "systemd-resolve", "input",
    "sgx", "kvm", "render", "crontab", "netdev", "messagebus", "ssh", "_ssh",
  ])

  /// Groups whose members can become root: by reading or writing the disk, the password hashes or memory, by starting
  /// containers as root, by sudo's or polkit's default rules, or by replacing what is first in root's search path.
  public static let rootGroups: Set<String> = [
    "root", "sudo", "wheel", "admin", "disk", "shadow", "kmem", "mem", "docker", "podman", "lxd", "lxc", "incus",
    "incus-admin", "libvirt", "libvirt-qemu", "staff",
  ]
}

/// Which numbers can be given to accounts.
enum UserID {
  /// 1000 up to 2³¹ − 2, without the two that mean "nobody".
  static func isFree(_ number: Int) -> Bool {
    (1000...Int(Int32.max) - 1).contains(number) && number != 65_534 && number != 65_535
  }

  static func problem(_ number: Int) -> String {
    switch number {
    case 0: "it is root"
    case ..<1000: "below 1000 are the system's accounts"
    case 65_534, 65_535: "it means nobody"
    default: "Linux takes no larger one than 2147483646"
    }
  }
}
