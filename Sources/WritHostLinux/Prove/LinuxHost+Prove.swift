internal import CWritSys
internal import Glibc
public import WritApply
public import WritPlan
public import WritPolicy

extension LinuxHost {
  /// How much is asked about each tree.
  public struct ProofExtent: Sendable, Codable {
    /// Inodes of each tree beside its root; nil: all of them.
    public var sample: Int?
    public var seed: UInt64

    public init(sample: Int?, seed: UInt64) {
      self.sample = sample
      self.seed = seed
    }
  }

  /// Asks the kernel, in the name of every account that writ gave an id here, what the policy says about it.
  ///
  /// A child process takes on the account's ids and its groups as the host's account files have them, and tries each path.
  /// Nothing is written, and no process is left. Needs root.
  ///
  /// - Parameter now: when keys and accounts are looked at; sudo takes the machine's clock.
  /// - Throws: ``HostError`` when the host is not the one that is meant, or its accounts cannot be read.
  public func prove(_ promise: HostPromise, _ extent: ProofExtent, at now: Instant) throws -> TargetProof {
    try identify()
    guard geteuid() == 0 else {
      throw HostError.refused(tool: "writ prove", complaint: "taking on accounts needs root")
    }
    let session = ProofSession(
      promise: promise, accounts: try ProofAccount.all(root), root: root, host: try hostRoot(),
      database: try AccountDatabase(root), now: now)
    var proof = session.run(extent)
    prove(promise.backups, at: now, &proof)
    if let egress = promise.egress {
      EgressProof(egress: egress, principals: promise.principals, accounts: session.accounts, root: root)
        .add(to: &proof)
      proof.disagreements.sort {
        ($0.account, $0.permission, $0.isGiven ? 1 : 0) < ($1.account, $1.permission, $1.isGiven ? 1 : 0)
      }
    }
    return proof
  }

  private func hostRoot() throws -> TreeHostRoot {
    do throws(TreeError) { return try TreeHostRoot(root.path("/")) } catch {
      throw HostError.illFormed(path: root.path("/"), line: nil, reason: "\(error)")
    }
  }
}

/// An account in whose name questions are asked.
struct ProofAccount: Sendable {
  var name: String
  var uid: UInt32
  var gid: UInt32
  /// Beside the primary one.
  var groups: [UInt32]

  /// Everybody to whom writ ever gave an id here and who still is an account, retired ones too; in order.
  static func all(_ root: HostRoot) throws(HostError) -> [ProofAccount] {
    let database = try AccountDatabase(root)
    let record = try IDRecord(root)
    var groups: [String: [UInt32]] = [:]
    for (gid, name) in database.groupNames {
      for member in Set(database.listedMembers(name)) { groups[member, default: []].append(gid) }
    }
    return database.accountNames.values.sorted().compactMap { name in
      guard record.id(of: name, .account) != nil, let account = database.account(name), account.uid != 0 else {
        return nil
      }
      return ProofAccount(name: name, uid: account.uid, gid: account.gid, groups: (groups[name] ?? []).sorted())
    }
  }
}

/// One run of questions and answers.
final class ProofSession {
  let promise: HostPromise
  let accounts: [ProofAccount]
  let root: HostRoot
  let host: TreeHostRoot
  let database: AccountDatabase
  let now: Instant
  private var proof = TargetProof()
  private var found: [Key: TreeSample] = [:]
  private var failures: Set<TargetProof.Gap> = []

  private struct Key: Hashable {
    var account: String
    var permission: String
    var isGiven: Bool
  }

  /// Seconds for one batch of questions of one account; a file system that answers no sooner does not answer.
  private static let patience: UInt32 = 300

  init(
    promise: HostPromise, accounts: [ProofAccount], root: HostRoot, host: TreeHostRoot, database: AccountDatabase,
    now: Instant
  ) {
    self.promise = promise
    self.accounts = accounts
    self.root = root
    self.host = host
    self.database = database
    self.now = now
  }

  func run(_ extent: LinuxHost.ProofExtent) -> TargetProof {
    proof.accounts = accounts.count
    for index in promise.trees.indices { gather(index, extent) }
    askMemberships()
    askLogins()
    askCommands(extent)
    proof.unasked = promise.others.map {
      TargetProof.Gap("\($0)", "nothing is asked about this kind of resource")
    }
    proof.unasked += promise.baselines.map {
      TargetProof.Gap("host baseline \($0)", "no session is opened, and nobody's Jupyter is started")
    }
    proof.failed = failures.sorted { ($0.what, $0.reason) < ($1.what, $1.reason) }
    proof.disagreements = found.map { key, sample in
      TargetProof.Disagreement(
        account: key.account, principal: promise.principals[key.account], permission: key.permission,
        isGiven: key.isGiven, count: sample.count, names: sample.names)
    }.sorted { ($0.account, $0.permission, $0.isGiven ? 1 : 0) < ($1.account, $1.permission, $1.isGiven ? 1 : 0) }
    return proof
  }

  // MARK: trees

  private func gather(_ index: Int, _ extent: LinuxHost.ProofExtent) {
    let tree = promise.trees[index]
    func fail(_ reason: String) { failures.insert(TargetProof.Gap("tree \(tree.path)", visible(reason))) }
    do throws(TreeError) {
      // The owner of a tree around this one may be an account that can change the folders on the way: that is as it should be.
      let around = promise.trees.filter { $0.isWanted && tree.path.hasPrefix($0.path + "/") }
      let engine = try TreeEngine(
        host,
        rules: [.closed(path: tree.path, inner: tree.inner)] + around.map { .closed(path: $0.path) })
      let own = engine.rules.firstIndex { $0.path == tree.path } ?? 0
      // The way to a folder that nobody has now is nobody's promise: in a tree that was closed it stays its former owner's.
      let approach = try engine.approach(own, toChange: false, inAnyHands: !tree.isWanted)
      let ways = engine.ways[own]
      guard approach.missing.isEmpty else {
        if !tree.isWanted { return }
        return fail("it is not there")
      }
      var walk = TreeWalk(
        root: approach.folder.number, mount: approach.status.mount, ways: ways, fresh: false, order: .sorted,
        visitor: ProofVisitor(
          tree: index, root: Array(tree.path.utf8.dropFirst()), sample: extent.sample, seed: extent.seed
        ) { self.ask($0) })
      walk.run()
      walk.visitor.finish()
      for obstacle in walk.visitor.obstacles { fail(obstacle) }
    } catch { fail("\(error)") }
  }

  private func ask(_ questions: [ProofQuestion]) {
    let usable = questions.filter { $0.path.count <= ProofQuestion.longestPath }
    guard !usable.isEmpty else { return }
    for account in accounts {
      guard let answers = answers(of: account, to: usable) else { continue }
      for (question, answer) in zip(usable, answers) { compare(account, question, answer) }
    }
  }

  private func answers(of account: ProofAccount, to questions: [ProofQuestion]) -> [UInt8]? {
    var answers = [UInt8](repeating: 0, count: questions.count)
    let flat = questions.flatMap(\.path)
    let rc = flat.withUnsafeBytes { bytes -> Int32 in
      var offset = 0
      let asked = questions.map { question -> writ_question in
        defer { offset += question.path.count }
        return writ_question(
          path: bytes.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }, subject: question.subject)
      }
      return writ_try_as(
        account.uid, account.gid, account.groups, account.groups.count, host.descriptor, asked, &answers, asked.count,
        Self.patience)
    }
    guard rc == 0 else {
      let reason = errno == EINTR ? "was ended or gave no answer in time" : String(cString: strerror(errno))
      failures.insert(TargetProof.Gap("account \(account.name.visible)", reason))
      return nil
    }
    return answers
  }

  private func compare(_ account: ProofAccount, _ question: ProofQuestion, _ answer: UInt8) {
    let tree = promise.trees[question.tree]
    if answer & UInt8(WRIT_NOT_ASKED) != 0 {
      // Gone meanwhile, or a failing disk: said once for a tree.
      failures.insert(
        TargetProof.Gap("tree \(tree.path)", "some of it vanished or could not be asked about"))
      return
    }
    let isOwner = tree.owner == account.name
    // A folder that nobody has any more holds what is its person's: whether they still get there is promised to nobody.
    if isOwner, !tree.isWanted { return }
    proof.asked += 2
    let mayWrite = isOwner || tree.writers.contains(account.name)
    let mayRead = mayWrite || tree.readers.contains(account.name)
    let name = question.name(below: tree.path)
    judge(account, "\(tree.object):read", isGiven: mayRead, isSo: answer & UInt8(WRIT_MAY_READ) != 0, name)
    judge(account, "\(tree.object):write", isGiven: mayWrite, isSo: answer & UInt8(WRIT_MAY_WRITE) != 0, name)
  }

  /// Counts answers.
  func count(_ answers: Int = 1) { proof.asked += answers }

  /// Notes what could not be asked; each once.
  func fail(_ what: String, _ reason: String) { failures.insert(TargetProof.Gap(what, visible(reason))) }

  /// Notes a disagreement, where there is one.
  func judge(_ account: ProofAccount, _ permission: String, isGiven: Bool, isSo: Bool, _ name: String?) {
    if isGiven == isSo { return }
    let key = Key(account: account.name, permission: permission, isGiven: isGiven)
    guard let name else {
      found[key] = TreeSample()
      return
    }
    found[key, default: TreeSample()].add(name)
  }

  // MARK: groups

  private func askMemberships() {
    for membership in promise.memberships {
      guard let gid = database.gid(ofGroup: membership.group) else {
        if membership.members.isEmpty { continue }
        failures.insert(TargetProof.Gap("group \(membership.group)", "it is not there"))
        continue
      }
      for account in accounts {
        proof.asked += 1
        judge(
          account, "\(membership.resources.first?.text ?? membership.group):member",
          isGiven: membership.members.contains(account.name), isSo: account.groups.contains(gid) || account.gid == gid,
          nil)
      }
    }
  }
}
