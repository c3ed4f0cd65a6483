internal import WritHistory
internal import WritPlan
internal import WritPolicy
internal import WritRender
internal import WritSyntax

/// What `adopt` prints: each object with what became of it, the edits, and what they give and take.
struct AdoptionReport {
  let style: TextStyle
  private var lines = ""
  private var adopted = 0
  /// How many of the chosen objects the policy cannot say.
  private(set) var stays = 0

  init(style: TextStyle) { self.style = style }

  mutating func add(_ host: HostName, _ id: ObjectID, _ outcome: Adoption.Outcome) {
    let name = "\(host)  \(visible(id.description))"
    switch outcome {
    case .said: lines += "= \(name)\n      the policy of the working tree says so already\n"
    case .stays(let reasons):
      stays += 1
      lines += style.removed("x") + " \(name)  stays\n" + reasons.map { "      \($0)\n" }.joined()
    case .adopted(let words, let sensitive, let also, let form):
      adopted += 1
      let mark = sensitive.isEmpty ? "" : "  " + style.warning("sensitive: \(sensitive.joined(separator: ", "))")
      lines += style.added("+") + " \(name)\(mark)\n" + words.map { "      \(visible($0))\n" }.joined()
      if form { lines += "      an apply still writes it in writ's own form, which gives nothing more\n" }
      if !also.isEmpty { lines += "      an apply then also changes: \(also.joined(separator: ", "))\n" }
    }
  }

  func text(_ changed: [Renewal.ChangedFile], review: Review, writes: Bool) -> String {
    guard !lines.isEmpty else { return "no drift\n" }
    let edits = changed.map { FileDiff(style: style).text($0.path, from: $0.old, to: $0.new) }.joined()
    var out = lines
    if !edits.isEmpty {
      out += "\n" + edits + "\n" + DiffText(width: Terminal.width, style: style).text(review)
    }
    out += "\n\(adopted) \(adopted == 1 ? "object" : "objects") adopted, \(stays) \(stays == 1 ? "stays" : "stay")"
    if writes {
      return out + (changed.isEmpty ? "\n" : "; review it with `git diff`, and commit it\n")
    }
    return out + "; nothing was written: name objects, or say `--all`, and leave out `--dry-run`\n"
  }
}
