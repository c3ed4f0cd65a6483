internal import Glibc
internal import WritSystem

/// What lies about after an account was retired, and goes on working. Listed, never removed: it may be evidence, or needed.
struct Leftovers {
  var root: HostRoot
  var account: AccountDatabase.Account

  func found() -> [String] {
    var out: [String] = []
    let name = account.name
    for (path, what) in [
      ("/var/spool/cron/crontabs/\(name)", "a crontab"), ("/var/spool/cron/\(name)", "a crontab"),
      ("/var/lib/systemd/linger/\(name)", "a user manager that starts at boot"),
    ] where root.status(path)?.isFolder == false {
      out.append("\(name) left \(what): \(path)")
    }
    out += inHome()
    for folder in ["/var/spool/cron/atjobs", "/tmp", "/var/tmp", "/dev/shm"] {
      let own = ((try? root.names(in: folder)) ?? []).filter { root.status("\(folder)/\($0)")?.st_uid == account.uid }
      if let first = own.first {
        out.append("\(name) left \(own.count) in \(folder), \(first.visible) among them")
      }
    }
    return out + systemUnits()
  }

  private func inHome() -> [String] {
    guard account.home.hasPrefix("/"), account.home != "/" else { return [] }
    return [
      ("keys", "/.ssh/authorized_keys"), ("keys", "/.ssh/authorized_keys2"),
      ("user units", "/.config/systemd/user"),
    ].compactMap { what, path in
      root.status(account.home + path) == nil ? nil : "\(account.name) left \(what): \(account.home.visible)\(path)"
    }
  }

  /// Units of the system that run as the account, timers' services among them (systemd.exec(5), `User=`).
  private func systemUnits() -> [String] {
    let folder = "/etc/systemd/system"
    return ((try? root.names(in: folder)) ?? []).filter { $0.hasSuffix(".service") }.compactMap { unit in
      guard let bytes = try? root.contents("\(folder)/\(unit)") else { return nil }
      let isOwn = String(decoding: bytes, as: UTF8.self).split(separator: "\n").contains {
        let halves = $0.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\t" } }
        return halves.count == 2 && halves[0] == "User" && (halves[1] == account.name || halves[1] == "\(account.uid)")
      }
      return isOwn ? "\(account.name) left a unit that runs as it: \(folder)/\(unit.visible)" : nil
    }
  }
}
