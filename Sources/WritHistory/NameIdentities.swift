internal import WritPolicy

/// Which names, over a whole history, mean the same thing: one number for each identity of one kind.
///
/// `previously` hands an identity on when the old name existed before and is gone, in that commit or earlier. A name that comes
/// back after it was handed on is somebody new.
struct NameIdentities<Kind>: Sendable {
  typealias Name = Identifier<Kind>

  private var current: [Name: Int] = [:]
  /// Old names that were handed on and not taken again.
  private var former: [Name: Int] = [:]
  /// Numbers that turned out to be one: each points to its representative.
  private var representative: [Int] = []
  private var handedOn: Set<[Name]> = []

  /// Takes in what one commit does to the names.
  mutating func advance(_ moves: NameMoves.Of<Kind>) {
    for (name, olds) in moves.previously.sorted(by: { $0.name < $1.name }) {
      for old in olds.sorted() where old != name && !handedOn.contains([old, name]) {
        guard let identity = current.removeValue(forKey: old) else { continue }
        handedOn.insert([old, name])
        if let own = current[name] { join(own, identity) } else { current[name] = identity }
        former[old] = identity
      }
    }
    for name in moves.added.filter({ current[$0] == nil }).sorted() {
      current[name] = representative.count
      representative.append(representative.count)
      former[name] = nil
    }
  }

  private mutating func join(_ a: Int, _ b: Int) {
    let (a, b) = (canonical(a), canonical(b))
    representative[max(a, b)] = min(a, b)
  }

  func canonical(_ number: Int) -> Int {
    var number = number
    while representative[number] != number { number = representative[number] }
    return number
  }

  /// The identity that a name means now, or meant last; nil when the history never had the name.
  func identity(of name: Name) -> Int? { (current[name] ?? former[name]).map(canonical) }

  /// Whether the name is known only as what something was called earlier.
  func isFormer(_ name: Name) -> Bool { current[name] == nil && former[name] != nil }

  /// The name that each identity has now, or had last.
  var lastNames: [Int: Name] {
    Dictionary(current.map { (canonical($0.value), $0.key) }.sorted { $0.1 < $1.1 }) { first, _ in first }
  }
}
