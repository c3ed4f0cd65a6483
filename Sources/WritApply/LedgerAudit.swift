internal import WritDigest
internal import WritPlan
internal import WritPolicy
internal import WritSSHSignature

/// Judges the files of a ledger: nothing in them is believed because it is there (trust model: every byte counts).
struct LedgerAudit {
  let files: LedgerFiles
  /// Entries before this one were verified earlier; their signatures are not looked at again.
  let signaturesFrom: Int

  private(set) var faults: [LedgerFault] = []
  private(set) var entries: [LedgerEntry] = []
  /// RFC 6962 leaf digests of the entries.
  private(set) var leaves: [Digest] = []
  private(set) var tree = MerkleTree()
  private(set) var lastDigest: Digest?
  /// Nil when the genesis entry puts no signers in force.
  private(set) var keys: KeyChain?
  private var open: (sequence: Int, intent: Intent)?
  private var attempts: [String: Int] = [:]
  private var known: Set<String> = [
    LedgerLayout.about, LedgerLayout.checkpoint, LedgerLayout.checkpointSignature, LedgerLayout.signers,
  ]

  /// - Parameter verify: checks one signature; nil stands for a good one. Called from several threads.
  init(
    _ files: LedgerFiles, signaturesFrom: Int = 0,
    verify: @Sendable (LedgerSeal, AllowedSigners) -> LedgerFault? = { $0.fault(against: $1) }
  ) {
    self.files = files
    self.signaturesFrom = signaturesFrom
    readEntries()
    judgeSigners()
    judgePlans()
    faults += ApprovalAudit(entries, signaturesFrom: signaturesFrom).faults
    let head = LedgerHead(origin: origin, size: tree.size, root: tree.root)
    judgeAbout()
    judgeCheckpoint(head)
    judgeListing()
    judgeSignatures(verify)
    faults.sort { ($0.entry ?? .max, $0.path ?? "") < ($1.entry ?? .max, $1.path ?? "") }
  }

  var origin: String {
    if case .genesis(let genesis)? = entries.first?.record { genesis.origin } else { "" }
  }

  var head: LedgerHead { LedgerHead(origin: origin, size: tree.size, root: tree.root) }

  /// One entry's file, read by itself.
  private struct Read: Sendable {
    var entry: LedgerEntry?
    /// Why it is no entry.
    var problem = ""
    var leaf: Digest
    var digest: Digest

    init(_ bytes: [UInt8]) {
      leaf = MerkleTree.leaf(bytes)
      digest = Digest(of: bytes)
      do { entry = try LedgerEntry(bytes: bytes) } catch { problem = "\(error)" }
    }
  }

  private mutating func readEntries() {
    let count = files.entryCount
    let files = files
    let all = SharedWork.map(Array(0..<count)) { files[LedgerLayout.entry($0)].map(Read.init) }
    var before: LedgerEntry?
    for (sequence, read) in all.enumerated() {
      let path = LedgerLayout.entry(sequence)
      known.formUnion([path, LedgerLayout.signature(sequence)])
      guard let read else {
        faults.append(LedgerFault(.missingFile, entry: sequence, path: path, "the entry is not there"))
        break
      }
      if var entry = read.entry {
        judge(entry, at: sequence, after: before)
        // From here on where it stands counts, not what it says of that.
        entry.sequence = sequence
        entries.append(entry)
        before = entry
      } else {
        faults.append(LedgerFault(.malformed, entry: sequence, path: path, read.problem))
      }
      leaves.append(read.leaf)
      tree.append(digest: read.leaf)
      lastDigest = read.digest
    }
    if count == 0 { faults.append(LedgerFault(.missingFile, "there are no entries")) }
  }

  private mutating func judge(_ entry: LedgerEntry, at sequence: Int, after before: LedgerEntry?) {
    if entry.sequence != sequence {
      faults.append(LedgerFault(.wrongSequence, entry: sequence, "it says that it is entry \(entry.sequence)"))
    }
    if entry.previous != lastDigest {
      // The bytes that do not fit are those of the entry before.
      faults.append(
        LedgerFault(.brokenChain, entry: max(sequence - 1, 0), "entry \(sequence) was chained to other bytes"))
    }
    if let before, entry.time < before.time {
      faults.append(
        LedgerFault(.timeBackwards, entry: sequence, "\(entry.time.rfc3339) comes before \(before.time.rfc3339)"))
    }
    var isGenesis = false
    switch entry.record {
    case .genesis: isGenesis = true
    case .intent(let intent):
      if let open {
        faults.append(LedgerFault(.outOfOrder, entry: sequence, "intent \(open.sequence) was still open"))
      }
      if attempts[intent.attempt] != nil {
        faults.append(LedgerFault(.outOfOrder, entry: sequence, "the attempt was used before"))
      }
      attempts[intent.attempt] = sequence
      open = (sequence, intent)
    case .outcome(let outcome):
      // Base follows from what outcomes say, so one may only speak of what its intent announced.
      if let open, open.intent.attempt == outcome.attempt,
        let foreign = outcome.standings.keys.sorted().first(where: { open.intent.live[$0] == nil })
      {
        faults.append(LedgerFault(.outOfOrder, entry: sequence, "its intent did not concern \(foreign)"))
      }
      close(outcome.attempt, outcome.intent, by: sequence)
    case .abandon(let abandon): close(abandon.attempt, abandon.intent, by: sequence)
    default: break
    }
    if isGenesis != (sequence == 0) {
      faults.append(LedgerFault(.outOfOrder, entry: sequence, "a ledger begins with its one genesis entry"))
    }
  }

  private mutating func close(_ attempt: String, _ intent: Int, by sequence: Int) {
    guard let open, open.intent.attempt == attempt, open.sequence == intent else {
      faults.append(LedgerFault(.outOfOrder, entry: sequence, "it does not answer the open intent"))
      return
    }
    self.open = nil
  }

  /// Sequence number of the intent that nothing has answered yet.
  var openIntent: Int? { open?.sequence }

  /// One remark for each kind that is not understood, at its first entry.
  var unknownKinds: [LedgerFault] {
    var counts: [String: (first: Int, count: Int)] = [:]
    for entry in entries {
      guard case .other(let kind, _) = entry.record else { continue }
      counts[kind] = (counts[kind]?.first ?? entry.sequence, (counts[kind]?.count ?? 0) + 1)
    }
    return counts.sorted { $0.value.first < $1.value.first }.map { kind, found in
      LedgerFault(
        .unknownKind, entry: found.first,
        "`\(kind)` is no kind that this version knows (\(found.count) \(found.count == 1 ? "entry" : "entries"))")
    }
  }

  private mutating func judgeSigners() {
    guard case .genesis(let genesis)? = entries.first?.record, let first = files[LedgerLayout.entry(0)] else { return }
    do { keys = try KeyChain(genesis, digest: Digest(of: first)) } catch {
      faults.append(LedgerFault(.badSigners, entry: 0, "\(error)"))
    }
    for entry in entries {
      guard case .keyChange(let change) = entry.record else { continue }
      do { try keys?.take(change, at: entry.sequence) } catch {
        faults.append(LedgerFault(.badKeyChange, entry: entry.sequence, "\(error)"))
      }
    }
    if let keys, files[LedgerLayout.signers] != Array(keys.current.file.utf8) {
      faults.append(
        LedgerFault(.badSigners, path: LedgerLayout.signers, "not the signers that the entries put in force"))
    }
  }

  private mutating func judgePlans() {
    let intents = entries.compactMap { entry in
      if case .intent(let intent) = entry.record { (sequence: entry.sequence, intent: intent) } else { nil }
    }
    let files = files
    let found = SharedWork.map(intents) { Self.fault(ofPlanOf: $0.intent, entry: $0.sequence, in: files) }
    faults += found.compactMap(\.self)
    known.formUnion(intents.map { LedgerLayout.plan($0.intent.plan) })
  }

  private static func fault(ofPlanOf intent: Intent, entry sequence: Int, in files: LedgerFiles) -> LedgerFault? {
    let path = LedgerLayout.plan(intent.plan)
    let fault = { (reason: String) in LedgerFault(.badPlan, entry: sequence, path: path, reason) }
    guard files.listing[path] != nil else { return fault("the plan is not there") }
    guard let bytes = files[path] else { return nil }
    if Digest(of: bytes) != intent.plan { return fault("the file has another digest than the entry says") }
    guard let plan = try? Plan(recorded: bytes, at: intent.at) else { return fault("the file is no plan") }
    if plan.commit != intent.commit || Set(plan.targets.map(\.target)) != Set(intent.live.keys) {
      return fault("the plan is for another commit or other targets")
    }
    return nil
  }

  private mutating func judgeAbout() {
    guard let first = files[LedgerLayout.entry(0)] else { return }
    if files[LedgerLayout.about] != LedgerLayout.aboutFile(origin: origin, genesis: Digest(of: first)) {
      faults.append(LedgerFault(.malformed, path: LedgerLayout.about, "it does not describe this ledger"))
    }
    if !LedgerLayout.isOrigin(origin) {
      faults.append(LedgerFault(.malformed, entry: 0, "the origin is none"))
    }
  }

  private mutating func judgeCheckpoint(_ head: LedgerHead) {
    if files[LedgerLayout.checkpoint] != LedgerLayout.checkpointFile(head) {
      faults.append(
        LedgerFault(
          .badCheckpoint, path: LedgerLayout.checkpoint, "it is not that of these \(head.size) entries"))
    }
  }

  private mutating func judgeListing() {
    for path in files.listing.keys.sorted() where !known.contains(path) {
      faults.append(LedgerFault(.unexpectedFile, path: path, "nothing refers to it"))
    }
    for path in files.irregular.sorted() {
      faults.append(LedgerFault(.unexpectedFile, path: path, "it is no plain file"))
    }
  }

  private mutating func judgeSignatures(_ verify: @Sendable (LedgerSeal, AllowedSigners) -> LedgerFault?) {
    guard let keys else { return }
    var seals: [LedgerSeal] = []
    for entry in entries where entry.sequence >= signaturesFrom {
      let path = LedgerLayout.entry(entry.sequence)
      seal(path, LedgerLayout.signature(entry.sequence), entry, &seals)
      if case .keyChange(let change) = entry.record { seals += change.seals(in: entry.sequence) }
    }
    if let last = entries.last {
      seal(LedgerLayout.checkpoint, LedgerLayout.checkpointSignature, last, &seals)
    }
    faults += SharedWork.map(seals) { verify($0, keys.keys(at: $0.position).signers) }.compactMap(\.self)
  }

  private mutating func seal(_ path: String, _ signature: String, _ entry: LedgerEntry, _ seals: inout [LedgerSeal]) {
    guard let message = files[path] else { return }
    guard let armour = files[signature] else {
      faults.append(LedgerFault(.missingFile, entry: entry.sequence, path: signature, "the signature is not there"))
      return
    }
    seals.append(
      LedgerSeal(
        path: path, entry: path == LedgerLayout.checkpoint ? nil : entry.sequence, position: entry.sequence,
        message: message, armour: armour, actor: entry.actor.text, key: entry.key))
  }
}

/// A signed file, and who is said to have signed it.
struct LedgerSeal: Sendable, Hashable {
  var path: String
  var entry: Int?
  /// The entry whose signers judge it: those in force before that one.
  var position: Int
  var message: [UInt8]
  var armour: [UInt8]
  var actor: String
  /// Fingerprint that the entry names; a signature of a key change names none.
  var key: String?
  var namespace = LedgerLayout.namespace

  /// What is wrong with the signature under these signers; nil when nothing is.
  func fault(against signers: AllowedSigners) -> LedgerFault? {
    do {
      let signature = try signers.verify(
        message, signature: armour, principal: actor, namespace: namespace)
      if let key, signature.key.fingerprint != key {
        return LedgerFault(.wrongKey, entry: entry, path: path, "signed by \(signature.key.fingerprint), not \(key)")
      }
      return nil
    } catch {
      return LedgerFault(.badSignature, entry: entry, path: path, Self.text(error))
    }
  }

  static func text(_ error: SignatureError) -> String {
    switch error {
    case .malformed(let reason): "the signature cannot be read: \(reason)"
    case .unusableKey(_, let reason): "unusable key: \(reason)"
    case .unknownPrincipal(let name): "no key of `\(name)` is in force"
    case .foreignKey(let name, let key): "signed by \(key.fingerprint), which is no key of `\(name)` in force"
    case .wrongNamespace(_, let found): "signed for another purpose: \(found)"
    case .namespaceNotAllowed(let name, _): "the key of `\(name)` may not sign here"
    case .notGood(let reason), .notSigned(let reason): "the signature does not fit: \(reason)"
    case .library(let reason): "the signature could not be judged: \(reason)"
    case .program(let failure): "ssh-keygen could not be asked: \(failure)"
    case .system(let error): "ssh-keygen could not be asked: \(error)"
    }
  }
}

extension KeyChange {
  /// Its signatures, to be judged by the signers in force before the entry.
  func seals(in sequence: Int) -> [LedgerSeal] {
    signatures.map {
      LedgerSeal(
        path: LedgerLayout.entry(sequence), entry: sequence, position: sequence, message: statement.bytes,
        armour: Array($0.armour.utf8), actor: $0.actor.text, namespace: LedgerKeys.namespace)
    }
  }
}
