internal import Glibc

/// A system call that failed.
public struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was tried: `open`, `rename`.
  public var operation: String
  public var path: String
  public var code: Int32

  public init(_ operation: String, _ path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// With the calling thread's `errno`; to be called right after the call that failed.
  public init(_ operation: String, _ path: String) {
    self.init(operation, path, code: errno)
  }

  /// What the C library calls the error: `No such file or directory`.
  public var reason: String { String(cString: strerror(code)) }

  public var description: String { "\(operation) \(path): \(reason)" }
}
