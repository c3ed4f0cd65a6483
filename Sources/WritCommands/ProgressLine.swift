internal import Glibc
internal import Synchronization
internal import WritRender

/// One line on a terminal that says how far the work is; silent elsewhere. Whatever else is written takes its place.
enum ProgressLine {
  private struct State {
    var meter: ProgressMeter?
    var isDrawn = false
  }

  private static let isShown = Terminal.errorIsTerminal
  private static let state = Mutex(State())

  /// From any thread.
  static func show(_ step: ProgressMeter.Step) {
    guard isShown else { return }
    state.withLock { state in
      let now = seconds
      var meter = state.meter ?? ProgressMeter(at: now)
      let line = meter.line(step, at: now, width: Terminal.errorWidth)
      state.meter = meter
      guard let line else { return }
      Terminal.overwrite(line)
      state.isDrawn = true
    }
  }

  /// Takes the line away, if there is one.
  static func clear() {
    guard isShown else { return }
    state.withLock { state in
      guard state.isDrawn else { return }
      Terminal.overwrite("")
      state.isDrawn = false
    }
  }

  private static var seconds: Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}
