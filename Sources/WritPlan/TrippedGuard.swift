/// A guard that trips: something a move would do that nobody does on purpose every day (design §9).
public struct TrippedGuard: Sendable, Hashable {
  /// What `Writ-Override:` names.
  public enum Name: String, Sendable, Hashable, CaseIterable, Comparable {
    case maxRemoval = "max-removal"
    case minAdministrators = "min-administrators"
    case applierAccess = "applier-access"
    case rootCommands = "uid-0"
    case privilegedCommands = "privileged-commands"
    case treeChanges = "tree-changes"

    public static func < (a: Name, b: Name) -> Bool { a.rawValue < b.rawValue }
  }

  public var name: Name
  /// What it counts over: empty for everything, else a resource, a target or a permission.
  public var scope: String
  /// One line for people; nothing in it but names that the policy validated, and numbers.
  public var text: String
  /// Full ids of the commits that do it, oldest first; empty where no single commit could be named.
  public var commits: [String]
  /// The trailers that let it through; empty: it stops an apply.
  public var overrides: [WrittenOverride]

  public init(
    _ name: Name, scope: String = "", _ text: String, commits: [String] = [], overrides: [WrittenOverride] = []
  ) {
    self.name = name
    self.scope = scope
    self.text = text
    self.commits = commits
    self.overrides = overrides
  }

  /// Whether it stands in the way of an apply.
  public var stops: Bool { overrides.isEmpty }
}

/// A `Writ-Override: GUARD REASON` line in the last paragraph of a commit's message.
public struct WrittenOverride: Sendable, Hashable {
  public var name: String
  /// Full id of the commit in whose message it stands.
  public var commit: String
  public var reason: String

  public init(name: String, commit: String, reason: String) {
    self.name = name
    self.commit = commit
    self.reason = reason
  }

  static let key = "Writ-Override: "

  /// Those of one message, in order. One without a reason is none.
  public static func all(in message: String, of commit: String) -> [WrittenOverride] {
    let lines = message.split(omittingEmptySubsequences: false) { $0.isNewline }
    func isBlank(_ line: Substring) -> Bool { line.allSatisfy(\.isWhitespace) }
    return lines.reversed().drop(while: isBlank).prefix { !isBlank($0) }.reversed().compactMap { line in
      guard line.hasPrefix(key) else { return nil }
      let words = line.dropFirst(key.count).split(separator: " ", maxSplits: 1)
      guard words.count == 2, !isBlank(words[1]) else { return nil }
      return WrittenOverride(name: String(words[0]), commit: commit, reason: String(words[1]))
    }
  }
}
