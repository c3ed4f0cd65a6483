internal import Synchronization
internal import WritGit
internal import WritHistory
internal import WritSystem

/// Reads policy files ahead on a thread of its own, with a repository of its own: libgit2 keeps the last error by thread.
final class GitFilesAhead: PolicyFilesAhead {
  typealias Failure = GitError
  private typealias Queue = BoundedQueue<Batch>

  private final class Used: Sendable {
    private let batches = Mutex<[Batch]>([])

    func add(_ batch: Batch) { batches.withLock { $0.append(batch) } }

    func takeAll() -> [Batch] {
      batches.withLock { batches in
        defer { batches = [] }
        return batches
      }
    }
  }

  /// Steps handed over at once, since each hand-over may wake a thread.
  private struct Batch {
    static let most = 8
    static let mostBytes = 1 << 18

    var steps: [PolicyFileStep] = []
    /// Bytes of all of them.
    var size = 0
    /// What ended the reading after them.
    var failure: GitError?

    var isFull: Bool { steps.count >= Self.most || size >= Self.mostBytes }

    mutating func add(_ step: PolicyFileStep) {
      steps.append(step)
      size += step.size
    }
  }

  /// A thread and a repository cost as much as some commits.
  let fewest = 32

  private let open: @Sendable () throws(GitError) -> GitPolicyReader
  private let parse: PolicyFiles.Parse
  private var queue: Queue?
  /// Batches that were asked for, to be given back by the thread that made them.
  private let used = Used()
  private var thread: WorkerThread?
  /// Taken, and not yet asked for.
  private var batch = Batch()
  private var position = 0

  init(parse: @escaping PolicyFiles.Parse, open: @escaping @Sendable () throws(GitError) -> GitPolicyReader) {
    self.parse = parse
    self.open = open
  }

  deinit { stop() }

  func begin(_ files: PolicyFiles, _ commits: [HistoryCommit]) {
    stop()
    let queue = Queue(most: 8, mostSize: 4 << 20)
    self.queue = queue
    // Without a thread everything is read when it is asked for.
    thread = try? WorkerThread { [open, parse, used] in
      ProcessMemory.reserve()
      var batch = Batch()
      func handOver() -> Bool {
        defer {
          batch = Batch()
          _ = used.takeAll()
        }
        return queue.put(batch, size: batch.size)
      }
      do throws(GitError) {
        try files.walk(commits, try open(), parse) { step in
          batch.add(step)
          return batch.isFull ? handOver() : true
        }
      } catch { batch.failure = error }
      _ = handOver()
      queue.end()
    }
    if thread == nil { queue.end() }
  }

  func next() -> Result<PolicyFileStep, GitError>? {
    while position == batch.steps.count {
      if let failure = batch.failure { return .failure(failure) }
      guard let next = queue?.take() else { return nil }
      used.add(batch)
      (batch, position) = (next, 0)
    }
    defer { position += 1 }
    return .success(batch.steps[position])
  }

  func stop() {
    queue?.close()
    thread?.join()
    queue = nil
    thread = nil
    (batch, position) = (Batch(), 0)
  }
}
