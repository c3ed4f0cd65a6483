internal import ArgumentParser
internal import WritApply
internal import WritHistory
internal import WritPlan
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem

struct AdoptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adopt", abstract: "Write into the policy what other hands changed on hosts.",
    discussion: """
      Looks for drift as `writ drift` does, and edits the policy files of the working tree so that they say what the hosts show: \
      in place, with comments and layout kept. It never commits; `git diff` shows the edits, and they are reviewed, approved and \
      applied as any other change. What is not adopted, `writ apply` puts back.

      An OBJECT is named as drift names it, `keys:wangfang` or "keys wangfang". Without objects and without `--all`, and with \
      `--dry-run`, it shows what it would write and writes nothing: adopting widens what the policy gives.

      An object is adopted whole or not at all. Each edit is tried in memory first: the policy must be valid, its tests must hold, \
      no other access may move, and the object must then be as the policy wants it. What the policy has no words for is listed \
      with the reason, and stays. An access that was given by hand becomes an exception that ends with `--until DATE`, and \
      otherwise the one role that gives exactly that.

      With `--unmanaged` an account that is older than writ, or a group, becomes policy in a new file, as `writ import` writes it.

      Exit status: 0 when all that was chosen is adopted (or would be), 2 when some of it stays, 1 when a host could not be read \
      whole, 3 for an object that has not drifted.

      Example: writ adopt
      Example: writ adopt --host gpu01 keys:wangfang
      Example: writ adopt --unmanaged --host gpu01 account:olga --person olga.petrova
      Example: writ adopt --all --until 14d --reason 'night shift (OPS-12)' --dry-run
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var fleet: FleetOptions
  @Option(
    help: ArgumentHelp(
      "Only this host, or `self`, the one writ runs on; may be given several times.", valueName: "host"))
  var host: [String] = []
  @Argument(help: "What to adopt, as drift names it: `keys:wangfang`.") var object: [String] = []
  @Flag(help: "Adopt every drifted object that the policy has words for.") var all = false
  @Flag(help: "Show what would be written and write nothing.") var dryRun = false
  @Option(
    help: ArgumentHelp(
      "Accesses that were given by hand become exceptions that end then: a date, a time, or a duration.",
      valueName: "date"))
  var until: String?
  @Flag(help: "Adopt an account or a group that nobody manages, as `drift --unmanaged` lists it.") var unmanaged = false
  @Option(help: ArgumentHelp("With `--unmanaged`: whose the account is; a new name.", valueName: "name"))
  var person: String?
  @Option(
    help: ArgumentHelp("With `--unmanaged`: who answers for an account that nobody logs in as.", valueName: "person"))
  var owner: String?
  @Option(help: ArgumentHelp("Why, for accesses that were given by hand.", valueName: "text")) var reason: String?

  func validate() throws {
    if all, !object.isEmpty { throw ValidationError("name objects, or say `--all`") }
    if let reason, reason.isEmpty || visible(reason) != reason {
      throw ValidationError("`--reason` is one line of text")
    }
    if unmanaged {
      guard object.count == 1, let id = ObjectID(written: object[0]), id.kind == .account || id.kind == .group else {
        throw ValidationError("`--unmanaged` goes with one object: `account:NAME` or `group:NAME`")
      }
      guard host.count == 1, host != [Fleet.selfName] else {
        throw ValidationError("`--unmanaged` goes with one `--host`")
      }
    } else if person != nil || owner != nil {
      throw ValidationError("`--person` and `--owner` go with `--unmanaged`")
    }
    for text in object where ObjectID(written: text) == nil {
      throw ValidationError("`\(visible(text))` names no object; drift names them: `keys:wangfang`")
    }
  }

  func run() throws {
    let workspace = try Workspace(options: repository)
    guard let state = try workspace.ledgerState() else { throw LedgerError.none }
    if unmanaged { return try adoptUnmanaged(workspace, state) }
    var selection = try TargetSelection.parse([])
    selection.host = host
    let session = try PlanningSession(
      workspace: workspace, basis: .commit(state.newest), at: SystemClock.now(), ledger: state,
      applier: Applier(ApplierOptions.parse([]), in: workspace), selection: selection, fleet: fleet.fleet(host))
    let before = try workspace.read(.workingTree, at: session.reading.instant)
    let end = try until.map { try workspace.end(written: $0, in: before.policy, now: before.instant) }
    let found = try DriftedHosts(session, state, before)
    for problem in found.problems { Terminal.message(problem) }
    let chosen = try found.chosen(object)
    var adoption = Adoption(
      workspace, before, hosts: found.hosts, terms: AdoptionTerms(until: end?.text, reason: reason))
    var report = AdoptionReport(style: Terminal.outputStyle)
    for (host, id) in chosen { report.add(host.host, id, try adoption.adopt(id, of: host)) }
    let after = adoption.reading
    let changed = zip(before.policy.sources.files, after.policy.sources.files).compactMap { old, new in
      old.bytes == new.bytes ? nil : Renewal.ChangedFile(path: old.path, old: old.bytes, new: new.bytes)
    }
    let writes = !dryRun && (all || !object.isEmpty)
    Terminal.write(report.text(changed, review: Self.review(before, after), writes: writes))
    if writes { try workspace.rewrite(changed, judgedWith: before.policy.sources.files) }
    if !found.problems.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    if report.stays > 0 { throw ExitCode(ExitStatus.differs.rawValue) }
  }

  private func adoptUnmanaged(_ workspace: Workspace, _ state: LedgerState) throws {
    let reading = try workspace.read(.workingTree, at: SystemClock.now())
    guard let name = HostName(validating: host[0]), let found = reading.policy.hosts[name] else {
      throw CommandFailure(.invalidPolicy, "no host is named `\(visible(host[0]))`")
    }
    guard let id = ObjectID(written: object[0]) else { return }
    let person = try person.map { text in
      guard let name = PrincipalName(validating: text) else {
        throw CommandFailure(.usage, "`\(visible(text))` is no name: a-z, 0-9, `.`, `_`, `-`, at most 63")
      }
      return name
    }
    let end = try until.map { try workspace.end(written: $0, in: reading.policy, now: reading.instant) }
    let desired = Planning.desired(.host(name), in: reading)
    try UnmanagedAdoption(
      workspace: workspace, reading: reading, host: workspace.localHost(found, reading),
      terms: AdoptionTerms(until: end?.text, reason: reason), person: person,
      owner: owner.map { try Names(policy: reading.policy).principal($0) }
    ).run(id, owned: (state.owned[.host(name)] ?? []).union(desired.objects.keys), writes: !dryRun)
  }

  private static func review(_ before: Workspace.Reading, _ after: Workspace.Reading) -> Review {
    Review(
      AccessDifference(base: before.snapshot, head: after.snapshot, from: before.instant), base: before.snapshot,
      head: after.snapshot)
  }
}

extension ObjectID {
  /// `keys:wangfang` or `keys wangfang`
  init?(written text: String) {
    guard let mark = text.firstIndex(where: { $0 == ":" || $0 == " " }),
      let kind = ObjectKind(rawValue: String(text[..<mark])), text.index(after: mark) < text.endIndex
    else { return nil }
    self.init(kind, String(text[text.index(after: mark)...]))
  }
}
