internal import WritDigest
internal import WritPlan
internal import WritPolicy
internal import WritSSHSignature

/// Judges the files of a ledger: nothing in them is believed because it is there (trust model: every byte counts).
struct LedgerAudit {
  let files: LedgerFiles
  /// Entries before this one were verified earlier; their signatures are not looked at again.
  let signaturesFrom: Int

  private var found: [LedgerFault] = []
  private(set) var entries: [LedgerEntry] = []
  /// RFC 6962 leaf digests of the entries.
  private(set) var leaves: [Digest] = []
  private(set) var tree = MerkleTree()
  private(set) var lastDigest: Digest?
  /// Nil when the genesis entry puts no signers in force.
  private(set) var keys: KeyChain?
  private var open: (sequence: Int, intent: Intent)?
  private var attempts: [String: Int] = [:]
  /// What the entries say of base.
  private(set) var bases = LedgerBases([])
  /// Objects that the plans of base's intent and of every later one could make or change, as far as these were judged good.
  private(set) var owned: [TargetName: Set<ObjectID>] = [:]
  /// How many of ``signed`` and of ``intents`` were judged.
  private var judged = (signatures: 0, plans: 0)
  private var known: Set<String> = [
    LedgerLayout.about, LedgerLayout.checkpoint, LedgerLayout.checkpointSignature, LedgerLayout.signers,
  ]

  /// Judges files that are all at hand.
  ///
  /// - Parameter verify: checks one signature; nil stands for a good one. Called from several threads.
  init(
    _ files: LedgerFiles, signaturesFrom: Int = 0,
    verify: @Sendable (LedgerSeal, AllowedSigners) -> LedgerFault? = { $0.fault(against: $1) }
  ) {
    self.init(LedgerReading(files), signaturesFrom: signaturesFrom)
    judgeSignatures(of: signed[...], in: files, verify)
    judgePlans(of: intents[...], in: files)
  }

  /// Judges everything but the signatures and the plans, of which there may be more than memory should hold at once:
  /// ``judgeSignatures(of:in:_:)`` and ``judgePlans(of:in:)`` follow.
  init(_ reading: LedgerReading, signaturesFrom: Int = 0) {
    files = reading.files
    self.signaturesFrom = signaturesFrom
    judgeEntries(reading.entries)
    judgeSigners()
    bases = LedgerBases(entries)
    found += ApprovalAudit(entries, signaturesFrom: signaturesFrom).faults
    judgeAbout()
    judgeCheckpoint(head)
    judgeListing()
  }

  /// Whether nothing is left to be judged.
  var isWhole: Bool { judged == (signed.count, intents.count) }

  mutating func add(signatures count: Int, _ faults: [LedgerFault]) {
    judged.signatures += count
    found += faults
  }

  mutating func add(plans count: Int, _ faults: [LedgerFault], owned more: [(target: TargetName, objects: [ObjectID])])
  {
    judged.plans += count
    found += faults
    for (target, objects) in more { owned[target, default: []].formUnion(objects) }
  }

  var faults: [LedgerFault] {
    found.sorted { ($0.entry ?? .max, $0.path ?? "") < ($1.entry ?? .max, $1.path ?? "") }
  }

  var origin: String {
    if case .genesis(let genesis)? = entries.first?.record { genesis.origin } else { "" }
  }

  var head: LedgerHead { LedgerHead(origin: origin, size: tree.size, root: tree.root) }

  private mutating func judgeEntries(_ all: [LedgerReading.Entry?]) {
    var before: LedgerEntry?
    for (sequence, read) in all.enumerated() {
      let path = LedgerLayout.entry(sequence)
      known.formUnion([path, LedgerLayout.signature(sequence)])
      guard let read else {
        found.append(LedgerFault(.missingFile, entry: sequence, path: path, "the entry is not there"))
        break
      }
      if var entry = read.entry {
        judge(entry, at: sequence, after: before)
        // From here on where it stands counts, not what it says of that.
        entry.sequence = sequence
        entries.append(entry)
        before = entry
      } else {
        found.append(LedgerFault(.malformed, entry: sequence, path: path, read.problem))
      }
      leaves.append(read.leaf)
      tree.append(digest: read.leaf)
      lastDigest = read.digest
    }
    if all.isEmpty { found.append(LedgerFault(.missingFile, "there are no entries")) }
  }

  private mutating func judge(_ entry: LedgerEntry, at sequence: Int, after before: LedgerEntry?) {
    if entry.sequence != sequence {
      found.append(LedgerFault(.wrongSequence, entry: sequence, "it says that it is entry \(entry.sequence)"))
    }
    if entry.previous != lastDigest {
      // The bytes that do not fit are those of the entry before.
      found.append(
        LedgerFault(.brokenChain, entry: max(sequence - 1, 0), "entry \(sequence) was chained to other bytes"))
    }
    if let before, entry.time < before.time {
      found.append(
        LedgerFault(.timeBackwards, entry: sequence, "\(entry.time.rfc3339) comes before \(before.time.rfc3339)"))
    }
    var isGenesis = false
    switch entry.record {
    case .genesis: isGenesis = true
    case .intent(let intent):
      if let open {
        found.append(LedgerFault(.outOfOrder, entry: sequence, "intent \(open.sequence) was still open"))
      }
      if attempts[intent.attempt] != nil {
        found.append(LedgerFault(.outOfOrder, entry: sequence, "the attempt was used before"))
      }
      attempts[intent.attempt] = sequence
      open = (sequence, intent)
    case .outcome(let outcome):
      // Base follows from what outcomes say, so one may only speak of what its intent announced.
      if let open, open.intent.attempt == outcome.attempt,
        let foreign = outcome.standings.keys.sorted().first(where: { open.intent.live[$0] == nil })
      {
        found.append(LedgerFault(.outOfOrder, entry: sequence, "its intent did not concern \(foreign)"))
      }
      close(outcome.attempt, outcome.intent, by: sequence)
    case .abandon(let abandon): close(abandon.attempt, abandon.intent, by: sequence)
    default: break
    }
    if isGenesis != (sequence == 0) {
      found.append(LedgerFault(.outOfOrder, entry: sequence, "a ledger begins with its one genesis entry"))
    }
  }

  private mutating func close(_ attempt: String, _ intent: Int, by sequence: Int) {
    guard let open, open.intent.attempt == attempt, open.sequence == intent else {
      found.append(LedgerFault(.outOfOrder, entry: sequence, "it does not answer the open intent"))
      return
    }
    self.open = nil
  }

  /// Places among ``entries`` of all intents.
  var intents: [Int] {
    entries.indices.filter { if case .intent = entries[$0].record { true } else { false } }
  }

  /// Path of the plan of the intent at a place.
  func plan(at place: Int) -> String {
    guard case .intent(let intent) = entries[place].record else { return "" }
    return LedgerLayout.plan(intent.plan)
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
      found.append(LedgerFault(.badSigners, entry: 0, "\(error)"))
    }
    for entry in entries {
      guard case .keyChange(let change) = entry.record else { continue }
      do { try keys?.take(change, at: entry.sequence) } catch {
        found.append(LedgerFault(.badKeyChange, entry: entry.sequence, "\(error)"))
      }
    }
    if let keys, files[LedgerLayout.signers] != Array(keys.current.file.utf8) {
      found.append(
        LedgerFault(.badSigners, path: LedgerLayout.signers, "not the signers that the entries put in force"))
    }
  }

  private mutating func judgeAbout() {
    guard let first = files[LedgerLayout.entry(0)] else { return }
    if files[LedgerLayout.about] != LedgerLayout.aboutFile(origin: origin, genesis: Digest(of: first)) {
      found.append(LedgerFault(.malformed, path: LedgerLayout.about, "it does not describe this ledger"))
    }
    if !LedgerLayout.isOrigin(origin) {
      found.append(LedgerFault(.malformed, entry: 0, "the origin is none"))
    }
  }

  private mutating func judgeCheckpoint(_ head: LedgerHead) {
    if files[LedgerLayout.checkpoint] != LedgerLayout.checkpointFile(head) {
      found.append(
        LedgerFault(
          .badCheckpoint, path: LedgerLayout.checkpoint, "it is not that of these \(head.size) entries"))
    }
  }

  private mutating func judgeListing() {
    known.formUnion(intents.map(plan(at:)))
    for path in files.listing.keys.filter({ !known.contains($0) }).sorted() {
      found.append(LedgerFault(.unexpectedFile, path: path, "nothing refers to it"))
    }
    for path in files.irregular.sorted() {
      found.append(LedgerFault(.unexpectedFile, path: path, "it is no plain file"))
    }
  }
}
