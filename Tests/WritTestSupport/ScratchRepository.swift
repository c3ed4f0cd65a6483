internal import Glibc
internal import WritSystem

/// A real git repository for one test, made by the `git` program in a sealed environment: no configuration of the user's or
/// the system's, fixed names, and dates that the test says.
public final class ScratchRepository {
  public let scratch: Scratch
  public let path: String
  /// Committer and author time of the next commit, seconds since 1970; moves on a minute with every commit.
  public var time: Int64 = 1_700_000_000
  public var author = "Ann Author <ann@example.com>"
  public var committer = "Carl Committer <carl@example.com>"

  public struct GitFailure: Error {
    public var arguments: [String]
    public var text: String
  }

  /// - Parameter options: more arguments for `git init`.
  public init(_ options: [String] = []) throws {
    scratch = try Scratch()
    path = scratch.path + "/repository"
    try Self.run(in: scratch.path, environment(), ["init", "-q", "-b", "main"] + options + [path])
  }

  @discardableResult
  public func git(_ arguments: String..., input: [UInt8] = []) throws -> String {
    try Self.run(in: path, environment(), arguments, input: input)
  }

  /// Runs git in another folder, as for clones.
  @discardableResult
  public func git(in folder: String, _ arguments: String...) throws -> String {
    try Self.run(in: folder, environment(), arguments)
  }

  /// Writes a file below the repository's root, with its folders.
  public func write(_ file: String, _ text: String) throws {
    let parts = file.split(separator: "/")
    var folder = path
    for part in parts.dropLast() {
      folder += "/" + part
      mkdir(folder, 0o755)
    }
    try FileContents.replace(path + "/" + file, with: Array(text.utf8), mode: 0o644)
  }

  public func remove(_ file: String) { removeTree(path + "/" + file) }

  /// Makes a symbolic link below the repository's root.
  public func link(_ file: String, to target: String) { symlink(target, path + "/" + file) }

  /// Commits everything as it lies there; gives the full id.
  @discardableResult
  public func commit(_ message: String, _ files: [String: String] = [:]) throws -> String {
    for (file, text) in files { try write(file, text) }
    try git("add", "-A")
    try git("commit", "-q", "--allow-empty", "--cleanup=verbatim", "-m", message)
    time += 60
    return try git("rev-parse", "HEAD")
  }

  private func environment() -> [String: String] {
    var environment = Program.plainEnvironment
    environment["HOME"] = scratch.path
    environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
    environment["GIT_CONFIG_NOSYSTEM"] = "1"
    environment["TZ"] = "UTC"
    for (prefix, text) in [("GIT_AUTHOR", author), ("GIT_COMMITTER", committer)] {
      let parts = text.split(separator: "<")
      environment[prefix + "_NAME"] = String(parts[0].dropLast())
      environment[prefix + "_EMAIL"] = String(parts[1].dropLast())
      environment[prefix + "_DATE"] = "@\(time) +0000"
    }
    return environment
  }

  @discardableResult
  private static func run(
    in folder: String, _ environment: [String: String], _ arguments: [String], input: [UInt8] = []
  ) throws -> String {
    let result = try Program(
      "/usr/bin/git", arguments, environment: environment, workingDirectory: folder, input: input
    ).run()
    guard result.succeeded else { throw GitFailure(arguments: arguments, text: result.errorText) }
    var text = result.outputText
    while text.hasSuffix("\n") { text.removeLast() }
    return text
  }
}
