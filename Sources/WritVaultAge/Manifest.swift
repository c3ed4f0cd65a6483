internal import WritApply
internal import WritDigest
internal import WritPolicy

/// What the vault shall hold, signed by whoever changed it last.
///
/// It is written ahead: while files are replaced the signed manifest lists both digests of each, so that after a crash
/// every file is still known to be the old or the new one, and nothing else.
struct Manifest: Hashable, Sendable {
  static let format = "writ-vault-v1"

  var vault: String
  /// Grows by one with every write; a smaller one than remembered is a roll-back.
  var version: Int
  var folders: [String: Folder] = [:]
  var head: LedgerHead?

  struct Folder: Hashable, Sendable {
    var recipients: [Recipient]
    /// The readers to be, while files are replaced.
    var pending: [Recipient]?
    /// No longer wanted; what it holds is kept for the custodians.
    var retired = false
    var secrets: [String: Entry] = [:]

    /// Whoever may be able to read a file of the folder now.
    var allRecipients: [Recipient] { Set(recipients + (pending ?? [])).sorted() }
  }

  struct Entry: Hashable, Sendable {
    /// Of the file; nil while a new secret is being written.
    var sha256: Digest?
    var pending: Digest?
    var kind: String?
    var put: Instant
    var by: String
    var due: [Due] = []

    func lists(_ digest: Digest) -> Bool { sha256 == digest || pending == digest }
  }

  /// Why a secret has to be replaced by a new one.
  struct Due: Hashable, Sendable {
    /// Who could have read it and no longer may; nil when that is not known.
    var principal: String?
    var since: Instant
    var reason: String
  }
}

extension Manifest.Entry {
  /// One mark for each principal, or for each reason where nobody is named; the first one stays.
  mutating func mark(_ due: Manifest.Due) {
    guard !self.due.contains(where: { $0.principal == due.principal && $0.reason == due.reason }) else { return }
    self.due.append(due)
  }
}
