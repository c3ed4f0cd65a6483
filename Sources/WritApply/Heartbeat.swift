internal import WritPolicy

/// Keeps an attempt's lease while it is at work, so that nobody takes a long apply for a dead one, and stops it where somebody did.
///
/// The sign of life is an entry of the ledger: everybody sees it, nobody else can give it, and the same push tells whether
/// the attempt is still one's own.
final class Heartbeat {
  private let ledger: Ledger
  private let signer: LedgerSigner
  private let runner: String?
  private let attempt: String
  private let intent: Int
  private var last: Instant
  private var tried: Instant

  /// Seconds between two signs: two may fail before the lease ends.
  static let interval: Int64 = 5 * 60
  /// Seconds until an upstream that did not answer is asked again.
  static let retryInterval: Int64 = 60

  init(_ ledger: Ledger, _ signer: LedgerSigner, runner: String?, attempt: String, intent: Int) {
    self.ledger = ledger
    self.signer = signer
    self.runner = runner
    self.attempt = attempt
    self.intent = intent
    last = ledger.clock()
    tried = last
  }

  /// To be called between two changes.
  ///
  /// - Returns: why nothing more may be begun; nil to go on.
  func beat() -> String? {
    let now = ledger.clock()
    guard now.seconds >= last.seconds + Self.interval,
      now.seconds >= tried.seconds + Self.retryInterval || tried == last
    else { return nil }
    tried = now
    do throws(LedgerError) {
      try ledger.append(.annotation(.stillAtWork(on: intent)), signer: signer, runner: runner, .retrying)
      guard try ledger.read()?.openIntent?.intent.attempt == attempt else {
        return "entry \(intent) was given up by somebody else"
      }
      last = now
      tried = now
      return nil
    } catch .notASigner {
      return "the key that began it is not in force any more"
    } catch {
      // Until the lease ends nobody else begins, so the work may go on without the ledger.
      guard now.seconds >= last.seconds + LedgerState.OpenIntent.lease else { return nil }
      return "the ledger could not be told for so long that others may begin: \(ExecutorRun.text(error))"
    }
  }
}
