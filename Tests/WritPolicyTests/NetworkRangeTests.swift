import Testing
import WritTestSupport

@testable import WritPolicy

@Suite struct NetworkRangeTests {
  @Test(arguments: [
    ("10.0.0.0/8", "10.0.0.0/8"), ("10.1.2.3/32", "10.1.2.3"), ("FD00:0:0::/8", "fd00::/8"), ("::1", "::1"),
    ("::/0", "::/0"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"),
  ])
  func `a network is written in one way`(_ text: String, _ written: String) throws {
    let network = try #require(NetworkRange(validating: text))
    #expect(network.description == written)
    #expect(NetworkRange(validating: written) == network)
  }

  /// A naive twin: networks of eight bits as sets of addresses.
  @Test(arguments: 1...40 as ClosedRange<UInt64>) func `merged networks are the same addresses, and as few as can be`(
    _ seed: UInt64
  ) throws {
    var random = SeededGenerator(seed: seed)
    var networks: [NetworkRange] = []
    for _ in 0..<Int.random(in: 0...12, using: &random) {
      let length = Int.random(in: 24...32, using: &random)
      let low = UInt8.random(in: 0...255, using: &random) & UInt8(truncatingIfNeeded: 0xff00 >> (length - 24))
      networks.append(try #require(NetworkRange(validating: "10.0.0.\(low)/\(length)")))
    }
    func addresses(_ network: NetworkRange) -> Range<Int> {
      Int(network.address[3])..<Int(network.address[3]) + 1 << (32 - network.prefix)
    }
    func all(_ networks: [NetworkRange]) -> Set<Int> { Set(networks.flatMap(addresses)) }
    let merged = NetworkRange.merged(networks)
    #expect(all(merged) == all(networks))
    #expect(merged == merged.sorted() && merged.map { addresses($0).count }.reduce(0, +) == all(networks).count)
    for (a, b) in zip(merged, merged.dropFirst()) {
      let both = addresses(a).lowerBound..<addresses(b).upperBound
      let isOne =
        both.count == 2 * addresses(a).count && a.prefix == b.prefix
        && addresses(a).upperBound == addresses(b).lowerBound
        && both.lowerBound % both.count == 0
      #expect(!isOne, "\(a) and \(b)")
    }
    for a in networks {
      for b in networks { #expect(a.contains(b) == (addresses(a).clamped(to: addresses(b)) == addresses(b))) }
    }
    #expect(NetworkRange.merged(networks.shuffled(using: &random)) == merged)
  }
}
