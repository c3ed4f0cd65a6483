internal import WritGit
internal import WritPolicy
internal import WritSyntax

/// A service account's key and since when it stands in the policy, as far as git tells.
struct CredentialAge {
  var account: PrincipalName
  var rotateEvery: Duration
  var place: SourceSpan
  /// The time of the commit since which the key has stood in the policy; nil for a key that no commit has.
  var since: Instant?
  /// Whether the history at hand begins with that commit, so that the key may be older.
  var mayBeOlder = false

  /// When it is to be changed at the latest; nil where no commit says since when.
  var due: Instant? { since.map { $0 + rotateEvery } }
}

extension Workspace {
  /// The keys that a `rotate-every` is about, with their age up to a commit, in order of the accounts.
  ///
  /// A key is as old as the first of the commits up to here in all of which some policy file holds it: under another name, in
  /// another file, or for another account it is the same key.
  func credentialAges(in policy: Policy, upTo commit: String) throws -> [CredentialAge] {
    var found: [CredentialAge] = []
    var keys: [[UInt8]] = []
    for account in policy.serviceAccounts.values.sorted(by: { $0.name.value < $1.name.value }) {
      guard let credential = account.credential, let every = credential.rotateEvery,
        let key = credential.key.value.split(separator: " ").last
      else { continue }
      found.append(CredentialAge(account: account.name.value, rotateEvery: every.value, place: every.span))
      keys.append(Array(key.utf8))
    }
    if found.isEmpty { return [] }
    var open = Set(found.indices)
    var search = KeySearch(repository: repository, keys: keys)
    var tree: GitObjectID?
    var held: Set<Int> = []
    for id in try repository.firstParents(from: repository.resolve(commit)) where !open.isEmpty {
      let now = try policyFolder(at: id)
      if now != tree || now == nil {
        held = try now.map { try search.keys(below: $0, folder: options.policies) } ?? []
        tree = now
      }
      open.formIntersection(held)
      let written = try repository.commit(id)
      for index in open {
        found[index].since = Instant(seconds: written.committer.time)
        found[index].mayBeOlder = repository.isBoundary(id)
      }
    }
    return found
  }
}

/// Looks for keys in the files of trees, each file once.
private struct KeySearch {
  let repository: Repository
  let keys: [[UInt8]]
  private var known: [GitObjectID: Set<Int>] = [:]

  init(repository: Repository, keys: [[UInt8]]) {
    self.repository = repository
    self.keys = keys
  }

  mutating func keys(below tree: GitObjectID, folder: String) throws -> Set<Int> {
    var found: Set<Int> = []
    for file in try repository.files(below: tree, folder: folder, where: isPolicyFile).files {
      if known[file.blob] == nil {
        let bytes = try repository.contents(of: file.blob, limit: Workspace.fileLimit)
        known[file.blob] = Set(keys.indices.filter { bytes.holds(keys[$0]) })
      }
      found.formUnion(known[file.blob] ?? [])
    }
    return found
  }
}

extension [UInt8] {
  /// Whether the bytes occur one after the other.
  fileprivate func holds(_ part: [UInt8]) -> Bool {
    guard let first = part.first, count >= part.count else { return false }
    var start = 0
    while let next = self[start...].firstIndex(of: first), next + part.count <= count {
      if self[next..<(next + part.count)].elementsEqual(part) { return true }
      start = next + 1
    }
    return false
  }
}
