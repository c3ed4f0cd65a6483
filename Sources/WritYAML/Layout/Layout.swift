internal import WritSyntax

/// How a file is laid out: its tree with the text of every scalar as written, and every comment where it belongs.
///
/// Offsets count Unicode scalars from the beginning of the file, as libyaml does.
struct Layout {
  /// One `# …` up to the end of its line, without blanks at the end.
  struct Comment {
    var text: String
    var column: Int
    /// Whether it stands on the line on which what is before it ends.
    var isTrailing: Bool
    /// Whether an empty line stands before it.
    var followsBlank: Bool
  }

  struct Scalar {
    enum Style { case plain, quoted, block }
    /// As written, over several lines perhaps.
    var text: String
    var style: Style
  }

  /// One entry of a mapping, or one item of a list.
  final class Item {
    /// Comments on lines of their own before it.
    var leading: [Comment] = []
    var followsBlank = false
    /// As written; nil in a list.
    var key: String?
    /// What the key says, for the rules of layout.
    var name = ""
    /// On the key's own line, where the value begins on a later one.
    var afterKey: Comment?
    var value = Value.scalar(Scalar(text: "", style: .plain))
    /// On the line on which the value ends.
    var trailing: Comment?
  }

  final class Collection {
    var isFlow: Bool
    var isMapping: Bool
    /// Of its items.
    let column: Int
    var items: [Item] = []
    /// Comments after the last item.
    var tail: [Comment] = []

    init(isFlow: Bool, isMapping: Bool, column: Int) {
      self.isFlow = isFlow
      self.isMapping = isMapping
      self.column = column
    }
  }

  enum Value {
    case scalar(Scalar)
    case collection(Collection)
  }

  /// Nil where nothing but comments is written.
  var root: Value?
  /// Comments before the root, or all of a file without one.
  var comments: [Comment] = []
}
