internal import Dispatch
internal import Synchronization

/// Work on many small items, in pieces that all cores take one after the other.
enum SharedWork {
  /// Items that one core takes at a time.
  static let pieceSize = 512

  /// What `work` makes of each item, in the order of the items.
  ///
  /// - Parameter work: called from several threads.
  static func map<Item: Sendable, Result: Sendable>(
    _ items: [Item], _ work: @Sendable (Item) -> Result
  ) -> [Result] {
    let pieces = (items.count + pieceSize - 1) / pieceSize
    let done = Mutex<[Int: [Result]]>([:])
    DispatchQueue.concurrentPerform(iterations: pieces) { piece in
      let first = piece * pieceSize
      let results = items[first..<min(first + pieceSize, items.count)].map(work)
      done.withLock { $0[piece] = results }
    }
    return done.withLock { found in (0..<pieces).flatMap { found[$0] ?? [] } }
  }
}
