internal import WritSyntax

extension PolicyDecoder {
  func readTests(_ node: Node) {
    for item in listOrBlank(node, "`tests`") ?? [] {
      guard let entries = mapping(item, "a test") else { continue }
      if let test = test(entries, item.span) { policy.tests.append(test) }
    }
  }

  private func test(_ entries: [Node.Entry], _ span: SourceSpan) -> PolicyTest? {
    var name: Located<String>?
    var subject: PolicyTest.Subject?
    var subjectKey: Located<String>?
    var claims: [PolicyTest.Claim] = []
    var written: [String: SourceSpan] = [:]
    for entry in entries {
      written[entry.key.value] = entry.key.span
      switch entry.key.value {
      case "name": name = line(entry.value, "`name`")
      case "who", "only":
        if let subjectKey {
          report(
            .conflictingKeys, "a test is about `who` or about `only`", at: entry.key.span,
            label: "and `\(entry.key.value)`", related: [.init(subjectKey.span, "it has `\(subjectKey.value)`")],
            help: "make two tests of it")
          continue
        }
        subjectKey = entry.key
        if entry.key.value == "who" {
          subject = match(entry.value, "`who`", keys: Self.whoKeys).map(PolicyTest.Subject.who)
        } else if case .sequence(let items) = entry.value.content, items.isEmpty {
          subject = .only([])
        } else {
          subject = nameOrNames(entry.value, "`only`", each: "a name of a principal").map(PolicyTest.Subject.only)
        }
      case "can": claims.append(.can(permissions(entry.value, "`can`")))
      case "cannot": claims.append(.cannot(permissions(entry.value, "`cannot`")))
      default: unknownKey(entry.key, known: ["name", "who", "only", "can", "cannot"], in: "a test")
      }
    }
    let place = name?.span ?? span
    if written["name"] == nil { missingKey("name", of: "the test", at: span, help: "say what it states") }
    if subjectKey == nil {
      report(
        .missingKey, "the test is about nobody", at: place, label: "`who` or `only` is missing",
        help: "write `who: {}` for everybody")
    }
    if claims.isEmpty {
      report(.missingKey, "the test claims nothing", at: place, label: "`can` or `cannot` is missing")
    }
    if let only = written["only"], let cannot = written["cannot"] {
      report(
        .conflictingKeys, "`only` goes with `can`, not with `cannot`", at: cannot, label: "out of place",
        related: [.init(only, "nobody but these")], help: "make a second test with `who`")
    }
    guard let name, let subject else { return nil }
    return PolicyTest(name: name, subject: subject, claims: claims, span: span)
  }
}
