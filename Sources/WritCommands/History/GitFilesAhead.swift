internal import Dispatch
internal import Synchronization
internal import WritGit
internal import WritHistory
internal import WritSystem

/// Reads policy files ahead on a thread of its own, with a repository of its own: libgit2 keeps the last error by thread.
final class GitFilesAhead: PolicyFilesAhead {
  typealias Failure = GitError

  /// A thread and a repository cost as much as some commits.
  let fewest = 32

  private let open: @Sendable () throws(GitError) -> GitPolicyReader
  private let parse: PolicyFiles.Parse
  private var queue: Queue?
  private var thread: WorkerThread?

  init(parse: @escaping PolicyFiles.Parse, open: @escaping @Sendable () throws(GitError) -> GitPolicyReader) {
    self.parse = parse
    self.open = open
  }

  deinit { stop() }

  func begin(_ files: PolicyFiles, _ commits: [HistoryCommit]) {
    stop()
    let queue = Queue()
    self.queue = queue
    // Without a thread everything is read when it is asked for.
    thread = try? WorkerThread { [open, parse] in
      do throws(GitError) {
        try files.walk(commits, try open(), parse) { queue.put(.success($0), size: $0.size) }
      } catch { _ = queue.put(.failure(error), size: 0) }
      queue.end()
    }
    if thread == nil { queue.end() }
  }

  func next() -> Result<PolicyFileStep, GitError>? { queue?.take() }

  func stop() {
    queue?.close()
    thread?.join()
    queue = nil
    thread = nil
  }
}

/// What was read and not yet asked for: between one thread that puts and one that takes.
private final class Queue: Sendable {
  typealias Element = Result<PolicyFileStep, GitError>

  private struct State {
    var waiting: [(element: Element, size: Int)] = []
    /// Bytes of all that waits.
    var size = 0
    var isClosed = false

    /// One may wait whatever its size.
    func hasRoom(for size: Int) -> Bool {
      waiting.isEmpty || waiting.count < Queue.most && self.size + size <= Queue.mostBytes
    }
  }

  private static let most = 64
  private static let mostBytes = 4 << 20

  private let state = Mutex(State())
  /// Counts what was put, and the end.
  private let filled = DispatchSemaphore(value: 0)
  /// Says that there may be room again.
  private let emptied = DispatchSemaphore(value: 0)

  /// Waits for room; false once nobody takes any more.
  func put(_ element: Element, size: Int) -> Bool {
    while true {
      let isDone: Bool? = state.withLock { state in
        if state.isClosed { return false }
        guard state.hasRoom(for: size) else { return nil }
        state.waiting.append((element, size))
        state.size += size
        return true
      }
      if let isDone {
        if isDone { filled.signal() }
        return isDone
      }
      emptied.wait()
    }
  }

  /// Nothing more will be put.
  func end() { filled.signal() }

  /// Waits for the next; nil after the last.
  func take() -> Element? {
    filled.wait()
    let taken = state.withLock { state in
      let first = state.waiting.isEmpty ? nil : state.waiting.removeFirst()
      state.size -= first?.size ?? 0
      return first?.element
    }
    // Whoever asks again after the end is told again.
    if taken == nil { filled.signal() } else { emptied.signal() }
    return taken
  }

  /// Nothing more will be taken.
  func close() {
    state.withLock { $0.isClosed = true }
    emptied.signal()
  }
}
