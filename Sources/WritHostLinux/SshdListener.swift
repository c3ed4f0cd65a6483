internal import Glibc
internal import WritSystem

/// The sshd of this machine that waits for connections.
struct SshdListener {
  static let pidFile = "/run/sshd.pid"
  /// Milliseconds within which it must greet again after reading its configuration.
  static let patience = 5_000

  var pid: pid_t

  /// Nil where none runs.
  init?() {
    guard let bytes = try? FileContents.read(Self.pidFile, limit: 64),
      let pid = pid_t(String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)), Self.isSshd(pid)
    else { return nil }
    self.pid = pid
  }

  /// Has it read its configuration again, and waits until it greets on every address where it greeted before.
  ///
  /// Never a restart: sessions stay, and a listener that cannot come back would lock everybody out.
  ///
  /// - Throws: ``HostError/refused(tool:complaint:)`` when it ended or greets no more.
  func reload() throws(HostError) {
    let before = Self.addresses().filter { $0.greets(within: 1_000) }
    guard kill(pid, SIGHUP) == 0 else { throw .system(SystemError("signal", "sshd")) }
    // It takes its sockets down first; before that the old one would still greet.
    usleep(300_000)
    for address in before {
      var left = Self.patience / 100
      while !address.greets(within: 1_000) {
        left -= 1
        guard left > 0, Self.isSshd(pid) else {
          throw .refused(tool: "sshd", complaint: "it gives no greeting on \(address.text) any more")
        }
        usleep(100_000)
      }
    }
    guard Self.isSshd(pid) else {
      throw .refused(tool: "sshd", complaint: "it ended when it read its configuration again")
    }
  }

  private static func isSshd(_ pid: pid_t) -> Bool {
    guard pid > 1, let name = try? FileContents.read("/proc/\(pid)/comm", limit: 256) else { return false }
    return name.starts(with: "sshd".utf8)
  }

  /// Where the configuration in place says that it listens.
  private static func addresses() -> [SshdAddress] {
    guard let answers = try? SshdAnswers(account: "root", configuration: SshdConfiguration.main, hostKey: nil) else {
      return []
    }
    return answers.words("listenaddress").compactMap { SshdAddress($0) }
  }
}

/// `192.0.2.7:22`, `[2001:db8::7]:22`
struct SshdAddress {
  let text: String
  private let host: String
  private let port: UInt16

  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    self.text = text
    // Every address of the machine is reached by its own.
    self.host = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host
    self.port = port
  }

  /// Whether an ssh server gives its banner there (RFC 4253, 4.2).
  func greets(within milliseconds: Int32) -> Bool {
    let isSix = host.contains(":")
    let descriptor = socket(isSix ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | O_NONBLOCK | O_CLOEXEC, 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    guard connects(descriptor, isSix) else { return false }
    var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&polled, 1, milliseconds) == 1 else { return false }
    var buffer = [UInt8](repeating: 0, count: 4)
    return read(descriptor, &buffer, buffer.count) == 4 && buffer == Array("SSH-".utf8)
  }

  private func connects(_ descriptor: Int32, _ isSix: Bool) -> Bool {
    func reaches<Address>(_ address: inout Address) -> Bool {
      let rc = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
        }
      }
      return rc == 0 || errno == EINPROGRESS
    }
    if isSix {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      return inet_pton(AF_INET6, host, &address.sin6_addr) == 1 && reaches(&address)
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    return inet_pton(AF_INET, host, &address.sin_addr) == 1 && reaches(&address)
  }
}
