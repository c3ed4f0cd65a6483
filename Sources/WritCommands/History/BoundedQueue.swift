internal import Dispatch
internal import Synchronization

/// Between one thread that puts and one that takes.
final class BoundedQueue<Element: Sendable>: Sendable {
  private struct State {
    var waiting: [(element: Element, size: Int)] = []
    /// Of all that waits.
    var size = 0
    var isClosed = false
    /// Somebody waits for room.
    var isAwaited = false
  }

  private let most: Int
  private let mostSize: Int
  private let state = Mutex(State())
  /// Counts what was put, and the end.
  private let filled = DispatchSemaphore(value: 0)
  /// Says that there may be room again.
  private let emptied = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - most: elements that may wait.
  ///   - mostSize: what their sizes may add up to; one may wait whatever its size.
  init(most: Int, mostSize: Int = .max) {
    self.most = most
    self.mostSize = mostSize
  }

  /// Waits for room; false once nobody takes any more.
  func put(_ element: Element, size: Int = 0) -> Bool {
    while true {
      let isDone: Bool? = state.withLock { state in
        if state.isClosed { return false }
        let hasRoom = state.waiting.isEmpty || state.waiting.count < most && size <= mostSize - state.size
        if !hasRoom {
          state.isAwaited = true
          return nil
        }
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

  /// False when there is no room, or nobody takes any more.
  func offer(_ element: Element) -> Bool {
    let isIn = state.withLock { state in
      if state.isClosed || state.waiting.count >= most { return false }
      state.waiting.append((element, 0))
      return true
    }
    if isIn { filled.signal() }
    return isIn
  }

  /// Nothing more will be put.
  func end() { filled.signal() }

  /// Waits for the next; nil after the last.
  func take() -> Element? {
    filled.wait()
    let (taken, wakes) = state.withLock { state -> (Element?, Bool) in
      let first = state.waiting.isEmpty ? nil : state.waiting.removeFirst()
      state.size -= first?.size ?? 0
      // Whoever waits for room is woken when half of it is there, and not for each place.
      let wakes = state.isAwaited && state.waiting.count <= most / 2 && state.size <= mostSize / 2
      if wakes { state.isAwaited = false }
      return (first?.element, wakes)
    }
    if wakes { emptied.signal() }
    // Whoever asks again after the end is told again.
    if taken == nil { filled.signal() }
    return taken
  }

  /// Nothing more will be taken.
  func close() {
    state.withLock { $0.isClosed = true }
    emptied.signal()
  }
}
