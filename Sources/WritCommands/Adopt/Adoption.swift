internal import WritHistory
internal import WritPlan
internal import WritPolicy
internal import WritSyntax

/// Makes the policy of the working tree say what hosts show, object by object.
///
/// An object is adopted whole or not at all. Nothing is believed of an edit: each is written into the text in memory, the whole
/// policy is read and evaluated again, and it stays only where the access moves as it should and the plan of the object is empty.
struct Adoption {
  /// What became of one object.
  enum Outcome {
    /// - Parameter form: an apply still writes the lines in writ's own form, which takes away and gives nothing.
    case adopted(words: [String], sensitive: [String], also: [String], form: Bool)
    /// The policy of the working tree says so already.
    case said
    case stays([String])
  }

  let workspace: Workspace
  let hosts: [AdoptedHost]
  let terms: AdoptionTerms
  /// Edits that one object takes at most.
  private static let mostSteps = 200

  /// The policy with all that was adopted so far.
  private(set) var reading: Workspace.Reading
  /// What is as the policy wants it by now, and has to stay so.
  private(set) var settled: [HostName: Set<ObjectID>] = [:]

  init(_ workspace: Workspace, _ reading: Workspace.Reading, hosts: [AdoptedHost], terms: AdoptionTerms) {
    self.workspace = workspace
    self.reading = reading
    self.hosts = hosts
    self.terms = terms
  }

  mutating func adopt(_ id: ObjectID, of host: AdoptedHost) throws -> Outcome {
    let before = reading
    let tree = id.kind == .tree ? id : nil
    guard try host.changes(reading, tree: tree).contains(where: { $0.object == id }) else {
      settled[host.host, default: []].insert(id)
      return .said
    }
    let found = try edited(id, host)
    guard found.problems.isEmpty else {
      reading = before
      return .stays(found.problems)
    }
    let left = try host.changes(reading, tree: tree).contains { $0.object == id }
    let isForm = left && !found.words.isEmpty && id.kind == .keys && isOnlyForm(id, host)
    guard !left || isForm else {
      reading = before
      return .stays(["what the policy would want is still not what the host shows"])
    }
    if !isForm { settled[host.host, default: []].insert(id) }
    return .adopted(
      words: found.words, sensitive: Set(found.sensitive).subtracting([""]).sorted(),
      also: try consequences(id, host, before), form: isForm)
  }

  private func isOnlyForm(_ id: ObjectID, _ host: AdoptedHost) -> Bool {
    let desired = Planning.desired(.host(host.host), in: reading)
    guard let wanted = desired.objects[id]?.state,
      case .present(let seen)? = try? host.live(for: desired, tree: nil).objects[id]
    else { return false }
    return AdoptionSteps.differOnlyInForm(wanted.list("lines"), seen.list("lines"))
  }

  private mutating func edited(
    _ id: ObjectID, _ host: AdoptedHost
  ) throws -> (words: [String], sensitive: [String], problems: [String]) {
    var (words, sensitive): ([String], [String]) = ([], [])
    for _ in 0..<Self.mostSteps {
      let steps = try host.steps(for: id, reading, terms)
      let hopeless = steps.filter(\.choices.isEmpty)
      guard hopeless.isEmpty else { return ([], [], hopeless.map { Self.line($0, $0.problem) }) }
      guard let step = steps.first else { return (words, sensitive, []) }
      var good: [(choice: AdoptionChoice, reading: Workspace.Reading)] = []
      var reasons: [String] = []
      for choice in step.choices {
        let trial = AdoptionTrial(adoption: self, id: id, host: host, steps: steps.count)
        switch try trial.result(of: choice) {
        case .good(let reading): good.append((choice, reading))
        case .refused(let reason): reasons.append(reason)
        }
      }
      if good.count > 1 {
        let ways = good.map(\.choice.words).joined(separator: ", ")
        return ([], [], [Self.line(step, "several ways: \(ways); write one, or `--until DATE` writes an exception")])
      }
      guard let one = good.first else {
        return (
          [], [], [Self.line(step, [step.problem, reasons.first ?? ""].filter { !$0.isEmpty }.joined(separator: ": "))]
        )
      }
      reading = one.reading
      words.append(one.choice.words)
      sensitive.append(one.choice.sensitive)
    }
    return ([], [], ["it differs in more than \(Self.mostSteps) respects"])
  }

  private static func line(_ step: AdoptionStep, _ reason: String) -> String {
    step.found.isEmpty ? reason : "\(step.found): \(reason)"
  }

  /// What else an apply would change because of the edits: on hosts that were looked at, what was settled before; on other
  /// targets, what is wanted otherwise.
  private func consequences(_ id: ObjectID, _ own: AdoptedHost, _ before: Workspace.Reading) throws -> [String] {
    var found: [String] = []
    for host in hosts {
      let settled = Set(try host.changes(before, tree: nil).map(\.object))
      let objects = Set(try host.changes(reading, tree: nil).map(\.object)).subtracting(settled)
      found += objects.sorted().filter { host !== own || $0 != id }.map { "\(host.host): \($0)" }
    }
    let read = Set(hosts.map { TargetName.host($0.host) })
    let others =
      reading.policy.hosts.keys.sorted().map(TargetName.host)
      + reading.policy.settings.vaults.keys.sorted().map(TargetName.vault)
    for target in others where !read.contains(target) {
      found += Self.moved(target, before, reading).map { "\(target): \($0)" }
    }
    return found.map(visible)
  }

  /// Objects of which two policies want different things.
  static func moved(_ target: TargetName, _ old: Workspace.Reading, _ new: Workspace.Reading) -> [ObjectID] {
    let (a, b) = (Planning.desired(target, in: old).objects, Planning.desired(target, in: new).objects)
    return Set(a.keys).union(b.keys).filter { a[$0]?.state != b[$0]?.state }.sorted()
  }
}
