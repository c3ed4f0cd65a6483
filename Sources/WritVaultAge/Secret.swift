internal import Glibc

/// Bytes that nobody may see by accident: no description, no mirror, no coding; overwritten when they go.
public final class Secret: @unchecked Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  // Never written after `init`, so sharing between threads is safe.
  private let storage: UnsafeMutableRawBufferPointer

  /// Takes the bytes over and overwrites the caller's.
  public init(taking bytes: inout [UInt8]) {
    storage = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    storage.copyBytes(from: bytes)
    bytes.withUnsafeMutableBytes { Self.wipe($0) }
    bytes = []
  }

  deinit {
    Self.wipe(storage)
    storage.deallocate()
  }

  public var count: Int { storage.count }

  /// Lends the bytes. What `body` copies out is no longer guarded.
  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try body(UnsafeRawBufferPointer(storage))
  }

  public var description: String { "secret" }
  public var debugDescription: String { "secret" }
  public var customMirror: Mirror { Mirror(self, children: []) }

  private static func wipe(_ buffer: UnsafeMutableRawBufferPointer) {
    guard let base = buffer.baseAddress else { return }
    explicit_bzero(base, buffer.count)
  }
}
