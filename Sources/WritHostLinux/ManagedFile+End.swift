internal import Glibc

/// writ's lines at the end of a file that is somebody else's: of PAM's modules, and of settings written in Python, the last
/// one counts. What else the file holds is kept, byte for byte.
extension ManagedFile {
  /// What ends each line of writ's. For PAM, and for Python, it is a comment.
  static let ownMark = "  # writ"

  func end(_ bytes: [UInt8], _ status: stat) -> Content {
    // Whoever else may write to it says what counts.
    guard status.st_uid == 0, status.permissions & 0o022 == 0 else {
      return .unknown("\(path) is writable by others than root, so what writ writes there would mean nothing")
    }
    var own: [String] = []
    var isFollowed = false
    for line in bytes.split(separator: 10) {
      if Self.isOwn(line) {
        own.append(String(decoding: line.dropLast(Self.ownMark.utf8.count), as: UTF8.self).visible)
      } else if !own.isEmpty, Self.says(line) {
        isFollowed = true
      }
    }
    if own.isEmpty { return .absent }
    return .own((isFollowed ? ["# found before other lines, which count instead"] : []) + own)
  }

  /// `old` with other lines of writ's, or none. nil: nothing is left, and the file goes.
  func ended(_ old: [UInt8], header: [String], lines: [String]?, goesWhenEmpty: Bool) -> [UInt8]? {
    let mark = Array(Self.mark.utf8)
    var kept = old.split(separator: 10, omittingEmptySubsequences: false).filter {
      !Self.isOwn($0) && !$0.starts(with: mark)
    }
    if kept.last?.isEmpty == true { kept.removeLast() }
    var out = kept.flatMap { $0 + [10] }
    guard let lines else { return goesWhenEmpty && out.allSatisfy { $0 == 10 } ? nil : out }
    let own = header.map { Self.mark + $0 } + lines.map { $0 + Self.ownMark }
    out += own.flatMap { $0.utf8 + [10] }
    return out
  }

  private static func isOwn(_ line: ArraySlice<UInt8>) -> Bool { line.ends(with: ownMark.utf8) }

  /// Neither blank nor a comment.
  private static func says(_ line: ArraySlice<UInt8>) -> Bool {
    line.first { $0 != 32 && $0 != 9 && $0 != 13 }.map { $0 != UInt8(ascii: "#") } ?? false
  }
}

extension ArraySlice<UInt8> {
  fileprivate func ends(with bytes: String.UTF8View) -> Bool { suffix(bytes.count).elementsEqual(bytes) }
}
