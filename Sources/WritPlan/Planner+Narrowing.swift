extension Planner {
  /// The state in which nothing that desired does not have is left, and nothing is added yet.
  static func narrowed(_ before: ObjectState, towards wanted: ObjectState, kind: ObjectKind) -> ObjectState {
    var out = before
    for (name, value) in wanted.attributes {
      switch value {
      case .set(let elements) where kind == .egress && name == "denied":
        // A set of those who are held back: nobody leaves it here, and whoever belongs in it comes.
        out[name] = .members(before.list(name) + elements)
      case .set(let elements):
        let allowed = Set(elements)
        out[name] = .members(before.list(name).filter(allowed.contains))
      case .lines(let lines):
        if name == "deviations" || name == "faults" {
          out[name] = .lines(before.list(name).filter { $0.hasPrefix("+ ") })
        } else if kind == .keys || kind == .sudoers {
          out[name] = .lines(EndingLine.narrowed(before.list(name), towards: lines))
        } else if kind == .sshd {
          // It lets nobody in, it only says who may not: whatever differs is put back with the revocations.
          out[name] = value
        }
      case .text(let text):
        if isNarrowing(name, from: before.text(name), to: text) { out[name] = value }
      }
    }
    return out
  }

  /// Of an account's attributes: an earlier end, the shell and the password taken away, a home folder shut again.
  private static func isNarrowing(_ name: String, from old: String?, to new: String) -> Bool {
    switch name {
    case "expires":
      guard let new = Int(new) else { return false }
      return old.flatMap { Int($0) }.map { new < $0 } ?? true
    case "shell": return new.hasSuffix("/nologin") && old != new
    // A lock that somebody put on by hand is not taken off among the revocations.
    case "password": return new == "!*" ? old != new : old != new && old?.hasPrefix("!") != true && old != "locked"
    case "home-folder": return new == "private" && old != new
    default: return false
    }
  }
}

/// A line that may carry its own end: `expiry-time="…Z"` of authorized_keys, `NOTAFTER=…Z` of sudoers.
public struct EndingLine {
  /// The line without its end.
  public var stem: String
  /// `YYYYMMDDHHMMSS` in UTC; nil: without end.
  var end: String?

  public init(_ line: String) {
    stem = line
    // What follows is a command with its arguments.
    let limit = line.firstRange(of: "NOPASSWD:")?.lowerBound ?? line.endIndex
    for (opening, closing) in [(",expiry-time=\"", "Z\""), (" NOTAFTER=", "Z")] {
      guard let start = line[..<limit].firstRange(of: opening) else { continue }
      let digits = line[start.upperBound...].prefix { $0.isASCII && $0.isNumber }
      guard digits.count == 14, line[digits.endIndex...].hasPrefix(closing) else { continue }
      stem = String(line[..<start.lowerBound] + line[line.index(digits.endIndex, offsetBy: closing.count)...])
      end = String(digits)
      return
    }
  }

  public func ends(before other: EndingLine) -> Bool {
    guard let end else { return false }
    return other.end.map { end < $0 } ?? true
  }

  /// Lines of which none gives more than `wanted` does. One of which only the end moved away stays until the later end is
  /// granted, so that nobody is shut out in between; one whose end came nearer gets it.
  static func narrowed(_ lines: [String], towards wanted: [String]) -> [String] {
    let kept = Set(lines).intersection(wanted)
    var latest: [String: (line: String, ending: EndingLine)] = [:]
    for line in wanted {
      let ending = EndingLine(line)
      if latest[ending.stem].map({ $0.ending.ends(before: ending) }) ?? true { latest[ending.stem] = (line, ending) }
    }
    var out: [String] = []
    for line in lines {
      let ending = EndingLine(line)
      if kept.contains(line) {
        out.append(line)
      } else if let match = latest[ending.stem], !kept.contains(match.line) {
        let narrower = ending.ends(before: match.ending) ? line : match.line
        if !out.contains(narrower) { out.append(narrower) }
      }
    }
    return out.count == wanted.count && Set(out) == Set(wanted) ? wanted : out
  }
}
