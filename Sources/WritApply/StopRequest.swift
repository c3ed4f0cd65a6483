internal import Glibc
internal import Synchronization

/// Somebody wants the run to end at the next safe point.
public final class StopRequest: Sendable {
  private let flag = Atomic<Bool>(false)

  public init() {}

  public var isMade: Bool { flag.load(ordering: .acquiring) }

  public func make() { flag.store(true, ordering: .releasing) }

  /// Made by the signals of ``listenToSignals()``.
  public static let bySignal = StopRequest()

  /// From now on SIGINT, SIGTERM and SIGHUP make ``bySignal``; a second signal of one kind ends the process at once, as
  /// whoever presses Ctrl-C twice means it.
  public static func listenToSignals() {
    // The handler may only touch what exists already.
    _ = bySignal.isMade
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { received in
        StopRequest.bySignal.make()
        _ = signal(received, SIG_DFL)
      }
    }
  }
}
