internal import WritDigest
public import WritSyntax

/// A policy that is followed from commit to commit, so that a change costs what it touches and not what the policy holds.
///
/// A step gives what making the whole policy anew gives, or nothing at all: whatever is not plainly a change of people, roles,
/// resources or grants within a policy that stays without errors is refused, and whoever follows begins anew. The checks of a
/// step are those of ``Policy/decode(files:sources:zones:)`` on what the step can break; a check that is added there and
/// depends on other entries than its own belongs here too, and a test compares the two on random histories.
///
/// A class because it remembers; used on one thread.
public final class PolicyFollower {
  let decoder: PolicyDecoder
  var evaluation: Evaluation
  var extras: Evaluation.Extras
  var reach: [RoleName: RoleReach]
  var marks: PrincipalMarks
  var holders: RoleHolders
  /// For each personal tree, whose folders there are; kept only while a rule asks for those of others.
  var folders: [Int: [Int]] = [:]
  var asksForOthers = false
  /// False once a step was refused: half of it may have been taken in.
  private var isSound = true

  /// Makes the whole policy.
  ///
  /// - Returns: the findings of ``Policy/decode(files:sources:zones:)``, and no follower where an error is among them.
  public static func begin(
    files: [(SourceID, Node)], sources: SourceTable, zones: any ZoneCatalogue
  ) -> (follower: PolicyFollower?, findings: [Finding]) {
    let decoder = PolicyDecoder(sources: sources, zones: zones)
    decoder.decode(files.sorted { $0.0 < $1.0 }.map(\.1))
    decoder.check()
    let findings = decoder.findings.inOrder()
    return (findings.hasErrors ? nil : PolicyFollower(decoder), findings)
  }

  private init(_ decoder: PolicyDecoder) {
    self.decoder = decoder
    // Nothing that a step reports is shown to anybody, so no text is kept for it.
    decoder.policy.sources = SourceTable()
    reach = decoder.roleReach()
    marks = PrincipalMarks(decoder.policy)
    holders = RoleHolders(decoder.policy)
    evaluation = Evaluation(decoder.policy)
    extras = evaluation.extras()
    followOthers()
    evaluation.policy = Policy(sources: SourceTable())
  }

  /// The access of everybody.
  public func access() -> AccessStep {
    withPolicy {
      AccessStep(
        principals: evaluation.principals.indices.map { principal($0, .all) }, isWhole: true,
        permissions: evaluation.permissionNumbers, names: NameMoves(decoder.policy))
    }
  }

  /// Takes in what one commit changes. Nil when it is refused; then this follower is of no use any more.
  public func step(_ changes: [SectionChange]) -> AccessStep? {
    guard isSound else { return nil }
    isSound = false
    decoder.findings = []
    var touched = Touched()
    for change in changes { guard takeOut(change, &touched) else { return nil } }
    for change in changes { guard putIn(change, &touched) else { return nil } }
    guard holdsTogether(touched) else { return nil }
    for (name, pair) in touched.people { holders.change(name, from: pair.old?.roles ?? [], to: pair.new?.roles ?? []) }
    isSound = true
    return withPolicy { access(after: touched) }
  }

  /// The evaluation has the policy only while it works, so that the decoder's copy is the only one when it is changed.
  private func withPolicy<Result>(_ body: () -> Result) -> Result {
    evaluation.policy = decoder.policy
    defer { evaluation.policy = Policy(sources: SourceTable()) }
    return body()
  }

  func principal(_ number: Int, _ extent: Extent) -> AccessStep.Principal {
    let rows = evaluation.rows(of: number, extras, folders, only: extent.resources).map { row in
      AccessStep.Row(
        number: row.key.bits, holds: row.holds, derivations: row.derivations,
        control: evaluation.control(of: row.key))
    }
    return AccessStep.Principal(name: evaluation.principals[number], rows: rows, resources: extent.resources)
  }
}

/// How much of somebody's access may have changed.
enum Extent {
  case all
  case some(Set<Int>)

  var resources: Set<Int>? { if case .some(let resources) = self { resources } else { nil } }

  mutating func formUnion(_ other: Extent) {
    if case .some(let own) = self, case .some(let more) = other {
      self = .some(own.union(more))
    } else {
      self = .all
    }
  }
}

/// To whom each role is assigned, by lines of their own entries.
struct RoleHolders {
  private var names: [RoleName: Set<PrincipalName>] = [:]

  init(_ policy: Policy) {
    for person in policy.people.values { change(person.name.value, from: [], to: person.roles) }
    for account in policy.serviceAccounts.values { change(account.name.value, from: [], to: account.roles) }
  }

  func of(_ role: RoleName) -> Set<PrincipalName> { names[role] ?? [] }

  /// Of two lists most is the same.
  mutating func change(_ name: PrincipalName, from old: [Assignment], to new: [Assignment]) {
    func lacks(_ list: [Assignment], _ role: RoleName) -> Bool {
      !list.indices.contains { list[$0].role.value == role }
    }
    for index in old.indices where lacks(new, old[index].role.value) {
      names[old[index].role.value]?.remove(name)
    }
    for index in new.indices where lacks(old, new[index].role.value) {
      names[new[index].role.value, default: []].insert(name)
    }
  }
}

/// What only one principal may have.
struct PrincipalMarks {
  private enum Mark: Hashable {
    case account(String)
    case uid(UInt32)
    case email(String)
    case key(String)
  }

  private var owners: [Mark: PrincipalName] = [:]

  init(_ policy: Policy) {
    for person in policy.people.values { _ = add(person, of: policy) }
    for service in policy.serviceAccounts.values {
      let name = service.name.value
      _ = add(
        Self.marks(policy.account(of: name), service.uid, service.email, service.credential.map { [$0.key] } ?? []),
        name)
    }
  }

  /// False when somebody else has one of them.
  mutating func add(_ person: Person, of policy: Policy) -> Bool { add(Self.marks(person), person.name.value) }

  mutating func remove(_ person: Person) {
    for mark in Self.marks(person) { owners[mark] = nil }
  }

  private mutating func add(_ marks: [Mark], _ name: PrincipalName) -> Bool {
    var isFree = true
    for mark in marks {
      if let other = owners.updateValue(name, forKey: mark), other != name { isFree = false }
    }
    return isFree
  }

  private static func marks(_ person: Person) -> [Mark] {
    marks(
      person.account?.value ?? Policy.defaultAccount(of: person.name.value), person.uid, person.email, person.sshKeys)
  }

  private static func marks(
    _ account: String, _ uid: Located<UInt32>?, _ email: Located<String>?, _ keys: [Located<String>]
  ) -> [Mark] {
    var marks = [Mark.account(account)]
    if let uid { marks.append(.uid(uid.value)) }
    if let email { marks.append(.email(email.value.lowercased())) }
    for key in keys { marks.append(.key(key.value)) }
    return marks
  }
}
