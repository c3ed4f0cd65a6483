/// Finds known names close to a mistyped one.
struct SuggestionBook {
  /// Searches in one run after which no more is suggested: each one looks at every known name.
  static let searchLimit = 500

  private var searches = 0
  private var known: [String: String?] = [:]

  /// The nearest candidate, or nil when none is close. Candidates of equal distance: the first in order.
  mutating func nearest(to text: String, among candidates: some Sequence<String>) -> String? {
    searches += 1
    guard searches <= Self.searchLimit, text.utf8.count <= 64 else { return nil }
    return closest(to: text, among: candidates)
  }

  /// Like ``nearest(to:among:)``, remembering the answer for `text` in `space`.
  mutating func nearest(to text: String, in space: String, among candidates: () -> [String]) -> String? {
    let key = "\(space) \(text)"
    if let answer = known[key] { return answer }
    let answer = nearest(to: text, among: candidates())
    known[key] = .some(answer)
    return answer
  }
}

/// The candidate with the smallest distance, if that is small for the length of `text`; the first in order among equals.
func closest(to text: String, among candidates: some Sequence<String>) -> String? {
  let wanted = [UInt8](text.utf8)
  // One slip in a short word, two in a longer one; anything more is another word.
  var limit = wanted.count <= 2 ? 0 : wanted.count <= 5 ? 1 : 2
  var best: String?
  for candidate in candidates {
    guard abs(candidate.utf8.count - wanted.count) <= limit, candidate != text else { continue }
    let distance = editDistance(wanted, [UInt8](candidate.utf8))
    if distance < limit || (distance == limit && (best.map { candidate < $0 } ?? true)) {
      limit = distance
      best = candidate
    }
  }
  return best
}

/// Insertions, deletions, replacements and exchanges of neighbours that make `a` into `b` (optimal string alignment).
func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var twoAgo = [Int](repeating: 0, count: b.count + 1)
  var previous = Array(0...b.count)
  var current = previous
  for i in 0..<a.count {
    current[0] = i + 1
    for j in 0..<b.count {
      var best = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, twoAgo[j - 1] + 1) }
      current[j + 1] = best
    }
    (twoAgo, previous, current) = (previous, current, twoAgo)
  }
  return previous[b.count]
}

extension PolicyDecoder {
  func nearest(to text: String, among candidates: [String]) -> String? {
    suggestions.nearest(to: text, among: candidates)
  }
}
