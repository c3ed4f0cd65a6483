internal import WritApply
internal import WritHostLinux
internal import WritPlan
internal import WritRender

/// Counts changes on a terminal while they are made.
final class ApplyProgress {
  private let total: Int
  private var done = 0

  init(total: Int) { self.total = total }

  func note(_ event: ExecutorEvent) {
    switch event {
    case .begun: break
    case .began(let change):
      ProgressLine.show(
        ProgressMeter.Step(label: "\(change.target) \(change.object)", done: done, total: total, unit: "changes"))
    case .ended: done += 1
    }
  }
}

extension ProgressMeter.Step {
  /// How far the work on a host's trees is.
  init(_ work: LinuxHost.Work) {
    let what = work.mended.map { "mending \($0)" } ?? "looking at trees"
    self.init(label: "\(work.host): \(what)", done: work.names, total: work.expected, unit: "names")
  }
}
