internal import WritPlan
internal import WritSyntax

extension LinuxHost {
  /// Adds to what stands in the file whether the kernel has it, and what keeps it from writing anything down.
  func readAudit(_ id: ObjectID, _ live: inout LiveState) {
    let audit = AuditRules(root: root)
    func note(_ text: String, _ finding: Slug? = nil) {
      live.notices.append(.init(id, text, finding: finding))
    }
    for path in audit.silencingFiles() {
      note("\(path.visible) holds `-a never,task`, so nothing is audited", .auditSilenced)
    }
    switch audit.kernel() {
    case .none(let reason):
      note("the rules are staged, not loaded: \(reason)")
    case .audits(let isLocked, let lost, let rules):
      if rules.contains(where: \.silencesAll) {
        note("`-a never,task` is loaded: processes born since are not audited until the next boot", .auditSilenced)
      }
      if lost > 0 { note("\(lost) records were lost since the last boot") }
      guard case .present(var state)? = live.objects[id], let missing = try? audit.missing(rules), !missing.isEmpty
      else { return }
      if isLocked {
        note("\(missing.count) rules wait for the next boot: the kernel's rules are locked", .auditLocked)
      } else {
        state["lines"] = .lines(missing.map { "# found not loaded: \($0.visible)" } + state.list("lines"))
        live.objects[id] = .present(state)
      }
    }
  }
}
