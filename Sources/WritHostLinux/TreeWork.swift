internal import Dispatch
internal import Glibc
internal import Synchronization

/// A part of a tree that waits for a walk.
struct TreeJob: Sendable {
  /// Index of the rule.
  var tree: Int
  /// The folders down to the one whose names wait; the last of them is open and belongs to whoever takes the job. Empty: the
  /// whole tree.
  var frames: [TreeWalkFrame] = []
}

/// The work that several walks share: whoever has nothing left takes a part of what another still has before it.
final class TreeWork: Sendable {
  private struct State {
    var jobs: [TreeJob]
    var started = 0
    var idle = 0
    var isOver = false
  }

  private let state: Mutex<State>
  private let wake = DispatchSemaphore(value: 0)
  private let hungry = Atomic<Int>(0)

  /// Walks at a time; more than the disks and locks of one machine have use for is waste.
  private static let mostWalks = 8

  static var usualWalks: Int { max(1, min(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), mostWalks)) }

  init(_ jobs: [TreeJob]) { state = Mutex(State(jobs: jobs.reversed())) }

  /// Whether somebody waits. A hint that costs nothing to ask for.
  var isHungry: Bool { hungry.load(ordering: .relaxed) > 0 }

  func give(_ job: TreeJob) {
    state.withLock {
      $0.jobs.append(job)
      hungry.store($0.idle - $0.jobs.count, ordering: .relaxed)
    }
    wake.signal()
  }

  /// Calls `body` on several threads at once; each asks for jobs until there are none and nobody could give any more.
  func run(walks: Int = usualWalks, _ body: @Sendable (_ next: () -> TreeJob?) -> Void) {
    DispatchQueue.concurrentPerform(iterations: walks) { _ in
      // Whoever starts late finds everything done: nobody waits for a thread that has not begun.
      state.withLock { $0.started += 1 }
      body(next)
    }
  }

  private func next() -> TreeJob? {
    var isWaiting = false
    while true {
      let (job, isOver, waiting) = state.withLock { state -> (TreeJob?, Bool, Int) in
        if isWaiting { state.idle -= 1 }
        isWaiting = false
        if let job = state.jobs.popLast() {
          hungry.store(state.idle - state.jobs.count, ordering: .relaxed)
          return (job, false, 0)
        }
        let before = state.idle
        if state.isOver || state.idle + 1 == state.started {
          state.isOver = true
          return (nil, true, before)
        }
        state.idle += 1
        isWaiting = true
        hungry.store(state.idle, ordering: .relaxed)
        return (nil, false, 0)
      }
      if let job { return job }
      if isOver {
        for _ in 0..<waiting { wake.signal() }
        return nil
      }
      wake.wait()
    }
  }
}
