internal import Glibc
internal import WritDigest
internal import WritPlan
internal import WritSystem

extension LinuxHost {
  /// Bytes of a program that are looked at; sudo reads one of any size.
  static let programLimit = 256 << 20

  /// Programs that are no longer what the rules in place say: sudo refuses to run them. An update of a package does that, and
  /// so does somebody who wants another program run. Which it was is for people to say, in the policy; nothing is mended.
  func changedPrograms(_ live: LiveState) -> [LiveState.Notice] {
    let id = ObjectID(.sudoers, "writ")
    guard let lines = live.objects[id]?.state?.list("lines") else { return [] }
    var wanted: [String: Set<String>] = [:]
    for rule in lines.compactMap({ SudoersRule($0) }) {
      if let digest = rule.sha256 { wanted[rule.command, default: []].insert(digest) }
    }
    return wanted.sorted { $0.key < $1.key }.compactMap { path, digests in
      let found: String
      do { found = Digest(of: try program(path)).hex } catch {
        return .init(id, "\(path.visible) could not be compared with its sha256: \("\(error)".visible)")
      }
      guard !digests.contains(found) else { return nil }
      return .init(
        id, "\(path.visible) is not the program that the policy names, and sudo refuses it: its sha256 is \(found)")
    }
  }

  /// The bytes behind the links that lead there within the host.
  private func program(_ path: String) throws(HostError) -> [UInt8] {
    let resolved = root.path(try CommandPath(root: root, path: path).resolved())
    do { return try FileContents.read(resolved, limit: Self.programLimit) } catch { throw .system(error) }
  }
}
