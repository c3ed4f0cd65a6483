extension Planner {
  /// Kinds of which an object that is older than writ can become writ's.
  static let takeable: Set<ObjectKind> = [.account, .group, .keys]

  /// What ``ObjectState`` calls `origin`.
  static let older = AttributeValue.text("older than writ")
  static let taken = AttributeValue.text("taken in")

  /// Whether an object that was there before writ is to be made writ's. A uid is never changed, so an account under another one
  /// stays somebody else.
  func takes(_ id: ObjectID, _ state: ObjectState) -> Bool {
    guard takesIn, Self.takeable.contains(id.kind), let wanted = desired.objects[id]?.state else { return false }
    return id.kind != .account || state.text("uid") == wanted.text("uid")
  }

  /// Live as it will be once everything is taken in that shall be.
  var liveAfterTakingIn: LiveState {
    var live = live
    for (id, observed) in live.objects {
      if case .foreign(let state) = observed, takes(id, state) { live.objects[id] = .present(state) }
    }
    return live
  }

  /// The changes that make a foreign object writ's. They are there also where nothing else differs: the intent in the ledger and
  /// the host's own record are what tells from then on that it is writ's.
  func takingIn(_ id: ObjectID, _ wanted: DesiredState.Entry, from state: ObjectState) -> [Change] {
    if id.kind == .keys {
      var found = state
      // The header is the record.
      found["lines"] = .lines(["# found without writ's header"] + state.list("lines"))
      return updates(of: id, wanted, from: found)
    }
    var before = ObjectState(state.attributes.filter { wanted.state.attributes[$0.key] != nil })
    // An account at once; of a group first what it is to lose, since only accounts that exist can be put into it.
    let whole = id.kind == .group ? Self.narrowed(before, towards: wanted.state, kind: id.kind) : wanted.state
    var after = whole
    (before["origin"], after["origin"]) = (Self.older, Self.taken)
    let risk = "it was there before writ, and from now on is what the policy says"
    var changes = [
      make(.update, .prepare, .change, id, before: before, after: after, risk: risk, causes: wanted.causes)
    ]
    if whole != wanted.state { changes += updates(of: id, wanted, from: whole) }
    return changes
  }
}
