extension SeededGenerator {
  /// The bytes with a few changes at random places: bits turned, bytes taken out, put in or doubled, or the end cut off. One
  /// time in eight they stay as they were.
  public mutating func bent(_ whole: [UInt8]) -> [UInt8] {
    var bytes = whole
    if Int.random(in: 0..<8, using: &self) == 0 { return bytes }
    for _ in 0..<Int.random(in: 1...3, using: &self) where !bytes.isEmpty {
      let at = Int.random(in: bytes.indices, using: &self)
      switch Int.random(in: 0..<6, using: &self) {
      case 0, 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 2: bytes.remove(at: at)
      case 3: bytes.insert(UInt8.random(in: 0...255, using: &self), at: at)
      case 4:
        let end = min(bytes.count, at + Int.random(in: 1...40, using: &self))
        bytes.insert(contentsOf: bytes[at..<end], at: at)
      default: bytes.removeSubrange(max(at, bytes.count - 40)...)
      }
    }
    return bytes
  }
}
