internal import Glibc
internal import WritRender

/// Where results and messages go: results to standard output, everything else to standard error.
enum Terminal {
  /// Colour only where a person looks and did not say no (https://no-color.org).
  static var outputStyle: TextStyle { style(of: STDOUT_FILENO) }
  static var errorStyle: TextStyle { style(of: STDERR_FILENO) }

  private static func style(of descriptor: Int32) -> TextStyle {
    let refused = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
    let dumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
    return isatty(descriptor) == 1 && !refused && !dumb ? .coloured : .plain
  }

  /// Columns of the terminal; 100 where there is none, so that files and pipes always look the same.
  static var width: Int {
    var size = winsize()
    guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return 100
    }
    return max(40, Int(size.ws_col))
  }

  /// Writes a result. A reader that went away ends the program quietly, as `head` expects.
  static func write(_ text: String) { put(text, to: STDOUT_FILENO) }

  static func writeLine(_ text: String) { write(text + "\n") }

  static func message(_ text: String) { put(text + "\n", to: STDERR_FILENO) }

  /// Whether somebody sees a line that is drawn over again and again.
  static var errorIsTerminal: Bool {
    isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) != "dumb" } ?? false
  }

  /// Columns of the terminal that messages go to.
  static var errorWidth: Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// Replaces the line that the cursor stands on.
  static func overwrite(_ text: String) {
    Array(("\r\u{1b}[K" + text).utf8).withUnsafeBytes { put($0, to: STDERR_FILENO) }
  }

  /// Writes a part of a long result.
  static func write(_ bytes: UnsafeRawBufferPointer) {
    ProgressLine.clear()
    put(bytes, to: STDOUT_FILENO)
  }

  private static func put(_ text: String, to descriptor: Int32) {
    ProgressLine.clear()
    Array(text.utf8).withUnsafeBytes { put($0, to: descriptor) }
  }

  private static func put(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) {
    var bytes = bytes
    while !bytes.isEmpty {
      let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      if count < 0 {
        if errno == EINTR { continue }
        if descriptor == STDOUT_FILENO {
          // A full disk must not look like success; a closed pipe is how `head` says enough.
          exit(errno == EPIPE ? 141 : ExitStatus.failed.rawValue)
        }
        return
      }
      bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(count))
    }
  }

  /// Everything on standard input, up to a limit.
  static func readInput(limit: Int) throws -> [UInt8] {
    var out: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    defer { for index in chunk.indices { chunk[index] = 0 } }
    while true {
      let count = read(STDIN_FILENO, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw CommandFailure(.failed, "standard input cannot be read")
      }
      if count == 0 { return out }
      guard out.count + count <= limit else {
        throw CommandFailure(.failed, "standard input is longer than \(limit) bytes")
      }
      out.append(contentsOf: chunk[..<count])
    }
  }

  /// Asks, and leaves the cursor behind the question.
  static func ask(_ question: String) { put(question, to: STDERR_FILENO) }

  /// Whether somebody types at standard input.
  static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }
}
