internal import Glibc
internal import WritPlan
internal import WritPolicy

/// One way to call a command, and whether the policy's arguments let it through.
struct CommandCall: Hashable {
  var words: [String]

  /// As people would type it; control characters are visible.
  func text(_ path: String) -> String { ([path] + words).joined(separator: " ").visible }

  /// A word that no policy has reason to allow.
  private static let stranger = "writ-prove"

  /// Calls that show where the arguments' bounds are: allowed ones first.
  ///
  /// - Returns: nil where nothing is found that a pattern lets through.
  static func samples(_ arguments: Resource.Arguments) -> [CommandCall]? {
    let calls: [[String]]
    switch arguments {
    case .none: calls = [[], [stranger]]
    case .any: calls = [[], [stranger]]
    case .exactly(let words): calls = [words, words + [stranger], Array(words.dropLast()), [words.joined()]]
    case .pattern(let pattern):
      guard let matcher = ArgumentMatcher(pattern) else { return nil }
      let found = [0, 1].compactMap { ArgumentSample.matching(pattern, extra: $0) }.filter(matcher.matches)
      guard let first = found.first else { return nil }
      let near = ["", "\(first) \(stranger)", "\(stranger) \(first)", String(first.dropLast()), stranger]
      calls = (found + near.filter { !matcher.matches($0) }).map(Self.split)
    }
    var seen: Set<CommandCall> = []
    return calls.map { CommandCall(words: $0) }.filter { seen.insert($0).inserted }
  }

  /// sudo joins the words by blanks again.
  private static func split(_ text: String) -> [String] {
    text.isEmpty ? [] : text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
  }

  func isAllowed(by arguments: Resource.Arguments) -> Bool {
    switch arguments {
    case .none: words.isEmpty
    case .any: true
    case .exactly(let wanted): words == wanted
    case .pattern(let pattern): ArgumentMatcher(pattern)?.matches(words.joined(separator: " ")) == true
    }
  }
}

/// An extended regular expression, judged by the C library as sudo has it judged.
final class ArgumentMatcher {
  private var expression = regex_t()

  init?(_ pattern: String) {
    guard regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB) == 0 else { return nil }
  }

  deinit { regfree(&expression) }

  func matches(_ text: String) -> Bool { regexec(&expression, text, 0, nil, 0) == 0 }
}
