internal import Glibc
internal import WritSystem

/// A bare clone of writ's own that holds one of its branches, the ledger or the approvals, with what lies beside it below
/// `<git common dir>/writ`.
///
/// Apart from the user's repository so that hooks, locks and configuration there cannot touch the branch, and one clone for
/// each branch, so that nothing that is pushed to one can keep the other from being read. Whoever holds
/// the lock file is the only writer: the kernel drops the lock when a process dies, so a stale one cannot be.
final class LedgerClone {
  let folder: String
  let name: String
  private(set) var git: LedgerGit
  /// Names the newest version seen of the upstream's branch.
  private(set) var newest: String
  /// Nothing below ``folder`` can be written.
  private(set) var isReadOnly = false
  private var lock: Int32 = -1 { didSet { git.lock = lock >= 0 ? lock : nil } }

  /// The upstream's branches as last seen.
  static let upstreamRefs = "refs/writ/upstream/"
  static let upstream = upstreamRefs + "ledger"
  /// A commit on its way to the upstream; after a failed push of an outcome it waits here.
  static let pending = "refs/writ/pending"

  /// - Parameter name: that of the branch below `writ/`.
  init(commonGitDirectory: String, name: String = "ledger", environment: [String: String]) {
    folder = commonGitDirectory + "/writ"
    self.name = name
    newest = Self.upstreamRefs + name
    git = LedgerGit(directory: "\(folder)/\(name).git", transferEnvironment: environment)
  }

  deinit { unlock() }

  var lockPath: String { "\(folder)/\(name).lock" }
  var rememberedPath: String { folder + "/ledger-head" }
  var journalFolder: String { folder + "/journal" }

  var isLocked: Bool { lock >= 0 }

  /// Takes the lock, waiting for it a little.
  ///
  /// - Returns: false when somebody else keeps it for longer than `seconds`.
  func takeLock(waiting seconds: Int) throws(LedgerError) -> Bool {
    if isLocked { return true }
    try makeFolder(folder)
    let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system(SystemError("open", lockPath)) }
    var left = seconds * 20
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      guard code == EWOULDBLOCK || code == EINTR else {
        close(descriptor)
        throw .system(SystemError("lock", lockPath, code: code))
      }
      guard left > 0 else {
        close(descriptor)
        return false
      }
      left -= 1
      usleep(50_000)
    }
    lock = descriptor
    return true
  }

  /// Goes on with what is there where nothing can be written: a repository that is its own upstream has the branch itself, any
  /// other one the own clone as the last fetch left it, or the remote-tracking branch of git's own fetch.
  func readInPlace(_ upstream: Ledger.Upstream, commonGitDirectory: String) {
    isReadOnly = true
    switch upstream {
    case .repository(let path):
      git.directory = path
      newest = "refs/heads/writ/" + name
    case .remote:
      if access(git.directory + "/HEAD", R_OK) == 0 { return }
      git.directory = commonGitDirectory
      newest = "refs/remotes/origin/writ/" + name
    }
  }

  func unlock() {
    if lock >= 0 { close(lock) }
    lock = -1
  }

  /// Makes the clone where there is none, and clears what a killed git left; only under the lock.
  func prepare() throws(LedgerError) {
    if access(git.directory + "/HEAD", F_OK) != 0 {
      try git.run(["init", "--quiet", "--bare", "--template=", git.directory])
    }
    // A killed git leaves these behind without a trace of whose they were. All writers of this clone hold the lock that
    // this process holds now, so nobody is using them.
    for name in ["HEAD", "config", "packed-refs", "shallow", Self.pending, Self.upstreamRefs + name] {
      unlink("\(git.directory)/\(name).lock")
    }
  }

  /// Brings the upstream's branch into the clone, whatever became of it there.
  func fetch(_ upstream: Ledger.Upstream) throws(LedgerError) {
    if try isUpToDate(with: upstream) { return }
    // A pattern, as it is no error when nothing matches it. That others could match as well does not matter.
    try fetch(upstream, "+refs/heads/writ/\(name)*:\(Self.upstreamRefs)\(name)*", ["--prune"])
  }

  /// Whether a repository on this machine has the very commit on its branch that was brought here last. That is read from
  /// the branch's own file, which counts before what git packed; anything but a plain commit id there is left to git.
  private func isUpToDate(with upstream: Ledger.Upstream) throws(LedgerError) -> Bool {
    guard case .repository(let path) = upstream,
      let bytes = try? FileContents.read("\(path)/refs/heads/writ/\(name)", limit: 128), bytes.last == 10
    else { return false }
    let id = String(decoding: bytes.dropLast(), as: UTF8.self)
    guard id.utf8.count == 40 || id.utf8.count == 64, id.allSatisfy(\.isHexDigit) else { return false }
    return try git.commit(Self.upstreamRefs + name) == id
  }

  /// Brings the newest version of the upstream's branch into the clone, without its history.
  ///
  /// - Parameters:
  ///   - fileLimit: bytes over which no file is written, and so no pack taken.
  ///   - settings: configuration of git for this.
  func fetchNewest(
    _ upstream: Ledger.Upstream, fileLimit: Int, settings: [String]
  ) throws(LedgerError) {
    let branch = "refs/heads/writ/\(name)"
    let listed = try git.attempt(["ls-remote", "--quiet", "--", upstream.url, branch], transfer: true)
    guard listed.succeeded else {
      throw .unreachable(upstream: upstream.url, reason: LedgerGit.complaint(listed))
    }
    let known = try git.commit(Self.upstreamRefs + name)
    // `OID<TAB>REF`; what only ends like the name is listed as well.
    let lines = listed.outputText.split(separator: "\n").filter { $0.hasSuffix("\t" + branch) }
    let newest = lines.first.map { String($0.prefix { $0 != "\t" }) }
    if newest == known { return }
    guard newest != nil else { return try git.setRef(Self.upstreamRefs + name, nil) }
    try fetch(
      upstream, "+\(branch):\(Self.upstreamRefs)\(name)", ["--depth=1"], settings: settings, fileLimit: fileLimit)
  }

  private func fetch(
    _ upstream: Ledger.Upstream, _ refspec: String, _ options: [String], settings: [String] = [],
    fileLimit: Int? = nil
  ) throws(LedgerError) {
    let result = try git.attempt(
      ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"] + options
        + ["--", upstream.url, refspec], transfer: true, settings: settings, fileLimit: fileLimit)
    guard result.succeeded else {
      throw .unreachable(upstream: upstream.url, reason: LedgerGit.complaint(result))
    }
  }

  /// Offers a commit to the upstream's branch without force. Whether it was taken is seen by looking, not by what git says.
  func offer(_ commit: String, to upstream: Ledger.Upstream) throws(LedgerError) -> Program.Result {
    var arguments = ["push", "--quiet", "--no-verify", "--no-follow-tags"]
    if let receivePack = upstream.receivePack { arguments.append("--receive-pack=\(receivePack)") }
    return try git.attempt(
      arguments + ["--", upstream.url, "\(commit):refs/heads/writ/\(name)"], transfer: true)
  }

  /// Makes a commit that adds files to another one's, and lets ``pending`` name it.
  func commit(
    _ files: [String: [UInt8]], message: String, by author: String, at seconds: Int64, onto parent: String?
  ) throws(LedgerError) -> String {
    var stream: [UInt8] = []
    func add(_ text: String) { stream.append(contentsOf: text.utf8) }
    add("commit \(Self.pending)\n")
    add("committer \(author) <> \(seconds) +0000\ndata \(message.utf8.count)\n\(message)")
    if let parent { add("from \(parent)\n") }
    for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
      add("M 100644 inline \(path)\ndata \(bytes.count)\n")
      stream.append(contentsOf: bytes)
      add("\n")
    }
    add("done\n")
    // By force: whatever waited before does not wait any more, and what is made begins at `parent` alone.
    try git.run(["fast-import", "--quiet", "--done", "--force"], input: stream)
    guard let commit = try git.commit(Self.pending) else {
      throw .git(command: "fast-import", reason: "it made no commit")
    }
    return commit
  }

  /// How long to wait before the next attempt: doubling, with chance, so that writers who collided once do not go on colliding.
  static func pause(after attempt: Int) { usleep(UInt32.random(in: 0...(25_000 << UInt32(min(attempt, 6))))) }

  /// Packs loose objects; git's own collection is off in this clone, so that nothing runs behind the lock's back.
  func pack() {
    // Without it everything works, only slower.
    _ = try? git.attempt(["repack", "-d", "-l", "-q"])
  }

  /// How many packs a clone may have that is fetched without history.
  static let packLimit = 50

  /// Drops what no ref names any more, once that is worth it; for a clone of which only the newest version counts.
  func collect() {
    guard let folder = opendir(git.directory + "/objects/pack") else { return }
    defer { closedir(folder) }
    var files = 0
    while readdir(folder) != nil { files += 1 }
    // A pack is a file and its index.
    if files > 2 * Self.packLimit { _ = try? git.attempt(["gc", "--quiet", "--prune=now"]) }
  }

  func makeFolder(_ path: String) throws(LedgerError) {
    if mkdir(path, 0o700) != 0 && errno != EEXIST { throw .system(SystemError("create", path)) }
  }
}

extension Ledger.Upstream {
  /// The other end of a push into a folder of this machine, told to force its writes to disk as well.
  var receivePack: String? {
    let fsync = "-c core.fsync=all -c gc.auto=0 -c receive.autogc=false"
    switch self {
    case .repository: return "git \(fsync) -c core.hooksPath=/dev/null receive-pack"
    // The hooks of a shared repository are its owner's rules; they stay.
    case .remote(let url): return url.hasPrefix("/") || url.hasPrefix("file:") ? "git \(fsync) receive-pack" : nil
    }
  }
}
