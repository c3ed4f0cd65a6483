internal import WritApply
internal import WritPlan
internal import WritSyntax

/// What someone should know of beside the files that baselines write: what beats them, and who breaks them.
extension LinuxHost {
  func baselineNotices(_ scope: Scope) -> [LiveState.Notice] {
    let kinds = Set(scope.desired.objects.keys.map(\.kind))
    guard kinds.contains(.umask) || kinds.contains(.jupyter) else { return [] }
    let database = try? AccountDatabase(root)
    // Where the limits cannot be read, every change is blocked and says so.
    let ids = ((try? HostLimits.read(root)) ?? HostLimits()).ids
    var notices: [LiveState.Notice] = []
    if kinds.contains(.umask) {
      let found = SessionUmask(root: root).notices(database, ids: ids)
      notices += found.general.map { LiveState.Notice(ObjectID(.umask, SessionUmask.files[0]), $0) }
      notices += found.accounts.map { LiveState.Notice(ObjectID(.account, $0.account), $0.text) }
    }
    if kinds.contains(.jupyter) {
      notices += jupyterNotices(database, scope)
      notices += listenerNotices(database, ids: ids, scope)
    }
    return notices
  }

  private func jupyterNotices(_ database: AccountDatabase?, _ scope: Scope) -> [LiveState.Notice] {
    let settings = JupyterSettings(root: root)
    var notices: [LiveState.Notice] = []
    for id in scope.desired.objects.keys.sorted() {
      switch id.kind {
      case .jupyter: notices += settings.overrides(of: id.name).map { LiveState.Notice(id, $0) }
      case .account where scope.desired.objects[id]?.state.text("home-folder") == "private":
        guard let account = database?.account(id.name) else { continue }
        notices += settings.overrides(of: account).map { LiveState.Notice(id, $0) }
      default: continue
      }
    }
    return notices
  }

  /// A listener of a person's is a finding: whatever Jupyter's settings say, a command line says otherwise.
  private func listenerNotices(
    _ database: AccountDatabase?, ids: ClosedRange<UInt32>, _ scope: Scope
  ) -> [LiveState.Notice] {
    let listeners = Listeners(root: root)
    guard let open = listeners.open() else {
      return [
        .init(
          ObjectID(.jupyter, "server"), "nothing was asked about who listens: this host has no \(Listeners.tables[0])")
      ]
    }
    // Accounts without a home of their own are services, which may be there to be reached.
    let services = Set(
      scope.desired.objects.filter { $0.key.kind == .account && $0.value.state.text("home-folder") == "none" }
        .compactMap { $0.value.state.text("uid").flatMap { UInt32($0) } })
    let theirs = open.filter { ids.contains($0.uid) && $0.uid != Self.nobody && !services.contains($0.uid) }
    guard !theirs.isEmpty else { return [] }
    let holders = listeners.holders(of: Set(theirs.map(\.inode)))
    return theirs.map { listener in
      let processes = (holders[listener.inode] ?? []).map { "process \($0.pid), \($0.name)" }
      let who = processes.isEmpty ? "no process that can be seen holds it" : processes.joined(separator: "; ")
      let name = database?.accountNames[listener.uid] ?? "uid-\(listener.uid)"
      return .init(
        ObjectID(.account, name), "listens on \(listener.address) for other machines (\(who))", finding: .openListener)
    }
  }

  /// `nobody` of Debian and the kernel's overflow id: services, and whoever has no id here.
  private static let nobody: UInt32 = 65534
}
