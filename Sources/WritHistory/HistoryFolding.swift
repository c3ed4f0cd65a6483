internal import Synchronization
internal import WritPolicy

/// Port: a thread beside the caller's, which does one thing after the other.
public protocol WorkBeside: AnyObject {
  /// Has it done once all that was added before is done; waits first while much waits already.
  func add(_ work: @escaping @Sendable () -> Void)
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

  /// Steps handed over at once: each hand-over wakes a thread.
  private static let batch = 16

  private let beside: (any WorkBeside)?
  private let folded = Folded()
  private var waiting: [(step: AccessStep, epoch: HistoryIndex.Epoch)] = []
  /// False for a short history, which is not worth a thread.
  private var isLong = false

  init(_ beside: (any WorkBeside)?) { self.beside = beside }

  mutating func add(_ step: AccessStep, _ epoch: HistoryIndex.Epoch) {
    waiting.append((step, epoch))
    if waiting.count < Self.batch { return }
    isLong = true
    handOver()
  }

  /// No step comes any more.
  mutating func end() {
    handOver()
    work { folded in
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
    waiting = []
    work { folded in
      folded.builder.withLock { builder in for (step, epoch) in steps { builder.add(step, epoch) } }
    }
  }

  private func work(_ body: @escaping @Sendable (Folded) -> Void) {
    guard isLong, let beside else { return body(folded) }
    beside.add { [folded] in body(folded) }
  }
}
