internal import Synchronization
internal import WritPolicy

/// Port: a thread beside the caller's, which does one thing after the other.
public protocol WorkBeside: AnyObject {
  /// Has it done once all that was added before is done; waits first while much waits already.
  ///
  /// - Parameter size: rows that it holds until then.
  func add(size: Int, _ work: @escaping @Sendable () -> Void)
  /// Waits until everything is done. Nothing is added afterwards.
  ///
  /// - Parameter left: what it was done with, which nobody needs any more. To give back a large one takes a while.
  func finish(leaving left: AnyObject)
}

/// Hands the steps of a walk to a ``HistoryBuilder``, on another thread where there is one.
struct HistoryFolding {
  struct Result: Sendable {
    var epochs: [HistoryIndex.Epoch]
    var names: HistoryNames
    var records: [EdgeIdentity: HistoryIndex.Record]
  }

  /// Only one thread at a time works on either.
  private final class Folded: Sendable {
    let builder = Mutex(HistoryBuilder())
    let records = Mutex<[EdgeIdentity: HistoryIndex.Record]>([:])
  }

  /// Steps handed over at once, and their rows: each hand-over wakes a thread, but whole policies are not to pile up.
  private static let batch = 16
  private static let batchRows = 4096

  private let beside: (any WorkBeside)?
  private let folded = Folded()
  private var waiting: [(step: AccessStep, epoch: HistoryIndex.Epoch)] = []
  private var waitingRows = 0
  private var steps = 0
  /// False for a short history, which is not worth a thread.
  private var isLong: Bool { steps >= Self.batch }

  init(_ beside: (any WorkBeside)?) { self.beside = beside }

  mutating func add(_ step: AccessStep, _ epoch: HistoryIndex.Epoch) {
    waiting.append((step, epoch))
    waitingRows += step.principals.reduce(step.names?.principals.added.count ?? 0) { $0 + $1.rows.count + 1 }
    steps += 1
    if waiting.count >= Self.batch || waitingRows >= Self.batchRows { handOver() }
  }

  /// No step comes any more.
  mutating func end() {
    handOver()
    work(size: 0) { folded in
      let records = folded.builder.withLock { $0.records() }
      folded.records.withLock { $0 = records }
    }
  }

  /// Of all steps, after ``end()``.
  func result() -> Result {
    stop()
    return folded.builder.withLock { builder in
      Result(epochs: builder.epochs, names: builder.names, records: folded.records.withLock { $0 })
    }
  }

  /// Waits for the other thread; may be called again.
  func stop() { if isLong { beside?.finish(leaving: folded) } }

  private mutating func handOver() {
    let steps = waiting
    let rows = waitingRows
    (waiting, waitingRows) = ([], 0)
    work(size: rows) { folded in
      folded.builder.withLock { builder in for (step, epoch) in steps { builder.add(step, epoch) } }
    }
  }

  private func work(size: Int, _ body: @escaping @Sendable (Folded) -> Void) {
    guard isLong, let beside else { return body(folded) }
    beside.add(size: size) { [folded] in body(folded) }
  }
}
