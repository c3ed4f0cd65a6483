/// Arguments that a pattern should let through, so that whoever enforces it can be asked about some.
///
/// It knows the extended regular expressions of POSIX as far as people write them. What it finds is a proposal: the
/// caller tries it before believing it.
public struct ArgumentSample {
  private var rest: ArraySlice<UInt8>
  /// Repetitions beyond the least.
  private let extra: Int

  /// The most that a repetition gives, whatever is written.
  private static let mostRepetitions = 64

  /// Nil when nothing is found.
  ///
  /// - Parameter extra: how often each repetition goes beyond its least.
  public static func matching(_ pattern: String, extra: Int) -> String? {
    var bytes = Array(pattern.utf8)[...]
    if bytes.starts(with: "(?i)".utf8) { bytes = bytes.dropFirst(4) }
    guard bytes.first == UInt8(ascii: "^"), bytes.last == UInt8(ascii: "$") else { return nil }
    var sample = ArgumentSample(rest: bytes.dropFirst().dropLast(), extra: extra)
    guard let found = sample.alternatives(depth: 0), sample.rest.isEmpty else { return nil }
    return String(validating: found, as: UTF8.self)
  }

  /// As deep as parentheses are followed.
  private static let deepest = 32

  /// The first of several alternatives; the others are passed over.
  private mutating func alternatives(depth: Int) -> [UInt8]? {
    guard depth < Self.deepest, let first = branch(depth: depth) else { return nil }
    while rest.first == UInt8(ascii: "|") {
      rest.removeFirst()
      guard branch(depth: depth) != nil else { return nil }
    }
    return first
  }

  private mutating func branch(depth: Int) -> [UInt8]? {
    var out: [UInt8] = []
    while let byte = rest.first, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
      guard let piece = atom(depth: depth), let times = repetitions() else { return nil }
      for _ in 0..<times { out += piece }
    }
    return out
  }

  private mutating func atom(depth: Int) -> [UInt8]? {
    guard let byte = rest.popFirst() else { return nil }
    switch byte {
    case UInt8(ascii: "("):
      guard let inner = alternatives(depth: depth + 1), rest.popFirst() == UInt8(ascii: ")") else { return nil }
      return inner
    case UInt8(ascii: "["): return member().map { [$0] }
    case UInt8(ascii: "."): return [UInt8(ascii: "a")]
    case UInt8(ascii: "\\"): return rest.popFirst().map { [$0] }
    case UInt8(ascii: "^"), UInt8(ascii: "$"): return []
    default: return [byte]
    }
  }

  /// How often the last atom comes.
  private mutating func repetitions() -> Int? {
    guard let byte = rest.first else { return 1 }
    switch byte {
    case UInt8(ascii: "*"), UInt8(ascii: "+"):
      rest.removeFirst()
      return extra + (byte == UInt8(ascii: "+") ? 1 : 0)
    case UInt8(ascii: "?"):
      rest.removeFirst()
      return min(extra, 1)
    case UInt8(ascii: "{"):
      guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return nil }
      let bounds = String(decoding: rest[rest.index(after: rest.startIndex)..<end], as: UTF8.self)
        .split(separator: ",", omittingEmptySubsequences: false)
      rest = rest[rest.index(after: end)...]
      guard let least = bounds.first.flatMap({ Int($0) }), (0...Self.mostRepetitions).contains(least) else {
        return nil
      }
      if bounds.count == 1 { return least }
      return bounds[1].isEmpty ? least + extra : Int(bounds[1]).map { min($0, least + extra) }
    default: return 1
    }
  }

  // MARK: brackets

  private static let classes: [String: UInt8] = [
    "alpha": UInt8(ascii: "a"), "alnum": UInt8(ascii: "a"), "lower": UInt8(ascii: "a"), "upper": UInt8(ascii: "A"),
    "digit": UInt8(ascii: "0"), "xdigit": UInt8(ascii: "0"), "punct": UInt8(ascii: "-"), "graph": UInt8(ascii: "a"),
    "print": UInt8(ascii: "a"), "space": UInt8(ascii: " "), "blank": UInt8(ascii: " "),
  ]
  private static let candidates = Array("a0-_./A:=,+@z9".utf8)

  /// A byte that the bracket expression takes: of a list its first member, of an excluding one some byte beside it.
  private mutating func member() -> UInt8? {
    let excludes = rest.first == UInt8(ascii: "^")
    if excludes { rest.removeFirst() }
    var singles: Set<UInt8> = []
    var ranges: [ClosedRange<UInt8>] = []
    var first: UInt8?
    var isFirst = true
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "]"), !isFirst {
        if !excludes { return first }
        return Self.candidates.first { byte in !singles.contains(byte) && !ranges.contains { $0.contains(byte) } }
      }
      isFirst = false
      if byte == UInt8(ascii: "["), rest.first == UInt8(ascii: ":") {
        guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return nil }
        let name = String(decoding: rest.dropFirst()[..<end].dropLast(), as: UTF8.self)
        rest = rest[rest.index(after: end)...]
        // Which bytes a class keeps out is not worked out.
        guard !excludes, let example = Self.classes[name] else { return nil }
        first = first ?? example
        continue
      }
      if rest.first == UInt8(ascii: "-"), let high = rest.dropFirst().first, high != UInt8(ascii: "]") {
        guard byte <= high else { return nil }
        rest = rest.dropFirst(2)
        ranges.append(byte...high)
      } else {
        singles.insert(byte)
      }
      first = first ?? byte
    }
    return nil
  }
}
