internal import Glibc
internal import WritSystem

/// One process of this machine as proc(5) shows it.
struct HostProcess: Hashable, Sendable {
  var pid: pid_t
  /// Ticks from boot to its start: with the pid it names one process, also when the pid was given again.
  var start: UInt64
  var parent: pid_t
  /// Real, effective, saved and that of file accesses.
  var uids: Set<UInt32>
  /// The same of groups, and the supplementary ones.
  var groups: Set<UInt32>
  /// Whose login it goes back to, also through sudo; nil where nobody's.
  var login: UInt32?
  /// As the kernel has it; control characters are visible.
  var name: String

  /// What `/proc/PID/loginuid` holds of a process of no session.
  private static let noLogin = UInt32.max

  /// Nil when it is gone, or cannot be read whole.
  init?(_ pid: pid_t) {
    guard let status = Self.text("/proc/\(pid)/status"), let line = Self.text("/proc/\(pid)/stat"),
      // The name stands in parentheses and may hold any character.
      let close = line.lastIndex(of: ")"), let open = line.firstIndex(of: "(")
    else { return nil }
    let fields = line[line.index(after: close)...].split(separator: " ")
    guard fields.count > 19, let parent = pid_t(fields[1]), let start = UInt64(fields[19]) else { return nil }
    (self.pid, self.parent, self.start) = (pid, parent, start)
    name = String(line[line.index(after: open)..<close]).visible
    var numbers: [String: Set<UInt32>] = [:]
    for line in status.split(separator: "\n") {
      let halves = line.split(separator: ":", maxSplits: 1)
      guard halves.count == 2, ["Uid", "Gid", "Groups"].contains(halves[0]) else { continue }
      numbers[String(halves[0])] = Set(halves[1].split { $0 == "\t" || $0 == " " }.compactMap { UInt32($0) })
    }
    guard let uids = numbers["Uid"], let gids = numbers["Gid"], let groups = numbers["Groups"] else { return nil }
    self.uids = uids
    self.groups = gids.union(groups)
    login = Self.text("/proc/\(pid)/loginuid").flatMap { UInt32($0.filter(\.isNumber)) }
      .flatMap { $0 == Self.noLogin ? nil : $0 }
  }

  private static func text(_ path: String) -> String? {
    (try? FileContents.read(path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Every process there is; those that come and go meanwhile may be missing.
  static func all() -> [HostProcess] {
    ((try? HostRoot("/").names(in: "/proc")) ?? []).compactMap { pid_t($0) }.sorted().compactMap { HostProcess($0) }
  }
}
