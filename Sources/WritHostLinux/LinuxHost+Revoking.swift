internal import Glibc
internal import WritPlan

extension LinuxHost {
  /// Whether a change that is called a revocation is one by what this host itself shows. Only then do the host's limits let
  /// it through unasked: whoever plans must not get past them by a word.
  func takesAway(_ change: Change, by judgement: inout HostJudgement) -> Bool {
    let name = change.object.name
    switch change.object.kind {
    case .sudoers: return change.after.map { givesNoMore($0.list("lines"), than: rulesInPlace()) } ?? true
    // Lines of sshd shut out; whom they must not shut out is asked below.
    case .sshd: return change.after == nil || login == nil
    case .group:
      guard let after = change.after else { return true }
      let members = judgement.accounts.map { Set($0.listedMembers(name)) } ?? []
      return Set(after.list("members")).isSubset(of: members)
    case .membership: return change.after == nil
    case .tree: return isOurs(tree: name, judgement.record)
    default: return true
    }
  }

  /// Whether each line is there already, or with a later end.
  private func givesNoMore(_ lines: [String], than present: Set<String>) -> Bool {
    let endings = present.map(EndingLine.init)
    return lines.allSatisfy { line in
      let ending = EndingLine(line)
      return present.contains(line) || endings.contains { $0.stem == ending.stem && ending.ends(before: $0) }
    }
  }

  /// The lines of writ's sudoers file as they are now.
  func rulesInPlace() -> Set<String> {
    guard let file = file(ObjectID(.sudoers, "writ")), case .own(let lines) = file.read() else { return [] }
    return Set(lines)
  }

  /// Whether the tree's root carries an id that writ gave here, or is gone. Anybody's word for a tree that writ never had
  /// could otherwise shut any folder of the host.
  private func isOurs(tree path: String, _ record: @autoclosure () -> IDRecord?) -> Bool {
    guard let status = root.status(path) else { return true }
    guard let record = record() else { return false }
    return record.holder(of: status.st_gid, .group) != nil || record.holder(of: status.st_uid, .account) != nil
  }
}
