internal import WritDigest
internal import WritPolicy

/// Folds one policy after the other into runs.
struct HistoryBuilder {
  /// What is known of one edge so far. Runs end at `Int.max` while they go on.
  private struct Open {
    var identity: EdgeIdentity
    var holds: [Run] = []
    var controls: [HistoryIndex.ControlRun] = []
    var paths: [PathIdentity: [Run]] = [:]
    var derivations: [Derivation] = []
    var lastSeen = -1
  }

  private(set) var epochs: [HistoryIndex.Epoch] = []
  private(set) var names = HistoryNames()
  private(set) var last: Snapshot?
  private var slots: [Open] = []
  private var slotOf: [EdgeIdentity: Int] = [:]
  /// The slots of the last policy's edges, beside them.
  private var lastSlots: [Int] = []

  mutating func add(_ snapshot: Snapshot, _ epoch: HistoryIndex.Epoch) {
    let number = epochs.count
    epochs.append(epoch)
    let moved = names.advance(to: snapshot.policy)
    let before = moved ? [] : last?.access.edges ?? []
    var position = 0
    var now: [Int] = []
    now.reserveCapacity(snapshot.access.edges.count)
    for edge in snapshot.access.edges {
      // Both lists are sorted by key, so an edge that was there before is found without a look-up.
      while position < before.count, before[position].key < edge.key { position += 1 }
      let known = position < before.count && before[position].key == edge.key
      guard let slot = known ? lastSlots[position] : slot(of: edge) else { continue }
      take(edge, slot, number)
      now.append(slot)
    }
    for slot in lastSlots where slots[slot].lastSeen != number { close(slot, number) }
    lastSlots = now
    last = snapshot
  }

  /// Nil for an edge about a name that its own policy does not define, which no policy without errors has.
  private mutating func slot(of edge: Edge) -> Int? {
    guard let identity = names.identity(of: edge.key) else { return nil }
    if let known = slotOf[identity] { return known }
    slots.append(Open(identity: identity))
    slotOf[identity] = slots.count - 1
    return slots.count - 1
  }

  private mutating func take(_ edge: Edge, _ slot: Int, _ epoch: Int) {
    slots[slot].lastSeen = epoch
    if slots[slot].holds.last?.isOpen != true || slots[slot].holds.last?.holds != edge.holds {
      slots[slot].holds.put(edge.holds, epoch)
    }
    if slots[slot].controls.last?.epochs.upperBound != .max || slots[slot].controls.last?.control != edge.control {
      Self.end(&slots[slot].controls, epoch)
      slots[slot].controls.append(.init(epochs: epoch..<Int.max, control: edge.control))
    }
    if !Self.same(slots[slot].derivations, edge.derivations) {
      var paths: [PathIdentity: IntervalSet] = [:]
      for derivation in edge.derivations {
        let path = names.identity(of: derivation)
        paths[path] = paths[path]?.union(derivation.holds) ?? derivation.holds
      }
      for path in slots[slot].paths.keys where paths[path] == nil { slots[slot].paths[path]?.end(epoch) }
      for (path, holds) in paths { slots[slot].paths[path, default: []].put(holds, epoch) }
      slots[slot].derivations = edge.derivations
    }
  }

  private mutating func close(_ slot: Int, _ epoch: Int) {
    slots[slot].holds.end(epoch)
    Self.end(&slots[slot].controls, epoch)
    for path in slots[slot].paths.keys { slots[slot].paths[path]?.end(epoch) }
    slots[slot].derivations = []
  }

  private static func end(_ controls: inout [HistoryIndex.ControlRun], _ epoch: Int) {
    if let last = controls.last, last.epochs.upperBound == .max {
      controls[controls.count - 1].epochs = last.epochs.lowerBound..<epoch
    }
  }

  /// Whether the same paths are given at the same times; where they are written does not matter.
  private static func same(_ a: [Derivation], _ b: [Derivation]) -> Bool {
    a.count == b.count
      && zip(a, b).allSatisfy { $0.origin == $1.origin && $0.roles == $1.roles && $0.holds == $1.holds }
  }

  /// Names that became one only later have several slots; here they are put together.
  func records() -> [EdgeIdentity: HistoryIndex.Record] {
    let count = epochs.count
    var records: [EdgeIdentity: HistoryIndex.Record] = [:]
    for slot in slots {
      let identity = names.canonical(slot.identity)
      var record = records[identity] ?? HistoryIndex.Record(timeline: [], controls: [], paths: [:])
      record.timeline += slot.holds.bounded(count)
      record.controls += slot.controls.map {
        .init(epochs: $0.epochs.lowerBound..<min($0.epochs.upperBound, count), control: $0.control)
      }
      for (path, runs) in slot.paths { record.paths[names.canonical(path), default: []] += runs.bounded(count) }
      records[identity] = record
    }
    return records
  }
}

extension Run {
  fileprivate var isOpen: Bool { epochs.upperBound == .max }
}

extension [Run] {
  /// Ends the run that goes on, if any.
  fileprivate mutating func end(_ epoch: Int) {
    if let last, last.isOpen { self[count - 1].epochs = last.epochs.lowerBound..<epoch }
  }

  /// From this epoch on, `holds`.
  fileprivate mutating func put(_ holds: IntervalSet, _ epoch: Int) {
    if let last, last.isOpen, last.holds == holds { return }
    end(epoch)
    append(Run(epochs: epoch..<Int.max, holds: holds))
  }

  fileprivate func bounded(_ count: Int) -> [Run] {
    map { Run(epochs: $0.epochs.lowerBound..<Swift.min($0.epochs.upperBound, count), holds: $0.holds) }
  }
}
