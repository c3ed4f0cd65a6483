internal import Glibc
internal import WritApply
internal import WritPlan
internal import WritSyntax

/// Counts changes on a terminal while they are made; silent elsewhere.
final class ApplyProgress {
  private let total: Int
  private var done = 0
  private let isShown = isatty(STDERR_FILENO) == 1

  init(total: Int) { self.total = total }

  func note(_ event: ExecutorEvent) {
    guard isShown else { return }
    switch event {
    case .begun: break
    case .began(let change): draw("\(done)/\(total)  \(visible(change.object.description))")
    case .ended: done += 1
    }
  }

  func clear() { if isShown { draw("") } }

  private func draw(_ text: String) {
    Terminal.overwrite(String(text.prefix(max(20, Terminal.width - 1))))
  }
}
