internal import Glibc
internal import WritSystem

/// What goes on working or lies about after an account was retired. Listed, never removed: it may be evidence, or needed.
struct Leftovers {
  var root: HostRoot
  var account: AccountDatabase.Account

  func found(_ processes: RunningProcesses?) -> [String] {
    var out: [String] = []
    let name = account.name
    for (path, what) in [
      ("/var/spool/cron/crontabs/\(name)", "a crontab"), ("/var/spool/cron/\(name)", "a crontab"),
      ("/var/lib/systemd/linger/\(name)", "a user manager that starts at boot"),
    ] where root.status(path)?.isFolder == false {
      out.append("\(name) left \(what): \(path)")
    }
    let keys = account.home + "/.ssh/authorized_keys"
    if account.home.hasPrefix("/"), root.status(keys) != nil { out.append("\(name) left keys: \(keys)") }
    if account.home.hasPrefix("/"), root.status(account.home + "/.config/systemd/user") != nil {
      out.append("\(name) left user units: \(account.home)/.config/systemd/user")
    }
    for folder in ["/var/spool/cron/atjobs", "/tmp", "/var/tmp", "/dev/shm"] {
      let own = ((try? root.names(in: folder)) ?? []).filter { root.status("\(folder)/\($0)")?.st_uid == account.uid }
      if let first = own.first {
        out.append("\(name) left \(own.count) in \(folder), \(first.visible) among them")
      }
    }
    let pids = processes?.of(uid: account.uid) ?? []
    if !pids.isEmpty {
      out.append(
        "\(name) has \(pids.count) running processes: \(pids.prefix(10).map(String.init).joined(separator: " "))")
    }
    return out
  }
}

/// The processes of this machine by real, effective and saved uid (proc(5), `status`).
struct RunningProcesses {
  private var byUID: [UInt32: [Int]] = [:]

  init() {
    for name in (try? HostRoot("/").names(in: "/proc")) ?? [] {
      guard let pid = Int(name), let bytes = try? FileContents.read("/proc/\(pid)/status", limit: 1 << 20) else {
        continue
      }
      for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("Uid:") {
        for uid in Set(line.split(separator: "\t").dropFirst().compactMap { UInt32($0) }) {
          byUID[uid, default: []].append(pid)
        }
      }
    }
  }

  func of(uid: UInt32) -> [Int] { (byUID[uid] ?? []).sorted() }
}
