internal import Synchronization
internal import WritSystem

/// Works on several targets at a time.
///
/// Targets on other machines mostly wait, so each has a thread of its own, `limit` at once. Those of this machine share its
/// disks and locks and are worked on one after the other, meanwhile, by the calling thread.
public struct TargetCrew: Sendable {
  /// Remote targets at a time.
  public var limit: Int

  public static let usual = 8
  /// Threads and connections that one process is trusted with.
  public static let most = 256

  public init(limit: Int = usual) { self.limit = max(1, min(limit, Self.most)) }

  /// Calls `body` once for each target, with its place in the list, and returns when all calls have.
  ///
  /// - Parameter body: called from several threads; what it changes beside its own target it guards itself.
  public func forEach(_ targets: [any Target], _ body: (Int) -> Void) {
    let remote = targets.indices.filter { targets[$0].isRemote }
    let next = Atomic<Int>(0)
    func work() {
      while true {
        let place = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard place < remote.count else { return }
        body(remote[place])
      }
    }
    withoutActuallyEscaping(work) { work in
      // Every call is over before this returns, and no two calls are about one target.
      nonisolated(unsafe) let work = work
      let threads = (0..<min(limit, remote.count)).compactMap { _ in try? WorkerThread { work() } }
      for index in targets.indices where !targets[index].isRemote { body(index) }
      // What no thread took.
      if threads.isEmpty { work() }
      for thread in threads { thread.join() }
    }
  }

  /// What `body` gives for each target, in their order.
  public func map<T>(_ targets: [any Target], _ body: (any Target) -> T) -> [T] {
    let results = ResultList<T>(count: targets.count)
    forEach(targets) { results.set(body(targets[$0]), at: $0) }
    return results.all
  }
}

/// A list that several threads fill.
private final class ResultList<T> {
  private var results: [T?]
  private let gate = Mutex<Void>(())

  init(count: Int) { results = Array(repeating: nil, count: count) }

  func set(_ result: T, at index: Int) { gate.withLock { _ in results[index] = result } }

  var all: [T] { results.compactMap { $0 } }
}
