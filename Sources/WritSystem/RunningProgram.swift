internal import CWritSys
internal import Glibc

/// A program that runs beside this one, with pipes to talk over; killed with its process group when it is let go.
///
/// Its error output stays in its pipe until it is asked for: what is beyond the pipe's size makes the program wait, not this
/// one grow.
public final class RunningProgram {
  /// What the program writes.
  public let reading: Int32
  /// What the program reads.
  public let writing: Int32
  private let errors: Int32
  private let child: pid_t
  private var ending: Program.Result.Ending?
  private var areOpen = true

  fileprivate init(child: pid_t, reading: Int32, writing: Int32, errors: Int32) {
    self.child = child
    self.reading = reading
    self.writing = writing
    self.errors = errors
  }

  deinit {
    end()
    close(errors)
  }

  /// Most of its error output that is kept.
  private static let errorLimit = 64 << 10

  /// What it wrote as errors so far; to be asked for once.
  public func errorOutput() -> [UInt8] {
    _ = fcntl(errors, F_SETFL, O_NONBLOCK)
    var bytes = [UInt8](repeating: 0, count: Self.errorLimit)
    let count = read(errors, &bytes, bytes.count)
    return Array(bytes.prefix(max(0, count)))
  }

  /// Closes the pipes, so that a program that talks over them ends by itself, and waits for that.
  ///
  /// - Parameter patience: milliseconds after which it is killed.
  /// - Returns: how it ended; may be called again.
  @discardableResult
  public func end(patience: Int = 2000) -> Program.Result.Ending {
    if areOpen {
      areOpen = false
      close(reading)
      close(writing)
    }
    if let ending { return ending }
    var status: Int32 = 0
    var waited = 0
    while true {
      let found = waitpid(child, &status, WNOHANG)
      if found == child || (found < 0 && errno != EINTR) { break }
      if waited == patience {
        kill(-child, SIGKILL)
        kill(child, SIGKILL)
      }
      usleep(1000)
      waited += 1
    }
    let ending: Program.Result.Ending = (status & 0x7f) == 0 ? .exited((status >> 8) & 0xff) : .signalled(status & 0x7f)
    self.ending = ending
    return ending
  }
}

extension Program {
  /// Starts the program; its input, limits of output and of time do not count here.
  ///
  /// - Throws: ``Failure`` when it could not be started.
  public func start() throws(Failure) -> RunningProgram {
    precondition(path.hasPrefix("/"), "programs are called by absolute path")
    _ = Self.ignoringBrokenPipes
    var ends: [[Int32]] = []
    func closeAll() { for end in ends.joined() { close(end) } }
    for _ in 0..<3 {
      var pair: [Int32] = [-1, -1]
      guard writ_pipe(&pair) == 0 else {
        let failure = SystemError("pipe", path)
        closeAll()
        throw .system(failure)
      }
      ends.append(pair)
    }
    var child: pid_t = 0
    let code = withCStrings([path] + arguments) { argv in
      withCStrings(environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }) { envp in
        writ_spawn(path, argv, envp, workingDirectory, ends[0][0], ends[1][1], ends[2][1], inherited ?? -1, &child)
      }
    }
    guard code == 0 else {
      closeAll()
      throw .notStarted(SystemError("start", path, code: code))
    }
    for end in [ends[0][0], ends[1][1], ends[2][1]] { close(end) }
    return RunningProgram(child: child, reading: ends[1][0], writing: ends[0][1], errors: ends[2][0])
  }
}
