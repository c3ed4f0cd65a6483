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

    /// Whether it goes on, and the row says nothing new of it; where things are written does not matter.
    func isAs(_ row: AccessStep.Row) -> Bool {
      guard let last = holds.last, last.isOpen, let control = controls.last, control.epochs.upperBound == .max else {
        return false
      }
      return last.holds == row.holds && control.control == row.control && same(derivations, row.derivations)
    }
  }

  /// A permission that a principal has in the last policy, and its slot.
  private struct Held {
    var number: UInt64
    var slot: Int
  }

  private(set) var epochs: [HistoryIndex.Epoch] = []
  private(set) var names = HistoryNames()
  private var slots: [Open] = []
  private var slotOf: [EdgeIdentity: Int] = [:]
  /// What everybody has in the last policy, sorted by number.
  private var held: [PrincipalName: [Held]] = [:]

  /// Takes in the next step.
  mutating func add(_ step: AccessStep, _ epoch: HistoryIndex.Epoch) {
    let number = epochs.count
    epochs.append(epoch)
    if let moves = step.names { names.advance(moves) }
    // What is not taken again in this epoch has ended: a renamed principal has the same under another name.
    var left: [Int] = []
    if step.isWhole {
      left = held.values.flatMap { $0.map(\.slot) }
      held = [:]
    }
    for principal in step.principals {
      let before = held.removeValue(forKey: principal.name) ?? []
      var position = 0
      var now: [Held] = []
      now.reserveCapacity(max(before.count, principal.rows.count))
      func pass(_ one: Held) { if principal.covers(one.number) { left.append(one.slot) } else { now.append(one) } }
      for row in principal.rows {
        while position < before.count, before[position].number < row.number {
          pass(before[position])
          position += 1
        }
        var slot: Int?
        if position < before.count, before[position].number == row.number {
          slot = before[position].slot
          position += 1
        } else {
          slot = self.slot(of: EdgeKey(principal.name, step.permissions[row.number]))
        }
        guard let slot else { continue }
        take(row, slot, number)
        now.append(Held(number: row.number, slot: slot))
      }
      for one in before[position...] { pass(one) }
      if !now.isEmpty { held[principal.name] = now }
    }
    for slot in left where slots[slot].lastSeen != number { close(slot, number) }
  }

  /// Nil for an edge about a name that its own policy does not define, which no policy without errors has.
  private mutating func slot(of key: EdgeKey) -> Int? {
    guard let identity = names.identity(of: key) else { return nil }
    if let known = slotOf[identity] { return known }
    slots.append(Open(identity: identity))
    slotOf[identity] = slots.count - 1
    return slots.count - 1
  }

  private mutating func take(_ edge: AccessStep.Row, _ slot: Int, _ epoch: Int) {
    // What is taken as it was is the rule.
    if slots[slot].isAs(edge) {
      slots[slot].lastSeen = epoch
      return
    }
    slots[slot].lastSeen = epoch
    if slots[slot].holds.last?.isOpen != true || slots[slot].holds.last?.holds != edge.holds {
      slots[slot].holds.put(edge.holds, epoch)
    }
    if slots[slot].controls.last?.epochs.upperBound != .max || slots[slot].controls.last?.control != edge.control {
      Self.end(&slots[slot].controls, epoch)
      slots[slot].controls.append(.init(epochs: epoch..<Int.max, control: edge.control))
    }
    if !same(slots[slot].derivations, edge.derivations) {
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

  /// Names that became one only later have several slots; here they are put together.
  func records() -> [EdgeIdentity: HistoryIndex.Record] {
    let count = epochs.count
    var records: [EdgeIdentity: HistoryIndex.Record] = [:]
    records.reserveCapacity(slots.count)
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

/// Whether the same paths are given at the same times; where they are written does not matter.
private func same(_ a: [Derivation], _ b: [Derivation]) -> Bool {
  guard a.count == b.count else { return false }
  for index in a.indices
  where a[index].origin != b[index].origin || a[index].holds != b[index].holds || a[index].roles != b[index].roles {
    return false
  }
  return true
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
