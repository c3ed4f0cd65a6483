internal import Glibc
internal import WritSystem

/// The git repository that a vault may be: its own files are committed by plumbing, so that no hook, filter or index of the
/// user's takes part, and nothing but the paths named is touched.
struct VaultRepository {
  static let program = "/usr/bin/git"
  let path: String

  /// Nil when the store is no repository of its own; one further up is not the vault's.
  init?(_ path: String) {
    var status = stat()
    guard lstat(path + "/.git", &status) == 0 else { return nil }
    self.path = path
  }

  /// The bytes of a path in the last commit; nil when it has none.
  func committed(_ file: String) -> [UInt8]? {
    guard let result = try? run(["cat-file", "blob", "HEAD:\(file)"]), result.succeeded else { return nil }
    return result.output
  }

  /// Commits the present bytes of `files`, and that those missing are gone. Nothing differs: no commit.
  func commit(_ files: [String], message: String) throws(VaultError) {
    let parent = try? words(["rev-parse", "--verify", "--quiet", "HEAD"])
    var committed: [String: String] = [:]
    if parent != nil {
      for line in try words(["ls-tree", "-r", "-z", "HEAD"]).split(separator: "\0") {
        let halves = line.split(separator: "\t", maxSplits: 1)
        let fields = halves.first?.split(separator: " ") ?? []
        if halves.count == 2, fields.count == 3 { committed[String(halves[1])] = String(fields[2]) }
      }
    }
    var present: [String] = []
    var gone: [String] = []
    var status = stat()
    for file in files.sorted() {
      if lstat("\(path)/\(file)", &status) == 0 { present.append(file) } else { gone.append(file) }
    }
    let list = Array(present.map { $0 + "\n" }.joined().utf8)
    // Only hashed at first, so that a commit that is already there writes nothing.
    let ids = try words(["hash-object", "--no-filters", "--stdin-paths"], input: list).split(separator: "\n")
    guard ids.count == present.count else { throw .notCommitted("files moved meanwhile") }
    let changed = zip(present, ids).filter { committed[$0] != String($1) }.map { (file: $0, id: String($1)) }
    let removed = gone.filter { committed[$0] != nil }
    guard !changed.isEmpty || !removed.isEmpty else { return }

    try words(
      ["hash-object", "-w", "--no-filters", "--stdin-paths"], input: Array(changed.map { $0.file + "\n" }.joined().utf8)
    )
    let zero = String(repeating: "0", count: changed.first?.id.count ?? parent?.count ?? 40)
    let index = Array(
      (changed.map { "100644 \($0.id)\t\($0.file)\0" } + removed.map { "0 \(zero)\t\($0)\0" }).joined().utf8)
    let own = "\(try words(["rev-parse", "--absolute-git-dir"]))/writ-index"
    unlink(own)
    defer { unlink(own) }
    if parent != nil { try words(["read-tree", "HEAD"], index: own) }
    try words(["update-index", "-z", "--index-info"], input: index, index: own)
    let tree = try words(["write-tree"], index: own)
    let made = try words(["commit-tree", tree, "-m", message] + (parent.map { ["-p", $0] } ?? []))
    try words(["update-ref", "-m", message, "HEAD", made, parent ?? zero])
    // The user's index follows for these paths alone, so that `git status` is clean.
    try words(["update-index", "-z", "--index-info"], input: index)
  }

  @discardableResult
  private func words(_ arguments: [String], input: [UInt8] = [], index: String? = nil) throws(VaultError) -> String {
    let result = try run(arguments, input: input, index: index)
    guard result.succeeded else {
      throw .notCommitted(visible(String(result.errorText.split(separator: "\n").first?.prefix(300) ?? "git failed")))
    }
    var text = result.outputText
    while text.hasSuffix("\n") { text.removeLast() }
    return text
  }

  private func run(_ arguments: [String], input: [UInt8] = [], index: String? = nil) throws(VaultError)
    -> Program.Result
  {
    var environment = Program.plainEnvironment
    environment["GIT_CONFIG_NOSYSTEM"] = "1"
    environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
    environment["GIT_NO_REPLACE_OBJECTS"] = "1"
    environment["GIT_AUTHOR_NAME"] = "writ"
    environment["GIT_AUTHOR_EMAIL"] = "writ@localhost"
    environment["GIT_COMMITTER_NAME"] = "writ"
    environment["GIT_COMMITTER_EMAIL"] = "writ@localhost"
    environment["GIT_CEILING_DIRECTORIES"] = path + "/.."
    environment["GIT_INDEX_FILE"] = index
    let settings = ["core.hooksPath=/dev/null", "core.fsmonitor=false", "core.fsync=all", "gc.auto=0"]
    do {
      return try Program(
        Self.program, settings.flatMap { ["-c", $0] } + arguments, environment: environment, workingDirectory: path,
        input: input
      ).run()
    } catch { throw .program(error) }
  }
}
