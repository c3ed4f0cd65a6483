internal import WritDigest

/// What has to be done to the files of one folder so that exactly `recipients` can read them; found out without writing.
struct FolderWork {
  enum Step {
    case keep
    /// The file that the manifest lists stood elsewhere: under another name, or in the last commit.
    case restore([UInt8])
    /// To be decrypted and encrypted anew. `trusted` is false where the manifest does not list the bytes.
    case reencrypt([UInt8], trusted: Bool)
    /// Nothing is left of it.
    case forget
  }

  var recipients: [Recipient]
  var steps: [String: Step] = [:]

  var needsIdentity: Bool {
    steps.values.contains { if case .reencrypt = $0 { true } else { false } }
  }

  /// - Parameters:
  ///   - listed: What the signed manifest says of the folder; nil when it says nothing that counts.
  ///   - find: Bytes of that digest from elsewhere in the store.
  /// - Throws: ``VaultError/irregular(folder:name:)`` for what cannot be put right without losing something.
  init(
    folder: String, view: FolderView, listed: Manifest.Folder?, recipients: [Recipient],
    find: (Digest, String) -> [UInt8]?
  ) throws(VaultError) {
    self.recipients = recipients
    let all = listed.map { $0.recipients != recipients || $0.pending != nil } ?? true
    for name in Set(view.files.keys).union(listed?.secrets.keys ?? [:].keys) {
      let entry = listed?.secrets[name]
      if let file = view.files[name], case .bytes(let bytes, let digest, let header) = file,
        entry?.lists(digest) == true
      {
        let fits = header.map { Set($0.stanzas) == Set(recipients.map(\.stanza)) } ?? false
        steps[name] = all || !fits ? .reencrypt(bytes, trusted: true) : .keep
      } else if let found = Self.first([entry?.pending, entry?.sha256], name, find) {
        steps[name] = all ? .reencrypt(found, trusted: true) : .restore(found)
      } else if case .bytes(let bytes, _, _)? = view.files[name] {
        steps[name] = .reencrypt(bytes, trusted: false)
      } else if view.files[name] == nil {
        steps[name] = .forget
      } else {
        throw .irregular(folder: folder, name: name)
      }
    }
  }

  private static func first(_ digests: [Digest?], _ name: String, _ find: (Digest, String) -> [UInt8]?) -> [UInt8]? {
    for digest in digests.compactMap(\.self) {
      if let found = find(digest, name) { return found }
    }
    return nil
  }
}
