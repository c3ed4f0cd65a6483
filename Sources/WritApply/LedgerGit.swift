internal import WritSystem

/// The `git` program, working in a clone of writ's own.
///
/// Hooks, fsmonitor, replace refs and all configuration but that of the clone are off; whoever may write the user's
/// configuration shall not thereby decide what the ledger says. Only transfers see the user's own configuration and
/// agent, which the way to the upstream may need.
struct LedgerGit: Sendable {
  static let path = "/usr/bin/git"
  /// util-linux's prlimit(1).
  static let limiter = "/usr/bin/prlimit"
  /// Seconds for work in the clone, and for a transfer.
  static let localTimeLimit = 600
  static let transferTimeLimit = 300
  /// Bytes of output: the content of a whole ledger.
  static let outputLimit = 4 << 30

  /// The bare clone.
  var directory: String
  /// Variables that a transfer gets beside writ's own, which count more.
  var transferEnvironment: [String: String]
  /// Held by writ's own lock; what works in the clone holds it too, so that it outlives a writ that was killed.
  var lock: Int32?

  static let settings = [
    "core.fsync=all", "core.fsyncMethod=fsync", "core.hooksPath=/dev/null", "core.fsmonitor=false", "gc.auto=0",
    "maintenance.auto=false", "fetch.fsckObjects=true", "fetch.writeCommitGraph=false", "core.logAllRefUpdates=false",
    "transfer.hideRefs=", "submodule.recurse=false", "protocol.ext.allow=never",
  ]

  /// Runs one command; a status other than 0 is in the result.
  ///
  /// - Parameters:
  ///   - settings: configuration beside ``settings``.
  ///   - fileLimit: bytes over which the kernel lets it write no file (setrlimit(2), `RLIMIT_FSIZE`).
  func attempt(
    _ arguments: [String], input: [UInt8] = [], transfer: Bool = false, settings: [String] = [],
    fileLimit: Int? = nil, outputLimit: Int = Self.outputLimit
  ) throws(LedgerError) -> Program.Result {
    var environment = Program.plainEnvironment
    if transfer { environment.merge(transferEnvironment) { $1 } }
    environment["GIT_CONFIG_NOSYSTEM"] = transfer ? nil : "1"
    environment["GIT_NO_REPLACE_OBJECTS"] = "1"
    environment["GIT_TERMINAL_PROMPT"] = "0"
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    if !transfer {
      environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
      // An archive bears the same times, and leaves the same files out, on every machine.
      environment["GIT_ATTR_NOSYSTEM"] = "1"
      environment["TZ"] = "UTC"
    }
    let options = ["--git-dir=\(directory)"] + (Self.settings + settings).flatMap { ["-c", $0] }
    let limited = fileLimit.map { ["--core=0", "--fsize=\($0)", "--", Self.path] } ?? []
    do {
      return try Program(
        limited.isEmpty ? Self.path : Self.limiter, limited + options + arguments, environment: environment,
        workingDirectory: "/", input: input,
        timeLimit: transfer ? Self.transferTimeLimit : Self.localTimeLimit, outputLimit: outputLimit,
        // A helper that a transfer leaves running, such as one that caches credentials, would hold it for ever.
        inherited: transfer ? nil : lock
      ).run()
    } catch { throw .program(error) }
  }

  /// Output of a command that has to succeed.
  @discardableResult
  func run(_ arguments: [String], input: [UInt8] = []) throws(LedgerError) -> [UInt8] {
    let result = try attempt(arguments, input: input)
    guard result.succeeded else {
      throw .git(command: arguments.first ?? "", reason: Self.complaint(result))
    }
    return result.output
  }

  /// The commit a ref names; nil when there is no such ref.
  func commit(_ ref: String) throws(LedgerError) -> String? {
    let result = try answer(["rev-parse", "--verify", "--quiet", "--end-of-options", "\(ref)^{commit}"])
    guard result.succeeded else { return nil }
    return result.outputText.split(separator: "\n").first.map(String.init)
  }

  /// The commits that several refs name, by one look at all of them; one that is not there is left out.
  func commits(_ refs: [String]) throws(LedgerError) -> [String: String] {
    let result = try answer(["for-each-ref", "--format=%(objecttype) %(objectname) %(refname)", "--"] + refs)
    var found: [String: String] = [:]
    for line in result.outputText.split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 2).map(String.init)
      // A name is a pattern to it, which also stands for what lies below.
      if fields.count == 3, fields[0] == "commit", refs.contains(fields[2]) { found[fields[2]] = fields[1] }
    }
    // It stops at a ref whose object is gone, and one that names no commit may lead to one.
    for ref in refs where found[ref] == nil && (!result.succeeded || result.outputText.contains(" \(ref)\n")) {
      found[ref] = try commit(ref)
    }
    return found
  }

  func isAncestor(_ older: String, of newer: String) throws(LedgerError) -> Bool {
    if older == newer { return true }
    return try answer(["merge-base", "--is-ancestor", older, newer]).succeeded
  }

  /// What git says by its exit status. A git that was killed has said nothing, least of all no.
  private func answer(_ arguments: [String]) throws(LedgerError) -> Program.Result {
    let result = try attempt(arguments)
    if case .signalled(let signal) = result.ending {
      throw .git(command: arguments.first ?? "", reason: "it was ended by signal \(signal)")
    }
    return result
  }

  func setRef(_ ref: String, _ commit: String?) throws(LedgerError) {
    if let commit { try run(["update-ref", ref, commit]) } else { try run(["update-ref", "-d", ref]) }
  }

  /// Lets `newest` name a commit that the upstream took, and nothing wait any more.
  func settle(_ commit: String, as newest: String) throws(LedgerError) {
    // Git moves refs before it removes any, so that the commit always has a name.
    try run(
      ["update-ref", "--stdin"], input: Array("update \(newest) \(commit)\ndelete \(LedgerClone.pending)\n".utf8))
  }

  /// What git said, on one line, with control characters made visible.
  static func complaint(_ result: Program.Result) -> String {
    let lines = result.errorText.split(whereSeparator: \.isNewline)
    let text = lines.joined(separator: "; ").prefix(500)
    return String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : Character($0) })
  }
}
