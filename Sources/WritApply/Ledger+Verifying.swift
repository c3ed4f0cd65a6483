internal import WritDigest
internal import WritPolicy
internal import WritSystem

/// What `writ verify` found out.
public struct LedgerReport: Sendable {
  public var faults: [LedgerFault]
  /// Flags that are no faults.
  public var remarks: [LedgerFault]
  public var head: LedgerHead
  /// Entries by kind, also of kinds that this version does not understand.
  public var kinds: [String: Int]
  /// Nil when the entries cannot be read.
  public var state: LedgerState?
}

extension Ledger {
  /// Verifies everything: every entry, signature, plan and the checkpoint, and that the commits are one line.
  ///
  /// - Returns: nil when there is no ledger, and none is remembered.
  /// - Throws: only when it cannot be read; what does not verify is in the report.
  public func verify() throws(LedgerError) -> LedgerReport? {
    let remembered = try RememberedHead(reading: clone.rememberedPath)
    guard let newest = try newest() else {
      guard let remembered else {
        if let staleness { throw .unreachable(upstream: upstream.url, reason: staleness) }
        return nil
      }
      let fault = LedgerFault(
        .rewritten, "this clone remembers \(remembered.head.size) entries, the upstream has no ledger")
      return LedgerReport(
        faults: [fault], remarks: [], head: LedgerHead(origin: "", size: 0, root: MerkleTree().root), kinds: [:],
        state: nil)
    }
    let files = try clone.git.files(of: newest.commit)
    let audit = try audit(of: files)
    var report = LedgerReport(audit, commit: newest.commit, isAhead: newest.isAhead)
    report.faults += try lineFaults(newest.commit, entries: files.entryCount)
    if let remembered {
      if let fault = report.state?.fault(ofWitness: remembered.head, named: "this clone") {
        report.faults.append(fault)
      } else if try !clone.git.isAncestor(remembered.commit, of: newest.commit) {
        report.faults.append(
          LedgerFault(.rewritten, "its commits do not follow those that this clone has verified"))
      }
    }
    return report
  }

  /// Signatures or plans that are in memory at one time.
  static let batchSize = 4096

  /// Judges everything, of which only the entries stay in memory.
  private func audit(of listed: LedgerFiles) throws(LedgerError) -> LedgerAudit {
    var files = listed
    try clone.git.load(&files) { !$0.hasPrefix("plans/") && !$0.hasSuffix(".json.sig") }
    var audit = LedgerAudit(LedgerReading(files))
    for batch in audit.signed.inBatches(of: Self.batchSize) {
      audit.judgeSignatures(of: batch, in: try clone.git.contents(batch.map(\.signature), of: listed))
    }
    for batch in audit.intents.inBatches(of: Self.batchSize) {
      audit.judgePlans(of: batch, in: try clone.git.contents(batch.map(audit.plan(at:)), of: listed))
    }
    return audit
  }

  /// One commit for each entry, each with one parent.
  private func lineFaults(_ commit: String, entries: Int) throws(LedgerError) -> [LedgerFault] {
    let output = try clone.git.run(["rev-list", "--parents", commit])
    var faults: [LedgerFault] = []
    let lines = output.split(separator: UInt8(ascii: "\n"))
    for (index, line) in lines.enumerated() {
      let names = line.split(separator: UInt8(ascii: " "))
      // The last line is the root.
      if names.count != (index == lines.count - 1 ? 1 : 2) {
        faults.append(LedgerFault(.notLinear, "\(String(decoding: names[0], as: UTF8.self)) has other than one parent"))
      }
    }
    if lines.count != entries {
      faults.append(LedgerFault(.notLinear, "\(lines.count) commits hold \(entries) entries"))
    }
    return faults
  }
}

extension Array {
  fileprivate func inBatches(of size: Int) -> some Sequence<ArraySlice<Element>> {
    stride(from: 0, to: count, by: size).lazy.map { self[$0..<Swift.min($0 + size, count)] }
  }
}

extension LedgerReport {
  init(_ audit: LedgerAudit, commit: String, isAhead: Bool) {
    faults = audit.faults.filter { !$0.isRemark }
    remarks = audit.faults.filter(\.isRemark) + audit.unknownKinds
    head = audit.head
    kinds = audit.entries.reduce(into: [:]) { $0[$1.record.kind, default: 0] += 1 }
    state = LedgerState(audit, commit: commit, isAhead: isAhead)
  }

  /// Verifies a copy of the ledger without git, such as an unpacked archive of the branch: `contents` by path below its root.
  public init(contents: [String: [UInt8]]) {
    self.init(LedgerAudit(LedgerFiles(contents: contents)), commit: "", isAhead: false)
  }
}
