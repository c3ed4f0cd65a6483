internal import CLibgit2

/// A commit object, read from its bytes.
///
/// libgit2 refuses a commit whose author line is malformed, and git shows it; one such commit must not end every question
/// about a repository. What cannot be read of a person is empty, of a time 0.
struct CommitRecord {
  var tree: GitObjectID
  var parents: [GitObjectID] = []
  /// As written, without the mailmap.
  var author = GitSignature(name: "", email: "", time: 0)
  var committer = GitSignature(name: "", email: "", time: 0)
  var message = ""

  /// Bytes of one commit that are read at all.
  static let limit = 256 << 20

  /// - Parameter whole: whether people and message are wanted, which cost most.
  init(_ repository: OpaquePointer, _ id: GitObjectID, whole: Bool) throws(GitError) {
    let object = try StoredObject(repository, id, GIT_OBJECT_COMMIT, limit: Self.limit)
    let bytes = object.bytes
    var found: GitObjectID?
    var (hasAuthor, hasCommitter) = (false, false)
    var position = bytes.startIndex
    while position < bytes.endIndex {
      let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
      let line = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
      position = min(end + 1, bytes.endIndex)
      if line.isEmpty { break }
      if line.starts(with: "tree ".utf8), found == nil {
        found = GitObjectID(digits: UnsafeRawBufferPointer(rebasing: line.dropFirst(5)))
      } else if line.starts(with: "parent ".utf8), !hasAuthor, !hasCommitter {
        let parent = GitObjectID(digits: UnsafeRawBufferPointer(rebasing: line.dropFirst(7)))
        if let parent { parents.append(parent) }
      } else if line.starts(with: "author ".utf8), !hasAuthor {
        hasAuthor = true
        if whole { author = Self.signature(line.dropFirst(7)) }
      } else if line.starts(with: "committer ".utf8), !hasCommitter {
        hasCommitter = true
        committer = Self.signature(line.dropFirst(10))
      }
    }
    guard let found else { throw .malformedCommit(id) }
    tree = found
    if whole { message = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[position...]), as: UTF8.self) }
  }

  /// `Name <e-mail> SECONDS ZONE`; each part that is not there is empty.
  static func signature(_ line: some BidirectionalCollection<UInt8>) -> GitSignature {
    let open = line.firstIndex(of: UInt8(ascii: "<")) ?? line.endIndex
    let close = line[open...].lastIndex(of: UInt8(ascii: ">")) ?? line.endIndex
    let email = open == line.endIndex ? line[open...] : line[line.index(after: open)..<close]
    let after = close == line.endIndex ? line[close...] : line[line.index(after: close)...]
    let words = after.split(separator: UInt8(ascii: " "))
    let time = words.first.flatMap { Int64(String(decoding: $0, as: UTF8.self)) } ?? 0
    return GitSignature(
      name: trimmed(line[..<open]), email: trimmed(email), time: min(max(time, times.lowerBound), times.upperBound))
  }

  /// The years 1 to 9999: arithmetic with times must not overflow because somebody wrote an absurd one.
  static let times: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  private static func trimmed(_ bytes: some BidirectionalCollection<UInt8>) -> String {
    let blank = UInt8(ascii: " ")
    let start = bytes.firstIndex { $0 != blank } ?? bytes.endIndex
    guard let last = bytes.lastIndex(where: { $0 != blank }), start <= last else { return "" }
    return String(decoding: bytes[start...last], as: UTF8.self)
  }
}
