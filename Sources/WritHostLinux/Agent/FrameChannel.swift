internal import Glibc
internal import Synchronization
internal import WritSystem

/// Why nothing more is sent or received.
enum ChannelError: Error, Hashable {
  /// The other side closed it.
  case closed
  /// Nothing came, or nothing was taken, for so many seconds.
  case silent(seconds: Int)
  /// The other side announces more bytes than it may send.
  case tooLarge(bytes: Int)
  /// What came is not this protocol; the first bytes of it, visible.
  case strange(String)
  case system(SystemError)
}

/// Frames over two descriptors: a mark once, then each frame after its length in four bytes, big end first.
///
/// Neither side is believed: a length over the limit ends the channel before anything is read, and room is made for bytes
/// that came, not for those that were announced.
final class FrameChannel: Sendable {
  /// Says the protocol and its version; what begins otherwise is no agent, or another one.
  static let mark = Array("WRIT-AGENT 1\n".utf8)
  /// The desired state of a host with ten thousand accounts is a fifth of this.
  static let frameLimit = 64 << 20
  private static let chunk = 64 << 10

  private let input: Int32
  private let output: Int32
  private let sending = Mutex<Void>(())

  /// - Parameters: descriptors to read from and to write to; they stay the caller's to close.
  init(reading input: Int32, writing output: Int32) {
    self.input = input
    self.output = output
    for descriptor in [input, output] {
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }
  }

  // MARK: sending

  func sendMark(patience: Int) throws(ChannelError) { try write(Self.mark[...], patience) }

  /// Sends one frame; may be called from several threads.
  ///
  /// - Parameters:
  ///   - patience: seconds for which the other side may take nothing.
  ///   - deadline: by ``seconds()``; whoever takes a byte now and then holds nobody up for longer.
  func send(_ bytes: [UInt8], patience: Int, until deadline: Int = .max) throws(ChannelError) {
    guard bytes.count <= Self.frameLimit else { throw .tooLarge(bytes: bytes.count) }
    let length = (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> (24 - 8 * $0)) }
    try sending.withLock { _ throws(ChannelError) in try write((length + bytes)[...], patience, deadline) }
  }

  private func write(
    _ bytes: ArraySlice<UInt8>, _ patience: Int, _ deadline: Int = .max
  ) throws(ChannelError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count < 0 && errno == EAGAIN {
        try wait(for: output, POLLOUT, patience, deadline)
      } else if count < 0 && errno == EPIPE {
        throw .closed
      } else if count < 0 && errno != EINTR {
        throw .system(SystemError("write to", "the other side"))
      }
    }
  }

  // MARK: receiving

  /// Reads the mark.
  ///
  /// - Throws: ``ChannelError/strange(_:)`` for anything else, such as what a login script prints.
  func receiveMark(patience: Int) throws(ChannelError) {
    var found: [UInt8] = []
    while found.count < Self.mark.count {
      guard let more = try read(Self.mark.count - found.count, patience) else {
        throw found.isEmpty ? .closed : .strange(Self.text(found))
      }
      found += more
      guard Self.mark.starts(with: found) else { throw .strange(Self.text(found)) }
    }
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self).visible }

  /// Reads one frame; nil where the other side ended between two frames.
  ///
  /// - Parameters:
  ///   - patience: seconds for which nothing may come.
  ///   - deadline: by ``seconds()``, for the whole frame; whoever sends a byte now and then holds nobody up for longer.
  func receive(patience: Int, until deadline: Int = .max) throws(ChannelError) -> [UInt8]? {
    guard let head = try read(exactly: 4, patience, deadline) else { return nil }
    let length = head.reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.frameLimit else { throw .tooLarge(bytes: length) }
    guard let frame = try read(exactly: length, patience, deadline) else { throw .closed }
    return frame
  }

  private func read(exactly count: Int, _ patience: Int, _ deadline: Int) throws(ChannelError) -> [UInt8]? {
    var bytes: [UInt8] = []
    while bytes.count < count {
      guard let more = try read(min(count - bytes.count, Self.chunk), patience, deadline) else {
        if bytes.isEmpty { return nil }
        throw .closed
      }
      bytes += more
    }
    return bytes
  }

  /// Some bytes, at least one; nil at the end.
  private func read(_ most: Int, _ patience: Int, _ deadline: Int = .max) throws(ChannelError) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: most)
    while true {
      let count = Glibc.read(input, &buffer, most)
      if count > 0 { return Array(buffer[..<count]) }
      if count == 0 { return nil }
      if errno == EAGAIN {
        try wait(for: input, POLLIN, patience, deadline)
      } else if errno == ECONNRESET {
        return nil
      } else if errno != EINTR {
        throw .system(SystemError("read from", "the other side"))
      }
    }
  }

  private func wait(
    for descriptor: Int32, _ events: Int32, _ patience: Int, _ deadline: Int
  ) throws(ChannelError) {
    let end = min(Self.seconds() + patience, deadline)
    while true {
      let left = end - Self.seconds()
      guard left > 0 else { throw .silent(seconds: patience) }
      var polled = pollfd(fd: descriptor, events: Int16(events), revents: 0)
      let ready = poll(&polled, 1, Int32(clamping: left * 1000))
      if ready > 0 { return }
      if ready < 0 && errno != EINTR { throw .system(SystemError("wait for", "the other side")) }
    }
  }

  static func seconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec
  }
}
