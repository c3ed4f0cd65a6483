extension NetworkRange: Comparable {
  /// IPv4 first, then by address, the wider one first.
  public static func < (a: NetworkRange, b: NetworkRange) -> Bool {
    if a.address.count != b.address.count { return a.address.count < b.address.count }
    if a.address != b.address { return a.address.lexicographicallyPrecedes(b.address) }
    return a.prefix < b.prefix
  }

  public var isVersion6: Bool { address.count == 16 }

  /// Whether every address of `other` is one of this network's.
  public func contains(_ other: NetworkRange) -> Bool {
    address.count == other.address.count && prefix <= other.prefix
      && (0..<prefix).allSatisfy { bit(of: address, $0) == bit(of: other.address, $0) }
  }

  /// The same addresses in as few networks as possible, sorted: none lies within another, and two halves of a network are
  /// that network.
  public static func merged(_ networks: some Sequence<NetworkRange>) -> [NetworkRange] {
    var merged: [NetworkRange] = []
    for network in networks.sorted() {
      if merged.last?.contains(network) == true { continue }
      merged.append(network)
      while merged.count > 1, let whole = merged[merged.count - 2].joined(with: merged[merged.count - 1]) {
        merged.removeLast(2)
        merged.append(whole)
      }
    }
    return merged
  }

  /// Whether no address of IPv4, or none of IPv6, is left out.
  static func takesInEverything(_ networks: [NetworkRange]) -> Bool { merged(networks).contains { $0.prefix == 0 } }

  /// The network of which these are the lower and the upper half; nil when they are not.
  private func joined(with upper: NetworkRange) -> NetworkRange? {
    guard prefix == upper.prefix, prefix > 0, address.count == upper.address.count,
      bit(of: address, prefix - 1) == 0, bit(of: upper.address, prefix - 1) == 1,
      (0..<prefix - 1).allSatisfy({ bit(of: address, $0) == bit(of: upper.address, $0) })
    else { return nil }
    return NetworkRange(address: address, prefix: prefix - 1)
  }

  private func bit(of address: [UInt8], _ index: Int) -> UInt8 { address[index / 8] >> UInt8(7 - index % 8) & 1 }
}

extension NetworkRange: CustomStringConvertible {
  /// `10.0.0.0/8`, `fd00::/8`; a single address without its prefix. IPv6 as RFC 5952 writes it.
  public var description: String {
    let single = prefix == address.count * 8
    return text + (single ? "" : "/\(prefix)")
  }

  private var text: String {
    if !isVersion6 { return address.map(String.init).joined(separator: ".") }
    let groups = stride(from: 0, to: 16, by: 2).map { UInt16(address[$0]) << 8 | UInt16(address[$0 + 1]) }
    var gap: Range<Int> = 0..<0
    var start = 0
    while start < groups.count {
      let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
      if end - start > max(1, gap.count) { gap = start..<end }
      start = max(end, start + 1)
    }
    func joined(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
    if gap.isEmpty { return joined(groups[...]) }
    return joined(groups[..<gap.lowerBound]) + "::" + joined(groups[gap.upperBound...])
  }
}
