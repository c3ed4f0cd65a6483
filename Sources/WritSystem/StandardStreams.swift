internal import Glibc

/// Standard input, output and error output.
public enum StandardStreams {
  /// Puts `/dev/null` in place of each that the caller left closed.
  ///
  /// The kernel gives the lowest free number to whatever is opened next. A program started with its output closed would
  /// write its messages into the first file that it opens. Input reads as empty; what is written to the others fails, and
  /// so is no success.
  public static func keepTaken() {
    for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 && errno == EBADF {
      _ = open("/dev/null", O_RDONLY)
    }
  }
}
