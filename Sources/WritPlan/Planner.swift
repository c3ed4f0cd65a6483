public import WritPolicy

/// Compares base, desired and live of one target and says what to do (design §5).
///
/// Pure: nothing here reads a target. What live does not know is left alone and named.
public struct Planner {
  public var target: TargetName
  public var base: DesiredState
  public var desired: DesiredState
  public var live: LiveState
  /// Objects that writ owns on the target beside those of `base` and `desired`.
  public var owned: Set<ObjectID>
  /// The access that `desired` comes from, to say why something ended.
  public var access: Access
  public var instant: Instant
  /// Asked once, of all changes that nothing stands in the way of yet; an answer for each, in their order.
  public var readiness: ([Change]) -> [Change.Readiness]
  /// Whether accounts, groups and key files that are older than writ become writ's; otherwise each is a conflict.
  public var takesIn = false

  public init(
    target: TargetName, base: DesiredState, desired: DesiredState, live: LiveState, owned: Set<ObjectID>,
    access: Access, instant: Instant, readinessOfAll readiness: @escaping ([Change]) -> [Change.Readiness]
  ) {
    self.target = target
    self.base = base
    self.desired = desired
    self.live = live
    self.owned = owned
    self.access = access
    self.instant = instant
    self.readiness = readiness
  }

  public init(
    target: TargetName, base: DesiredState, desired: DesiredState, live: LiveState, owned: Set<ObjectID>,
    access: Access, instant: Instant, readiness: @escaping (Change) -> Change.Readiness
  ) {
    self.init(
      target: target, base: base, desired: desired, live: live, owned: owned, access: access, instant: instant,
      readinessOfAll: { $0.map(readiness) })
  }

  /// The changes of this target in the order in which they run; ids are given by ``Plan/numbered(_:)``.
  public func targetPlan() -> TargetPlan {
    let strangers = Strangers(desired, liveAfterTakingIn)
    let desired = strangers.givenNothing(by: desired)
    var changes: [Change] = []
    var missing: [String] = []
    for id in owned.union(base.objects.keys).union(desired.objects.keys).sorted() {
      switch live.objects[id] ?? .unknown(reason: "the target said nothing of it") {
      case .unknown(let reason): missing.append("\(id): \(reason)")
      case .absent:
        if let wanted = desired.objects[id] { changes += creation(of: id, wanted) }
      case .present(let state):
        if let wanted = desired.objects[id] {
          changes += updates(of: id, wanted, from: state)
        } else if let removal = removal(of: id, state) {
          changes.append(removal)
        }
      case .foreign(let state):
        if let wanted = desired.objects[id] {
          changes += takes(id, state) ? takingIn(id, wanted, from: state) : [conflict(on: id, wanted, with: state)]
        }
      }
    }
    changes = changes.map {
      var change = $0
      if change.readiness == .ready { change.readiness = strangers.readiness(of: change) }
      return change
    }
    let ready = changes.indices.filter { changes[$0].readiness == .ready }
    for (index, found) in zip(ready, readiness(ready.map { changes[$0] })) { changes[index].readiness = found }
    return TargetPlan(
      target: target, standing: missing.isEmpty ? .complete : .partial(missing: missing), liveDigest: live.digest,
      changes: changes.sorted { Self.order($0) < Self.order($1) },
      notices: live.notices.sorted { $0.object < $1.object }, extents: live.extents)
  }

  // MARK: one object

  private func creation(of id: ObjectID, _ wanted: DesiredState.Entry) -> [Change] {
    let difference: Change.Difference = base.objects[id]?.state == wanted.state ? .drift : .change
    var causes = wanted.causes
    if difference == .drift { causes.insert(Cause(.drift, "it is gone from the target"), at: 0) }
    // A group is made empty before anything names it; its members come with the other grants.
    if id.kind == .group, !wanted.state.list("members").isEmpty {
      let empty = ObjectState(["members": .set([])])
      let members = elementCauses(added: wanted.state, from: empty, wanted)
      return [
        make(.create, .prepare, difference, id, before: nil, after: empty, causes: wanted.causes),
        make(.update, .grant, difference, id, before: empty, after: wanted.state, causes: members),
      ]
    }
    let phase: Change.Phase =
      switch id.kind {
      case .group: .prepare
      // Without it everybody gets out.
      case .egress: .revoke
      default: Self.giveNothing.contains(id.kind) ? .prepare : .grant
      }
    let added = elementCauses(added: wanted.state, from: ObjectState([:]), wanted)
    if let obstacle = obstacle(to: id, wanted) {
      var change = make(.create, .prepare, .conflict, id, before: nil, after: wanted.state, causes: causes)
      change.readiness = .blocked(obstacle)
      return [change]
    }
    return [
      make(
        .create, phase, difference, id, before: nil, after: wanted.state, risk: Self.risk(of: id.kind, phase),
        causes: added.isEmpty ? causes : unique(causes + added))
    ]
  }

  /// Why an account cannot be made: ids are never given to a second name.
  private func obstacle(to id: ObjectID, _ wanted: DesiredState.Entry) -> String? {
    guard id.kind == .account else { return nil }
    let uid = wanted.state.text("uid")
    if let holder = holder(ofUid: uid, otherThan: id) {
      return "its uid \(uid ?? "") belongs to account \(holder) here; a person who was renamed keeps the account: "
        + "write `account: \(holder)`"
    }
    return live.obstacles[id]
  }

  /// Another account of base that has the uid.
  private func holder(ofUid uid: String?, otherThan id: ObjectID) -> String? {
    base.objects.filter { $0.key.kind == .account && $0.key != id && $0.value.state.text("uid") == uid }
      .map(\.key.name).min()
  }

  func updates(of id: ObjectID, _ wanted: DesiredState.Entry, from state: ObjectState) -> [Change] {
    let before = ObjectState(state.attributes.filter { wanted.state.attributes[$0.key] != nil })
    guard before != wanted.state else { return [] }
    let difference = classification(id, wanted, state)
    let narrowed = Self.narrowed(before, towards: wanted.state, kind: id.kind)
    var changes: [Change] = []
    if narrowed != before {
      changes.append(
        make(
          .update, .revoke, difference, id, before: before, after: narrowed, risk: Self.risk(of: id.kind, .revoke),
          causes: removalCauses(before, narrowed, id, wanted, difference)))
    }
    if narrowed != wanted.state {
      var causes = elementCauses(added: wanted.state, from: narrowed, wanted)
      if causes.isEmpty { causes = wanted.causes }
      if difference != .change { causes.insert(Cause(.drift, driftText(of: id, narrowed, wanted.state)), at: 0) }
      // After the half that takes away: in an earlier phase it would be undone by that one.
      let early = narrowed == before && Self.giveNothing.contains(id.kind)
      let phase: Change.Phase = early ? .prepare : .grant
      changes.append(
        make(
          .update, phase, difference, id, before: narrowed, after: wanted.state,
          risk: id.kind == .backup ? narrowed.leftSnapshots(by: wanted.state) : "", causes: unique(causes)))
    }
    return changes
  }

  private static func risk(of kind: ObjectKind, _ phase: Change.Phase) -> String {
    switch (kind, phase) {
    case (.egress, .revoke): "connections that are open stall at once; those that another account opened go on"
    case (.egress, .grant): "accounts that were held back get out"
    default: ""
    }
  }

  /// Owned, no longer wanted: an account is retired, everything else goes.
  private func removal(of id: ObjectID, _ state: ObjectState) -> Change? {
    let known = base.objects[id]
    let causes = known.map { goneCauses($0) } ?? [Cause(.revoked, "policy no longer wants it")]
    guard id.kind == .account else {
      // What holds somebody back goes with the grants.
      guard id.kind == .egress else {
        let risk = id.kind == .backup ? state.leftSnapshots(by: nil) : ""
        return make(.remove, .revoke, .change, id, before: state, after: nil, risk: risk, causes: causes)
      }
      return make(
        .remove, .grant, .change, id, before: state, after: nil, risk: Self.risk(of: .egress, .grant),
        causes: known.map { unique($0.causes.map(gone)) } ?? causes)
    }
    let retired = ObjectState([
      "state": .text("retired"), "uid": state["uid"] ?? .text(""), "shell": .text("/usr/sbin/nologin"),
      "password": .text("!*"), "expires": .text("1"),
    ])
    let before = ObjectState(state.attributes.filter { retired.attributes[$0.key] != nil })
    guard before != retired else { return nil }
    return make(
      .retire, .revoke, .change, id, before: before, after: retired,
      risk: "sessions and processes that run keep their rights until they end", causes: causes)
  }

  private func conflict(on id: ObjectID, _ wanted: DesiredState.Entry, with state: ObjectState) -> Change {
    var change = make(
      .update, .prepare, .conflict, id, before: state, after: wanted.state, causes: wanted.causes)
    change.readiness = .blocked(
      Self.takeable.contains(id.kind) && takesIn
        ? "\(id) was there before writ with uid \(state.text("uid") ?? "?"), and a uid is never changed: write that one"
        : "\(id) was there before writ; "
          + (Self.takeable.contains(id.kind) ? "`--take-in` makes it writ's, or " : "")
          + "rename it in the policy, or remove it from the target by hand")
    return change
  }

  func make(
    _ action: Change.Action, _ phase: Change.Phase, _ difference: Change.Difference, _ id: ObjectID,
    before: ObjectState?, after: ObjectState?, risk: String = "", causes: [Cause]
  ) -> Change {
    Change(
      id: "", target: target, action: action, phase: phase, difference: difference, object: id, before: before,
      after: after, risk: risk, causes: causes.isEmpty ? [Cause(.required, "\(id)")] : causes)
  }

  // MARK: order

  /// Kinds whose making and changing gives nobody anything by itself.
  private static let giveNothing: Set<ObjectKind> = [.account, .ends, .umask, .jupyter]
  private static let revokeOrder: [ObjectKind] = [
    .ends, .account, .membership, .group, .keys, .sudoers, .sshd, .egress, .tree, .folder,
    .umask, .jupyter, .audit, .backup,
  ]
  private static let grantOrder: [ObjectKind] = [
    .ends, .account, .group, .membership, .tree, .folder, .sudoers, .keys, .sshd, .egress,
    .umask, .jupyter, .audit, .backup,
  ]

  /// Phase, then kind, then name. A group goes only after the trees that carried it were closed.
  private static func order(_ change: Change) -> (Int, Int, String) {
    let order = change.phase == .grant ? grantOrder : revokeOrder
    var rank = order.firstIndex(of: change.object.kind) ?? order.count
    if change.action == .remove, change.object.kind == .group { rank = order.count }
    return (change.phase.rawValue, rank, change.object.name)
  }
}

extension Plan {
  /// Gives every change its id, in order over all targets.
  public static func numbered(_ targets: [TargetPlan]) -> [TargetPlan] {
    var number = 0
    return targets.map { plan in
      var plan = plan
      plan.changes = plan.changes.map { change in
        number += 1
        var change = change
        let digits = String(number)
        change.id = "c" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return change
      }
      return plan
    }
  }
}
