internal import WritHistory
internal import WritSystem

/// A thread of its own, from the first work on, for what need not be done before the next step. Without one, everything is done
/// where it is added.
final class ThreadBeside: WorkBeside {
  typealias Work = @Sendable () -> Void

  private let queue = BoundedQueue<Work>(most: 8)
  private lazy var thread = try? WorkerThread { [queue] in
    ProcessMemory.reserve()
    while let work = queue.take() { work() }
  }
  private var isBegun = false
  private var isFinished = false

  deinit { finish() }

  func add(_ work: @escaping Work) {
    if isReady { _ = queue.put(work) } else { work() }
  }

  /// Has it done by whoever comes to it first: by the thread, whenever it is free, or here and now.
  func share(_ work: @escaping Work) {
    if !isReady || !queue.offer(work) { work() }
  }

  private var isReady: Bool {
    if isFinished { return false }
    isBegun = true
    return thread != nil
  }

  func finish(leaving left: AnyObject) {
    if !isFinished { UntilExit.keep(left) }
    finish()
  }

  func finish() {
    if isFinished { return }
    isFinished = true
    if !isBegun { return }
    queue.end()
    thread?.join()
  }
}
