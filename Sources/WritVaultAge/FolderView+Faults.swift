internal import WritDigest
internal import WritSSHSignature

extension FolderView {
  /// What is not as the signed manifest says; `- …` where somebody may read more than they should (design: `ObjectState`).
  func faults(against listed: Manifest.Folder) -> [String] {
    var lines: [String] = []
    if listed.pending != nil { lines.append("+ a change of readers stopped half-way") }
    lines += recipientFaults(listed.allRecipients, exactly: listed.pending == nil)
    for name in Set(files.keys).union(listed.secrets.keys).sorted() {
      lines += fileFaults(name, listed.secrets[name], readers: listed.allRecipients, exactly: listed.pending == nil)
    }
    return lines
  }

  /// What is wrong when no manifest can be relied on: only foreign keys can be told.
  func faults(unlistedFor readers: [Recipient]) -> [String] {
    var lines = recipientFaults(readers, exactly: false)
    for name in files.keys.sorted() { lines += headerFaults(name, readers: readers, exactly: false) }
    return lines
  }

  private func recipientFaults(_ readers: [Recipient], exactly: Bool) -> [String] {
    guard let recipients else { return ["+ \(Self.recipientsName) is missing"] }
    let wanted = Set(readers.map(\.key.description))
    var lines = listedKeys.subtracting(wanted).sorted().map { "- \(Self.recipientsName) lists a foreign key: \($0)" }
    guard exactly else { return lines }
    lines += wanted.subtracting(listedKeys).sorted().map { "+ \(Self.recipientsName) lacks \($0)" }
    if lines.isEmpty, recipients != readers.file { lines.append("+ \(Self.recipientsName) was edited") }
    return lines
  }

  private func fileFaults(_ name: String, _ entry: Manifest.Entry?, readers: [Recipient], exactly: Bool) -> [String] {
    switch (files[name], entry) {
    case (.irregular?, _): return ["- \(name).age is no regular file, or too large"]
    case (nil, let entry?):
      return entry.sha256 == nil ? ["+ \(name).age was not finished"] : ["+ \(name).age is missing"]
    case (let file?, nil):
      _ = file
      return ["+ \(name).age is not in the manifest"] + headerFaults(name, readers: readers, exactly: exactly)
    case (let file?, let entry?):
      guard let digest = file.digest, entry.lists(digest) else {
        return ["+ \(name).age is not the file that the manifest lists"]
          + headerFaults(name, readers: readers, exactly: exactly)
      }
      let unfinished = exactly && entry.pending != nil ? ["+ \(name).age was not finished"] : []
      return unfinished + headerFaults(name, readers: readers, exactly: exactly)
    case (nil, nil): return []
    }
  }

  /// Who was let in by the file's own words, and who was left out.
  private func headerFaults(_ name: String, readers: [Recipient], exactly: Bool) -> [String] {
    guard case .bytes(_, _, let header)? = files[name] else { return [] }
    guard let header else { return ["+ \(name).age is no age file"] }
    let wanted = Set(readers.map(\.stanza))
    let found = Set(header.stanzas.filter { !$0.type.hasSuffix("-grease") })
    var lines = found.subtracting(wanted).map { stanza in
      "- \(name).age is encrypted to a foreign key: \(visible(stanza.type)) \(visible(stanza.tag))"
    }.sorted()
    if exactly, !wanted.isSubset(of: found) {
      let missing = readers.filter { !found.contains($0.stanza) }.map(\.principal)
      lines.append("+ \(name).age is not encrypted to \(Set(missing).sorted().joined(separator: ", "))")
    }
    return lines
  }

  func hasForeignStanza(_ name: String, readers: [Recipient]) -> Bool {
    headerFaults(name, readers: readers, exactly: false).contains { $0.hasPrefix("- ") }
  }
}
