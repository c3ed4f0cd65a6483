internal import WritDigest
public import WritSSHSignature
internal import WritSystem

extension ApprovalBranch {
  /// Hands every approval on the branch to `judge`, those signed by one of `keys` first, and says what else lies there.
  ///
  /// Nothing has been verified but that the file's name is the digest of the statement. Approvals are read in portions and not
  /// kept, so how many somebody put there costs time and no memory.
  ///
  /// - Returns: what was passed over, in words; no reason to distrust what was handed on.
  /// - Throws: ``LedgerError`` only when the clone itself cannot be read.
  public func read(
    signedBy keys: Set<PublicKey>, _ judge: (ApprovalCopy) -> Void
  ) throws(LedgerError) -> [String] {
    guard let commit = try clone.git.commit(tip) else { return [] }
    var remarks = Remarks()
    let listing: ApprovalListing
    do { listing = try ApprovalListing(clone.git, of: commit) } catch {
      guard case .program(.tooMuchOutput) = error else { throw error }
      return ["the branch lists more files than are looked at, so nothing of it was"]
    }
    remarks.passedOver = listing.passedOver
    var strangers: [ApprovalListing.Pair] = []
    for portion in listing.pairs.portions(of: ApprovalLayout.chunk) {
      let known = try split(portion, by: keys, &strangers, &remarks)
      try hand(known, to: judge, &remarks)
    }
    if strangers.count > ApprovalLayout.strangerLimit {
      remarks.strangers = strangers.count - ApprovalLayout.strangerLimit
    }
    try hand(Array(strangers.prefix(ApprovalLayout.strangerLimit)), to: judge, &remarks)
    return remarks.texts
  }

  /// The pairs whose signature names one of the keys; for now only what it claims.
  private func split(
    _ pairs: [ApprovalListing.Pair], by keys: Set<PublicKey>, _ strangers: inout [ApprovalListing.Pair],
    _ remarks: inout Remarks
  ) throws(LedgerError) -> [ApprovalListing.Pair] {
    let contents = try clone.git.contents(pairs.map { $0.signatureBlob })
    var known: [ApprovalListing.Pair] = []
    for pair in pairs {
      guard let armour = contents[pair.signatureBlob], let signature = try? SSHSignature(armour: armour) else {
        remarks.unreadable += 1
        continue
      }
      if keys.contains(signature.key) { known.append(pair) } else { strangers.append(pair) }
    }
    return known
  }

  private func hand(
    _ pairs: [ApprovalListing.Pair], to judge: (ApprovalCopy) -> Void, _ remarks: inout Remarks
  ) throws(LedgerError) {
    // A portion by bytes, as a statement may be large.
    var portion: [ApprovalListing.Pair] = []
    var bytes = 0
    for pair in pairs {
      portion.append(pair)
      bytes += pair.bytes
      if bytes >= ApprovalLayout.statementLimit {
        try handAtOnce(portion, to: judge, &remarks)
        (portion, bytes) = ([], 0)
      }
    }
    try handAtOnce(portion, to: judge, &remarks)
  }

  private func handAtOnce(
    _ pairs: [ApprovalListing.Pair], to judge: (ApprovalCopy) -> Void, _ remarks: inout Remarks
  ) throws(LedgerError) {
    let contents = try clone.git.contents(pairs.flatMap { [$0.statementBlob, $0.signatureBlob] })
    for pair in pairs {
      guard let statement = contents[pair.statementBlob], let signature = contents[pair.signatureBlob],
        Digest(of: statement) == pair.id, let text = String(validating: statement, as: UTF8.self),
        let armour = String(validating: signature, as: UTF8.self)
      else {
        remarks.unreadable += 1
        continue
      }
      judge(ApprovalCopy(statement: text, signature: armour))
    }
  }

  /// Counts of what was not handed on.
  private struct Remarks {
    var passedOver: [String] = []
    var unreadable = 0
    var strangers = 0

    var texts: [String] {
      var texts = passedOver
      if unreadable > 0 { texts.append("\(unreadable) are no statement with a signature") }
      if strangers > 0 { texts.append("\(strangers) are signed with keys of nobody and were not looked at") }
      return texts
    }
  }
}

/// The files of the branch, as far as their names, kinds and sizes are those of approvals.
struct ApprovalListing {
  struct Pair {
    var id: Digest
    var statementBlob: String
    var signatureBlob: String
    /// Of both.
    var bytes: Int
  }

  /// In order of their digests.
  private(set) var pairs: [Pair] = []
  /// What else there is, counted.
  private(set) var passedOver: [String] = []

  private struct File {
    var blob: String
    var bytes: Int
  }

  init(_ git: LedgerGit, of commit: String) throws(LedgerError) {
    let result = try git.attempt(
      ["ls-tree", "-r", "-l", "-z", "--full-tree", commit], outputLimit: ApprovalLayout.listingLimit)
    guard result.succeeded else { throw .git(command: "ls-tree", reason: LedgerGit.complaint(result)) }
    var files: [String: File] = [:]
    var (irregular, large, foreign) = (0, 0, 0)
    for line in result.output.split(separator: 0) {
      // `100644 blob OID    SIZE<TAB>PATH`
      guard let tab = line.firstIndex(of: UInt8(ascii: "\t")) else { continue }
      let fields = line[..<tab].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
      let path = String(decoding: line[(tab + 1)...], as: UTF8.self)
      guard fields.count == 4, fields[0] == "100644", let bytes = Int(fields[3]) else {
        irregular += 1
        continue
      }
      let isSignature = path.hasSuffix(".sig")
      if ApprovalLayout.id(ofStatementAt: isSignature ? String(path.dropLast(4)) : path) == nil {
        foreign += 1
      } else if bytes > (isSignature ? ApprovalLayout.signatureLimit : ApprovalLayout.statementLimit) {
        large += 1
      } else {
        files[path] = File(blob: fields[2], bytes: bytes)
      }
    }
    var unpaired = 0
    for (path, statement) in files {
      guard let id = ApprovalLayout.id(ofStatementAt: path) else { continue }
      guard let signature = files[path + ".sig"] else {
        unpaired += 1
        continue
      }
      pairs.append(
        Pair(
          id: id, statementBlob: statement.blob, signatureBlob: signature.blob,
          bytes: statement.bytes + signature.bytes))
    }
    pairs.sort { $0.id < $1.id }
    for (count, text) in [
      (irregular, "are no plain files"), (large, "are too large"), (foreign, "have no name of an approval"),
      (unpaired, "have no signature"),
    ] where count > 0 {
      passedOver.append("\(count) \(text)")
    }
  }
}

extension LedgerGit {
  /// Contents of blobs by their ids, read by one process; those that are not there are missing.
  func contents(_ blobs: [String]) throws(LedgerError) -> [String: [UInt8]] {
    var files = LedgerFiles()
    files.listing = Dictionary(blobs.map { ($0, $0) }) { first, _ in first }
    try load(&files) { _ in true }
    return files.contents
  }
}

extension Array {
  fileprivate func portions(of size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
