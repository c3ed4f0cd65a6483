internal import Synchronization

/// Tells how far a scan or a mending is, now and then.
final class TreeProgress: Sendable {
  private let report: (@Sendable (Int) -> Void)?
  private let total = Atomic<Int>(0)

  /// Names that one walk looks at between two reports, at least.
  static let step = 4_096

  init(_ report: (@Sendable (Int) -> Void)?) { self.report = report }

  func add(_ names: Int) {
    guard let report, names > 0 else { return }
    report(total.add(names, ordering: .relaxed).newValue)
  }
}
