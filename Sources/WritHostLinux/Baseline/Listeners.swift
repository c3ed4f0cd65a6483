internal import Glibc
internal import WritSystem

/// A TCP socket that waits for connections from other machines.
struct Listener: Hashable {
  /// As `ss` writes it: `0.0.0.0:8888`, `[::]:8888`.
  var address: String
  /// Of whoever made the socket.
  var uid: UInt32
  var inode: UInt64
}

/// What listens on a host, as its kernel tells: proc_net(5), the table of the network namespace that writ runs in.
struct Listeners {
  static let tables = ["/proc/net/tcp", "/proc/net/tcp6"]

  var root: HostRoot

  /// Those on other addresses than this machine's own, in order; nil where there is no table to read.
  func open() -> [Listener]? {
    var found: [Listener]?
    for table in Self.tables {
      guard let bytes = try? root.contents(table) else { continue }
      found = (found ?? []) + Self.open(in: bytes)
    }
    return found.map { Array(Set($0)).sorted { ($0.uid, $0.address) < ($1.uid, $1.address) } }
  }

  /// Lines read `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …`.
  static func open(in table: [UInt8]) -> [Listener] {
    table.split(separator: 10).dropFirst().compactMap { line in
      let words = String(decoding: line, as: UTF8.self).split(separator: " ")
      // State 0A is LISTEN (net/tcp_states.h).
      guard words.count > 9, words[3] == "0A", let uid = UInt32(words[7]), let inode = UInt64(words[9]),
        let (bytes, port) = address(words[1]), !isLoopback(bytes)
      else { return nil }
      return Listener(address: "\(text(bytes)):\(port)", uid: uid, inode: inode)
    }
  }

  /// The bytes in network order, and the port. The kernel prints each word of four bytes as a number of the machine's.
  private static func address(_ text: Substring) -> ([UInt8], UInt16)? {
    let halves = text.split(separator: ":")
    guard halves.count == 2, let port = UInt16(halves[1], radix: 16), [8, 32].contains(halves[0].utf8.count) else {
      return nil
    }
    var bytes: [UInt8] = []
    var rest = halves[0]
    while !rest.isEmpty {
      guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
      withUnsafeBytes(of: word) { bytes += $0 }
      rest = rest.dropFirst(8)
    }
    return (bytes, port)
  }

  private static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

  private static func isLoopback(_ bytes: [UInt8]) -> Bool {
    if bytes.count == 4 { return bytes[0] == 127 }
    return bytes == [UInt8](repeating: 0, count: 15) + [1] || bytes.starts(with: mapped) && bytes[12] == 127
  }

  private static func text(_ bytes: [UInt8]) -> String {
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    guard inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { return "?" }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return family == AF_INET ? text : "[\(text)]"
  }

  // MARK: whose they are

  struct Holder: Hashable, Comparable {
    var pid: Int
    /// As the kernel has it (proc_pid_comm(5)); a process gives itself any name.
    var name: String

    static func < (a: Holder, b: Holder) -> Bool { (a.pid, a.name) < (b.pid, b.name) }
  }

  /// The processes that hold each of these sockets open. Only root sees those of others.
  func holders(of sockets: Set<UInt64>) -> [UInt64: [Holder]] {
    var found: [UInt64: Set<Holder>] = [:]
    for name in (try? root.names(in: "/proc")) ?? [] {
      guard let pid = Int(name) else { continue }
      let folder = "/proc/\(name)/fd"
      for descriptor in (try? root.names(in: folder)) ?? [] {
        guard let socket = socket(root.path("\(folder)/\(descriptor)")), sockets.contains(socket) else { continue }
        let bytes = (try? root.contents("/proc/\(name)/comm")) ?? []
        let command = String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self).visible
        found[socket, default: []].insert(Holder(pid: pid, name: command))
      }
    }
    return found.mapValues { $0.sorted() }
  }

  /// `socket:[INODE]`
  private func socket(_ link: String) -> UInt64? {
    var buffer = [CChar](repeating: 0, count: 64)
    let count = readlink(link, &buffer, buffer.count)
    guard count > 0 else { return nil }
    let text = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard text.hasPrefix("socket:["), text.hasSuffix("]") else { return nil }
    return UInt64(text.dropFirst(8).dropLast())
  }
}
