internal import Glibc
public import WritPolicy

/// The machine's clock. Only commands ask it; everything below takes the instant as a parameter.
public enum SystemClock {
  public static func now() -> Instant {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Instant(seconds: Int64(now.tv_sec))
  }
}
