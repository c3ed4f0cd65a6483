/// Who wrote what: the authors of each step of a change, so that two changes approved crosswise by their authors may be applied
/// together.
public struct ApprovalAuthors: Sendable {
  /// One step of the first-parent line.
  public struct Step: Sendable {
    /// What the step changes by itself; see ``ApprovalChange/items``.
    public var items: [ApprovalItem]
    /// Everybody who wrote, committed or signed a commit that the step brought in.
    public var authors: Set<Identity>

    public init(items: [ApprovalItem], authors: Set<Identity>) {
      self.items = items
      self.authors = authors
    }
  }

  private let all: Set<Identity>
  /// Which steps have an item of the same access or subject.
  private var near: [ApprovalItem.Subject: [(step: Int, item: ApprovalItem)]] = [:]
  private let authors: [Set<Identity>]

  public init(_ steps: [Step]) {
    authors = steps.map(\.authors)
    all = authors.reduce(into: []) { $0.formUnion($1) }
    for (index, step) in steps.enumerated() {
      for item in step.items { near[item.subject, default: []].append((index, item)) }
    }
  }

  /// The authors of every step that touches the item; of all steps where none can be named.
  public func authors(of item: ApprovalItem) -> Set<Identity> {
    let touching = Set((near[item.subject] ?? []).filter { $0.item.touches(item) }.map(\.step))
    return touching.isEmpty ? all : touching.reduce(into: []) { $0.formUnion(authors[$1]) }
  }
}
