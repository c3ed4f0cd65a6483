internal import WritHistory
internal import WritSystem

/// A thread of its own, from the first work on, for what need not be done before the next step. Without one, everything is done
/// where it is added.
final class ThreadBeside: WorkBeside {
  typealias Work = @Sendable () -> Void

  private let queue = BoundedQueue<Work>(most: 8, mostSize: 1 << 16)
  private lazy var thread = try? WorkerThread { [queue] in
    ProcessMemory.reserve()
    while let work = queue.take() { work() }
  }
  private let keeps: Bool
  private var isBegun = false
  private var isFinished = false

  /// - Parameter keepsUntilExit: whether what is left of the work is left to the end of the process, which is then near.
  init(keepsUntilExit: Bool) { keeps = keepsUntilExit }

  deinit { finish() }

  func add(size: Int, _ work: @escaping Work) {
    if isReady { _ = queue.put(work, size: size) } else { work() }
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
    if !isFinished, keeps { UntilExit.keep(left) }
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
