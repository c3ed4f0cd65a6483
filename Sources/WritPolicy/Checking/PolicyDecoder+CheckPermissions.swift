internal import WritSyntax

extension PolicyDecoder {
  /// The resources of the rules exist, have the operations, and have personal folders where a rule names one.
  func checkRules(_ rules: [PermissionRule]) {
    var last: SourceSpan?
    for rule in rules {
      // Several operations of one resource are several rules with one place: what is wrong with it is said once.
      let isFirst = rule.resource.span != last
      last = rule.resource.span
      guard declared.resources[rule.resource.value] != nil else {
        if isFirst { checkResource(rule.resource) }
        continue
      }
      // What could not be read has its own finding.
      let operations = policy.operations(of: rule.resource.value)
      guard !operations.isEmpty else { continue }
      if isFirst { checkScope(rule) }
      checkOperation(rule, operations)
    }
  }

  private func checkScope(_ rule: PermissionRule) {
    if rule.scope == .whole { return }
    if case .folder(let principal) = rule.scope, declared.principals[principal] == nil {
      let near = suggestions.nearest(to: principal.text, in: "principals") { declared.principals.keys.map(\.text) }
      report(
        .unknownPrincipal, "nobody is named `\(principal)`", at: rule.resource.span, label: "whose folder?",
        help: near.map { "did you mean `\(rule.resource.value)/\($0)`?" } ?? "")
    }
    if case .tree(let tree)? = policy.resources[rule.resource.value]?.kind, tree.isPersonal { return }
    report(
      .notPersonal, "`\(rule.resource.value)` has no folder for each person", at: rule.resource.span,
      label: "only a tree with `{account}` has them",
      related: declared.resources[rule.resource.value].map { [.init($0, "defined here")] } ?? [],
      help: "write `\(rule.resource.value)`")
  }

  private func checkOperation(_ rule: PermissionRule, _ operations: [Operation]) {
    guard case .one(let operation) = rule.operation.value, !operations.contains(operation) else { return }
    let near = nearest(to: operation.text, among: operations.map(\.text))
    let list = operations.map { "`\($0)`" }.joined(separator: ", ")
    report(
      .unknownOperation, "`\(rule.resource.value)` has no operation `\(operation)`", at: rule.operation.span,
      label: "expected \(list) or `all`",
      related: declared.resources[rule.resource.value].map { [.init($0, "defined here")] } ?? [],
      help: near.map { "did you mean `\($0)`?" } ?? "")
  }
}
