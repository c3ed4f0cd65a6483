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

  private let steps: [Step]
  private let all: Set<Identity>

  public init(_ steps: [Step]) {
    self.steps = steps
    all = steps.reduce(into: []) { $0.formUnion($1.authors) }
  }

  /// The authors of every step that touches the item; of all steps where none can be named.
  public func authors(of item: ApprovalItem) -> Set<Identity> {
    let touching = steps.filter { $0.items.contains { $0.touches(item) } }
    return touching.isEmpty ? all : touching.reduce(into: []) { $0.formUnion($1.authors) }
  }
}
