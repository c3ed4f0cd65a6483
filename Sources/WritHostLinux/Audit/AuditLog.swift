internal import Glibc
public import WritPlan
public import WritPolicy
internal import WritSystem

/// The audit log of a host, as far as it can say who changed something.
struct AuditLog {
  static let folder = "/var/log/audit"
  /// Bytes that are read of all files together, the newest first; auditd keeps five of 8 MiB unless it is told otherwise.
  static let byteLimit = 128 << 20

  var root: HostRoot

  struct Reading {
    /// Oldest first.
    var events: [AuditEvent] = []
    /// What was not looked at.
    var gaps: [String] = []
  }

  /// nil where there is no log.
  func read(since: Instant) -> Reading? {
    let names: [String]
    do throws(HostError) {
      names = try root.names(in: Self.folder).filter { Self.age($0) != nil }
    } catch { return Reading(events: [], gaps: ["\(error)".visible]) }
    guard !names.isEmpty else { return nil }
    var reading = Reading()
    var left = Self.byteLimit
    var files: [[UInt8]] = []
    for name in names.sorted(by: { (Self.age($0) ?? 0) < (Self.age($1) ?? 0) }) {
      let path = "\(Self.folder)/\(name)"
      do {
        let bytes = try FileContents.read(root.path(path), limit: left)
        left -= bytes.count
        files.append(bytes)
      } catch {
        reading.gaps.append("\(path.visible) was not looked at: \("\(error)".visible)")
      }
    }
    var records = AuditRecords(since: since)
    for bytes in files.reversed() { for line in bytes.split(separator: 10) { records.add(line) } }
    records.finish()
    reading.events = records.events.sorted { ($0.time, $0.serial) < ($1.time, $1.serial) }
    return reading
  }

  /// `audit.log` is 0, `audit.log.3` is 3; nil for another file.
  private static func age(_ name: String) -> Int? {
    if name == "audit.log" { return 0 }
    guard name.hasPrefix("audit.log.") else { return nil }
    return Int(name.dropFirst(10)).flatMap { $0 > 0 ? $0 : nil }
  }
}

extension LinuxHost {
  /// What the audit log says of objects that changed.
  public struct Traces: Sendable {
    /// By object: the last events of different people or programs, the latest first.
    public var events: [String: [AuditEvent]] = [:]
    /// What was not looked at, for people.
    public var gaps: [String] = []
  }

  /// How many events are told of one object.
  public static let traceLimit = 3

  /// Who changed these objects since then, as far as the host's audit log knows. Events of `programs`, writ's own, are no
  /// news.
  ///
  /// - Returns: nil where the host has no audit log.
  public func traces(of objects: some Sequence<ObjectID>, since: Instant, besides programs: Set<String>) -> Traces? {
    guard let reading = AuditLog(root: root).read(since: since) else { return nil }
    var traces = Traces(gaps: reading.gaps)
    for id in objects {
      let places = tracedPaths(id)
      let found = reading.events.filter { event in
        !programs.contains(event.program)
          && event.paths.contains { path in places.contains { path == $0 || path.hasPrefix($0 + "/") } }
      }
      traces.events[id.description] = Self.newest(found)
    }
    return traces
  }

  /// Of each person and program the last event, the latest first.
  private static func newest(_ events: [AuditEvent]) -> [AuditEvent] {
    var seen: Set<String> = []
    var newest: [AuditEvent] = []
    for event in events.reversed() where newest.count < traceLimit {
      let who = "\(event.login.map(String.init) ?? "-") \(event.program)"
      if seen.insert(who).inserted { newest.append(event) }
    }
    return newest
  }

  /// Files and folders by which an object could have been changed.
  private func tracedPaths(_ id: ObjectID) -> [String] {
    switch id.kind {
    case .account: [AccountDatabase.passwdPath, AccountDatabase.shadowPath]
    case .group, .membership: [AccountDatabase.groupPath, AccountDatabase.gshadowPath]
    case .tree: [id.name]
    default: file(id).map { [$0.path] } ?? []
    }
  }
}
