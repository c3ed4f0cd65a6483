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
    var hex = hex
    guard let id = hex.withUTF8({ GitObjectID(digits: UnsafeRawBufferPointer($0)) }) else { return nil }
    self = id
  }

  /// Of the same digits as bytes.
  init?(digits: UnsafeRawBufferPointer) {
    guard digits.count == 40, let a = Self.number(digits, 0..<16), let b = Self.number(digits, 16..<32),
      let c = Self.number(digits, 32..<40)
    else { return nil }
    self.a = a
    self.b = b
    self.c = UInt32(truncatingIfNeeded: c)
  }

  /// Of at most 16 digits.
  private static func number(_ digits: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64? {
    var number: UInt64 = 0
    for index in range {
      let digit = digits[index]
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return number
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
  public var hex: String {
    String(unsafeUninitializedCapacity: 40) { digits in
      for index in 0..<40 {
        let word = index < 16 ? a : index < 32 ? b : UInt64(c) << 32
        let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - index % 16 * 4) & 15)
        digits[index] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
      }
      return 40
    }
  }

  public var description: String { hex }

  public static func < (x: GitObjectID, y: GitObjectID) -> Bool { (x.a, x.b, x.c) < (y.a, y.b, y.c) }
}
