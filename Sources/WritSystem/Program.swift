internal import CWritSys
internal import Glibc

/// A program to run: by absolute path, with an argument list, an environment of its own and a time limit.
///
/// It stands on `posix_spawn` rather than on a package: everything that calls it is synchronous, and the static agent
/// stays free of a thread pool.
public struct Program: Sendable {
  public var path: String
  public var arguments: [String]
  /// The whole environment. Default: `PATH` with the system's folders, and `LC_ALL=C.UTF-8`.
  public var environment: [String: String]
  public var workingDirectory: String?
  public var input: [UInt8]
  /// Seconds after which the program and its process group are killed.
  public var timeLimit: Int
  /// Bytes of output, and of error output, over which the program is killed.
  public var outputLimit: Int
  /// A descriptor that the program gets as its fourth, so that a lock on it lasts until both have ended.
  public var inherited: Int32?

  public static let plainEnvironment = [
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
  ]

  public init(
    _ path: String, _ arguments: [String] = [], environment: [String: String] = Program.plainEnvironment,
    workingDirectory: String? = nil, input: [UInt8] = [], timeLimit: Int = 60, outputLimit: Int = 64 << 20,
    inherited: Int32? = nil
  ) {
    self.path = path
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.input = input
    self.timeLimit = timeLimit
    self.outputLimit = outputLimit
    self.inherited = inherited
  }

  public struct Result: Sendable {
    public enum Ending: Sendable, Hashable {
      case exited(Int32)
      case signalled(Int32)
    }
    public var ending: Ending
    public var output: [UInt8]
    public var errorOutput: [UInt8]

    public var succeeded: Bool { ending == .exited(0) }
    public var outputText: String { String(decoding: output, as: UTF8.self) }
    public var errorText: String { String(decoding: errorOutput, as: UTF8.self) }
  }

  public enum Failure: Error, Sendable, Hashable {
    case notStarted(SystemError)
    case timedOut(program: String, seconds: Int)
    case tooMuchOutput(program: String, bytes: Int)
    case system(SystemError)
  }

  /// Runs the program to its end.
  ///
  /// - Throws: ``Failure`` when it could not be started or was killed for its limits. An exit status other than 0 is not an
  ///   error here: it is in the result.
  public func run() throws(Failure) -> Result {
    precondition(path.hasPrefix("/"), "programs are called by absolute path")
    _ = Self.ignoringBrokenPipes
    let input = try Pipe()
    let output = try Pipe()
    let errors = try Pipe()
    var child: pid_t = 0
    let code = withCStrings([path] + arguments) { argv in
      withCStrings(environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }) { envp in
        writ_spawn(
          path, argv, envp, workingDirectory, input.reading.number, output.writing.number, errors.writing.number,
          inherited ?? -1, &child
        )
      }
    }
    guard code == 0 else { throw .notStarted(SystemError("start", path, code: code)) }
    input.reading.close()
    output.writing.close()
    errors.writing.close()
    return try collect(child: child, input: input.writing, output: output.reading, errors: errors.reading)
  }

  static let ignoringBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

  private func collect(child: pid_t, input: Descriptor, output: Descriptor, errors: Descriptor) throws(Failure)
    -> Result
  {
    var written = 0
    var out: [UInt8] = []
    var err: [UInt8] = []
    var outOpen = true
    var errOpen = true
    var chunk = [UInt8](repeating: 0, count: 65536)
    let deadline = Self.monotonicMilliseconds() + Int64(timeLimit) * 1000
    _ = fcntl(input.number, F_SETFL, O_NONBLOCK)
    if self.input.isEmpty { input.close() }
    while outOpen || errOpen {
      var polled = [
        pollfd(fd: outOpen ? output.number : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: errOpen ? errors.number : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: input.isOpen ? input.number : -1, events: Int16(POLLOUT), revents: 0),
      ]
      let left = deadline - Self.monotonicMilliseconds()
      if left <= 0 {
        Self.end(child)
        throw .timedOut(program: path, seconds: timeLimit)
      }
      let ready = poll(&polled, 3, Int32(clamping: left))
      if ready < 0 {
        if errno == EINTR { continue }
        let failure = SystemError("poll", path)
        Self.end(child)
        throw .system(failure)
      }
      if polled[0].revents != 0 { outOpen = Self.drain(output, by: &chunk, into: &out) }
      if polled[1].revents != 0 { errOpen = Self.drain(errors, by: &chunk, into: &err) }
      if out.count > outputLimit || err.count > outputLimit {
        Self.end(child)
        throw .tooMuchOutput(program: path, bytes: outputLimit)
      }
      if polled[2].revents != 0 {
        let count = self.input.withUnsafeBytes { bytes in
          write(input.number, bytes.baseAddress?.advanced(by: written), bytes.count - written)
        }
        if count > 0 { written += count }
        // A program that does not read all of its input is not at fault.
        if written == self.input.count || (count < 0 && errno != EAGAIN && errno != EINTR) { input.close() }
      }
    }
    input.close()
    // Both pipes are closed; the process itself may linger, so the time limit still counts.
    var status: Int32 = 0
    while true {
      let waited = waitpid(child, &status, WNOHANG)
      if waited == child { break }
      if waited < 0 && errno != EINTR { throw .system(SystemError("wait for", path)) }
      if Self.monotonicMilliseconds() > deadline {
        Self.end(child)
        throw .timedOut(program: path, seconds: timeLimit)
      }
      usleep(500)
    }
    let ending: Result.Ending =
      (status & 0x7f) == 0 ? .exited((status >> 8) & 0xff) : .signalled(status & 0x7f)
    return Result(ending: ending, output: out, errorOutput: err)
  }

  /// Kills the process group and reaps the child.
  private static func end(_ child: pid_t) {
    kill(-child, SIGKILL)
    kill(child, SIGKILL)
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
  }

  /// False once the other side closed.
  private static func drain(
    _ descriptor: Descriptor, by chunk: inout [UInt8], into buffer: inout [UInt8]
  ) -> Bool {
    let count = read(descriptor.number, &chunk, chunk.count)
    if count > 0 {
      buffer.append(contentsOf: chunk[..<count])
      return true
    }
    return count < 0 && (errno == EINTR || errno == EAGAIN)
  }

  private static func monotonicMilliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }
}

private final class Descriptor {
  private(set) var number: Int32
  init(_ number: Int32) { self.number = number }
  var isOpen: Bool { number >= 0 }
  func close() {
    if number >= 0 { _ = Glibc.close(number) }
    number = -1
  }
  deinit { close() }
}

private struct Pipe {
  let reading: Descriptor
  let writing: Descriptor

  init() throws(Program.Failure) {
    var ends: [Int32] = [-1, -1]
    guard writ_pipe(&ends) == 0 else { throw .system(SystemError("pipe", "")) }
    reading = Descriptor(ends[0])
    writing = Descriptor(ends[1])
  }
}

/// Calls `body` with a NULL-terminated array of C strings.
func withCStrings<R>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return body(pointers)
}
