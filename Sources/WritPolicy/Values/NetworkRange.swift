/// A range of addresses as sshd's `from=` and policy write it: `10.1.0.0/16`, `fd00::/8`, or one address.
public struct NetworkRange: Hashable, Sendable {
  /// 4 or 16 bytes.
  public let address: [UInt8]
  public let prefix: Int

  /// Nil when `text` is none, or has bits set beyond its prefix (sshd refuses those as inconsistent, sshd(8)).
  public init?(validating text: String) {
    let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = halves.first, let address = Self.version4(first) ?? Self.version6(first) else { return nil }
    var prefix = address.count * 8
    if halves.count == 2 {
      guard let number = Int(plainDecimal: String(halves[1])), number <= prefix else { return nil }
      prefix = number
    }
    for bit in prefix..<address.count * 8 where address[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 { return nil }
    self.address = address
    self.prefix = prefix
  }

  init(address: [UInt8], prefix: Int) {
    self.address = address
    self.prefix = prefix
  }

  private static func version4(_ text: Substring) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard let number = Int(plainDecimal: String(part)), number <= 255 else { return nil }
      bytes.append(UInt8(number))
    }
    return bytes
  }

  /// RFC 4291 §2.2, without the mixed form and without a zone.
  private static func version6(_ text: Substring) -> [UInt8]? {
    guard text.utf8.contains(UInt8(ascii: ":")), text.utf8.count <= 39 else { return nil }
    func groups(_ text: Substring) -> [UInt8]? {
      if text.isEmpty { return [] }
      var bytes: [UInt8] = []
      for group in text.split(separator: ":", omittingEmptySubsequences: false) {
        guard (1...4).contains(group.utf8.count), group.utf8.first != UInt8(ascii: "+"),
          let number = UInt16(group, radix: 16)
        else { return nil }
        bytes += [UInt8(number >> 8), UInt8(number & 0xff)]
      }
      return bytes
    }
    if let gap = text.firstRange(ofDoubleColon: ()) {
      guard let head = groups(text[..<gap.lowerBound]), let tail = groups(text[gap.upperBound...]),
        head.count + tail.count <= 14
      else { return nil }
      return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }
    guard let bytes = groups(text), bytes.count == 16 else { return nil }
    return bytes
  }
}

extension Substring {
  fileprivate func firstRange(ofDoubleColon: Void) -> Range<Index>? {
    var previous: Index?
    for index in indices {
      if self[index] == ":" {
        if let previous { return previous..<self.index(after: index) }
        previous = index
      } else {
        previous = nil
      }
    }
    return nil
  }
}
