/// All trees of one host, looked at and mended against their rules.
///
/// All rules of a host belong into one engine: a tree stops where another begins, and a file may have links in several.
public struct TreeEngine: Sendable {
  let host: TreeHostRoot
  /// By path, so that an outer tree comes before the inner ones.
  public let rules: [TreeRule]
  let paths: [TreePath]
  let expectations: [TreeExpectations]
  let ways: [TreeWays]

  /// - Throws: ``TreeError`` of a rule that cannot be: a bad path, a forbidden root, two rules for one path.
  public init(_ host: TreeHostRoot, rules: [TreeRule]) throws(TreeError) {
    self.host = host
    var parsed: [(rule: TreeRule, path: TreePath)] = []
    for rule in rules {
      guard !TreePath.forbiddenRoots.contains(rule.path) else { throw .forbiddenRoot(rule.path) }
      parsed.append((rule, try TreePath(rule.path)))
    }
    parsed.sort {
      $0.path.components.lexicographicallyPrecedes($1.path.components, by: { $0.lexicographicallyPrecedes($1) })
    }
    var paths: [TreePath] = []
    var expectations: [TreeExpectations] = []
    var ways: [TreeWays] = []
    let closed = Set(parsed.filter { $0.rule.isClosed }.map(\.path))
    for (index, (rule, path)) in parsed.enumerated() {
      if index > 0 && parsed[index - 1].path == path { throw .twoRules(rule.path) }
      var inner: [TreePath] = []
      for text in rule.inner { inner.append(try TreePath(text)) }
      // In this order whatever lies below a path comes right after it.
      inner += parsed[(index + 1)...].prefix { $0.path.below(path) != nil }.map(\.path)
      let way = try TreeWays(root: path, inner: inner, closed: closed, passers: rule.isClosed ? [] : rule.passers)
      paths.append(path)
      ways.append(way)
      expectations.append(TreeExpectations(rule, way))
    }
    self.rules = parsed.map(\.rule)
    self.paths = paths
    self.expectations = expectations
    self.ways = ways
  }

  /// The innermost rule whose tree holds the path.
  func enclosing(_ components: [[UInt8]], except index: Int? = nil) -> Int? {
    paths.indices.filter { $0 != index && components.starts(with: paths[$0].components) }
      .max { paths[$0].components.count < paths[$1].components.count }
  }
}
