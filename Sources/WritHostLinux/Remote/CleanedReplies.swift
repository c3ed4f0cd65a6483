internal import WritApply
internal import WritPlan
internal import WritPolicy

// What an agent says goes into plans, onto terminals and into the ledger: its texts are made visible here, whatever the
// agent made of them, and what it was not asked for is refused.

extension AgentLive {
  /// Notices about one host that are worth a plan's space; what is more is cut off.
  private static let noticeLimit = 10_000

  /// - Throws: ``RemoteError/broken(_:)`` for an object that nobody asked for.
  func state(_ asked: Set<ObjectID>) throws(RemoteError) -> LiveState {
    var live = LiveState()
    for object in objects {
      guard asked.contains(object.id) else { throw .broken("an object that was not asked for") }
      guard live.objects.updateValue(object.observed.cleaned, forKey: object.id) == nil else {
        throw .broken("one object twice")
      }
      live.obstacles[object.id] = object.obstacle?.visible
      live.extents[object.id] = object.extent
    }
    live.notices = notices.prefix(Self.noticeLimit).map {
      LiveState.Notice(ObjectID($0.object.kind, $0.object.name.visible), $0.text.visible, finding: $0.finding)
    }
    return live
  }
}

extension Observed {
  fileprivate var cleaned: Observed {
    switch self {
    case .absent: .absent
    case .present(let state): .present(state.cleaned)
    case .foreign(let state): .foreign(state.cleaned)
    case .unknown(let reason): .unknown(reason: reason.visible)
    }
  }
}

extension ObjectState {
  fileprivate var cleaned: ObjectState {
    ObjectState(
      Dictionary(
        attributes.map { ($0.key.visible, $0.value.cleaned) }, uniquingKeysWith: { first, _ in first }))
  }
}

extension AttributeValue {
  fileprivate var cleaned: AttributeValue {
    switch self {
    case .text(let text): .text(text.visible)
    // A set that is out of order, or has something twice, would differ from its equal.
    case .set(let elements): .members(elements.map(\.visible))
    case .lines(let lines): .lines(lines.map(\.visible))
    }
  }
}

extension Change.Readiness {
  var cleaned: Change.Readiness {
    switch self {
    case .ready: .ready
    case .blocked(let reason): .blocked(reason.visible)
    }
  }
}

extension ChangeResult {
  var cleaned: ChangeResult {
    var result = ChangeResult(change: change, status: status)
    switch status {
    case .ok: break
    case .failed(let reason): result.status = .failed(reason.visible)
    case .skipped(let reason): result.status = .skipped(reason.visible)
    case .unknown(let reason): result.status = .unknown(reason.visible)
    }
    return result
  }
}

extension BackupReport {
  /// - Throws: ``RemoteError/broken(_:)`` for counts below zero, or faults that are not counted.
  var cleaned: BackupReport {
    get throws(RemoteError) {
      guard names >= 0, bytes >= 0, restored >= 0, faultCount >= faults.count, faults.count <= Self.told else {
        throw .broken("counts that cannot be")
      }
      var report = self
      report.tree = tree.visible
      report.snapshot = snapshot.visible
      report.faults = faults.map(\.visible)
      report.notes = notes.prefix(Self.told).map(\.visible)
      return report
    }
  }
}

extension TargetProof {
  /// - Throws: ``RemoteError/broken(_:)`` for counts below zero, which would turn into a proof of nothing.
  var cleaned: TargetProof {
    get throws(RemoteError) {
      guard asked >= 0, accounts >= 0, disagreements.allSatisfy({ $0.count >= 0 }) else {
        throw .broken("a count below zero")
      }
      var proof = self
      proof.disagreements = disagreements.map { found in
        var found = found
        found.account = found.account.visible
        found.permission = found.permission.visible
        found.names = found.names.map(\.visible)
        return found
      }
      proof.unasked = unasked.map { Gap($0.what.visible, $0.reason.visible) }
      proof.faults = faults.map { Gap($0.what.visible, $0.reason.visible) }
      proof.failed = failed.map { Gap($0.what.visible, $0.reason.visible) }
      return proof
    }
  }
}
