public import WritPolicy

/// One change of files that the kernel wrote down: who did it, with which program, when.
public struct AuditEvent: Sendable, Hashable {
  public var time: Instant
  /// Tells apart events of one instant, and finds this one with `ausearch -a`.
  public var serial: UInt64
  /// Who logged in, whatever became of them since by sudo; nil: nobody did, as for a daemon.
  public var login: UInt32?
  /// The program, made visible.
  public var program: String
  /// Absolute paths that it made, changed or took away.
  var paths: Set<String>
}

/// Puts together the records of events, which come one a line and mixed with those of others (auditd.conf(5), `log_format`).
///
/// The kernel writes names that hold blanks or quotes as digits, so a name cannot look like a field; what a program of
/// people's says of itself (`USER_…` records) is passed over.
struct AuditRecords {
  private struct Parts {
    var time: Int64
    var serial: UInt64
    var login: UInt32?
    var program: String?
    var succeeded = false
    var folder: String?
    var names: [String] = []
  }

  /// Events whose records are not all there are kept as they are at most; the oldest go first.
  static let openLimit = 4096

  /// By time and serial number as written: numbers begin anew with every boot.
  private var open: [Substring: Parts] = [:]
  private var order: [Substring] = []
  private(set) var events: [AuditEvent] = []
  /// Events whose records may still come.
  var openCount: Int { order.count }
  let since: Instant

  init(since: Instant) { self.since = since }

  mutating func add(_ line: ArraySlice<UInt8>) {
    // What follows is the daemon's reading of the numbers, by the host's own account files.
    let text = String(decoding: line.prefix { $0 != 0x1d }, as: UTF8.self)
    guard text.hasPrefix("type="), let (stamp, parts, body) = Self.head(text),
      parts.time >= since.seconds
    else { return }
    let kind = text.dropFirst(5).prefix { $0 != " " }
    guard kind == "SYSCALL" || kind == "CWD" || kind == "PATH" else { return }
    if open[stamp] == nil {
      if order.count >= Self.openLimit { closeOldest() }
      open[stamp] = parts
      order.append(stamp)
    }
    let fields = Self.fields(body)
    switch kind {
    case "SYSCALL":
      open[stamp]?.login = fields["auid"].flatMap { UInt32($0) }.flatMap { $0 == UInt32.max ? nil : $0 }
      open[stamp]?.program = fields["exe"].flatMap(Self.decoded)
      open[stamp]?.succeeded = fields["success"] == "yes"
    case "CWD": open[stamp]?.folder = fields["cwd"].flatMap(Self.decoded)
    default:
      guard fields["nametype"] != "PARENT", let name = fields["name"].flatMap(Self.decoded) else { return }
      open[stamp]?.names.append(name)
    }
  }

  /// To be called once after the last line.
  mutating func finish() {
    for stamp in order { close(stamp) }
    order = []
  }

  /// Half of them at once: taking away the first of many one by one would be quadratic.
  private mutating func closeOldest() {
    for stamp in order.prefix(Self.openLimit / 2) { close(stamp) }
    order.removeFirst(Self.openLimit / 2)
  }

  private mutating func close(_ stamp: Substring) {
    guard let parts = open.removeValue(forKey: stamp), parts.succeeded, let program = parts.program else { return }
    let paths = parts.names.compactMap { Self.absolute($0, in: parts.folder) }
    guard !paths.isEmpty else { return }
    events.append(
      AuditEvent(
        time: Instant(seconds: parts.time), serial: parts.serial, login: parts.login, program: program.visible,
        paths: Set(paths)))
  }

  /// `… msg=audit(1700000000.123:456): …`
  private static func head(_ text: String) -> (stamp: Substring, Parts, body: Substring)? {
    guard let start = text.firstRange(of: " msg=audit("), let end = text[start.upperBound...].firstRange(of: "):")
    else { return nil }
    let stamp = text[start.upperBound..<end.lowerBound]
    let halves = stamp.split(separator: ":")
    guard halves.count == 2, let time = Int64(halves[0].prefix { $0 != "." }), let serial = UInt64(halves[1]) else {
      return nil
    }
    return (stamp, Parts(time: time, serial: serial), text[end.upperBound...])
  }

  /// The first of each name counts.
  private static func fields(_ text: Substring) -> [Substring: Substring] {
    var fields: [Substring: Substring] = [:]
    for word in text.split(separator: " ") {
      guard let sign = word.firstIndex(of: "=") else { continue }
      let name = word[..<sign]
      if fields[name] == nil { fields[name] = word[word.index(after: sign)...] }
    }
    return fields
  }

  /// `"/etc/passwd"`, or the bytes as hexadecimal digits; nil for `(null)`.
  private static func decoded(_ value: Substring) -> String? {
    if value.hasPrefix("\""), value.count > 1 { return String(value.dropFirst().prefix { $0 != "\"" }) }
    guard !value.isEmpty, value.utf8.count.isMultiple(of: 2), value.allSatisfy(\.isHexDigit) else { return nil }
    var bytes: [UInt8] = []
    var rest = value
    while let byte = UInt8(rest.prefix(2), radix: 16) {
      bytes.append(byte)
      rest = rest.dropFirst(2)
      if rest.isEmpty { break }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func absolute(_ name: String, in folder: String?) -> String? {
    guard !name.hasPrefix("/") else { return normal(name) }
    return folder.map { normal($0 + "/" + name) }
  }

  private static func normal(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
