internal import CLibgit2

/// The SHA-1 name of a git object: 20 bytes in place, so that a history's worth of them costs no heap.
public struct GitObjectID: Hashable, Sendable, Comparable, CustomStringConvertible {
  private let a: UInt64
  private let b: UInt64
  private let c: UInt32

  init(_ oid: git_oid) {
    (a, b, c) = withUnsafeBytes(of: oid) { bytes in
      (
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
      )
    }
  }

  /// Reads 40 lower-case hexadecimal digits; anything else is nil.
  public init?(hex: String) {
    let digits = Array(hex.utf8)
    let isHex = digits.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
    guard digits.count == 40, isHex, let a = UInt64(hex.prefix(16), radix: 16),
      let b = UInt64(hex.dropFirst(16).prefix(16), radix: 16), let c = UInt32(hex.suffix(8), radix: 16)
    else { return nil }
    self.a = a
    self.b = b
    self.c = c
  }

  var oid: git_oid {
    var oid = git_oid()
    withUnsafeMutableBytes(of: &oid) { bytes in
      bytes.storeBytes(of: a.bigEndian, toByteOffset: 0, as: UInt64.self)
      bytes.storeBytes(of: b.bigEndian, toByteOffset: 8, as: UInt64.self)
      bytes.storeBytes(of: c.bigEndian, toByteOffset: 16, as: UInt32.self)
    }
    return oid
  }

  /// 40 lower-case hexadecimal digits.
  public var hex: String { Self.padded(a, 16) + Self.padded(b, 16) + Self.padded(UInt64(c), 8) }

  private static func padded(_ number: UInt64, _ width: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: width - digits.utf8.count) + digits
  }

  public var description: String { hex }

  public static func < (x: GitObjectID, y: GitObjectID) -> Bool { (x.a, x.b, x.c) < (y.a, y.b, y.c) }
}
