internal import Glibc
internal import WritDigest
internal import WritSystem

/// The last head that this clone verified. A ledger that does not contain it was cut short or rewritten.
struct RememberedHead: Hashable, Sendable {
  var commit: String
  var head: LedgerHead

  init(_ state: LedgerState) {
    commit = state.commit
    head = state.head
  }

  /// Nil when nothing is remembered.
  ///
  /// - Throws: ``LedgerError/damaged(path:)`` for a file that cannot be read: forgetting must not be easier than remembering.
  init?(reading path: String) throws(LedgerError) {
    let bytes: [UInt8]
    do { bytes = try FileContents.read(path, limit: 64 << 10) } catch {
      if error.code == ENOENT { return nil }
      throw .system(error)
    }
    do {
      let members = try JSONMembers(JSONValue(canonicalLine: bytes))
      commit = try members.text("commit")
      head = LedgerHead(
        origin: try members.text("origin"), size: try members.integer("size"), root: try members.digest("root"))
    } catch { throw .damaged(path: path) }
  }

  func write(to path: String) throws(LedgerError) {
    let json = JSONValue.object([
      "commit": .string(commit), "origin": .string(head.origin), "size": .integer(head.size),
      "root": .string(head.root.description),
    ])
    do { try FileContents.replace(path, with: json.canonicalLine, mode: 0o600) } catch { throw .system(error) }
  }
}
