internal import Glibc

/// A thread that does one thing. Threads of a pool would be too few for work that mostly waits for other machines.
public final class WorkerThread {
  private var thread = pthread_t()
  private var isJoined = false

  private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// - Throws: ``SystemError`` when the system gives no thread.
  public init(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
    let work = Unmanaged.passRetained(Work(body))
    let code = pthread_create(
      &thread, nil,
      { work in
        guard let work else { return nil }
        Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    guard code == 0 else {
      work.release()
      throw SystemError("start", "a thread", code: code)
    }
  }

  deinit { join() }

  /// Waits until it has ended; may be called again.
  public func join() {
    if isJoined { return }
    isJoined = true
    pthread_join(thread, nil)
  }
}
