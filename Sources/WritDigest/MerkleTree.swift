/// The Merkle tree of RFC 6962 §2.1 over a growing list, of which only the roots of the complete subtrees are kept.
///
/// Adding a leaf and taking the root cost O(log n).
public struct MerkleTree: Sendable, Hashable {
  /// How many leaves the tree has.
  public private(set) var size = 0
  /// One root for every bit that is set in `size`, the largest subtree first.
  public private(set) var subtrees: [Digest] = []

  /// The empty tree.
  public init() {}

  public init(_ leaves: some Sequence<[UInt8]>) {
    for leaf in leaves { append(leaf) }
  }

  /// The digest of a leaf, which ``append(digest:)`` takes.
  public static func leaf(_ bytes: [UInt8]) -> Digest { Digest(of: [0x00] + bytes) }

  public mutating func append(_ leaf: [UInt8]) { append(digest: Self.leaf(leaf)) }

  /// Appends a leaf of which only the digest is at hand.
  public mutating func append(digest leaf: Digest) {
    var digest = leaf
    var remaining = size
    while remaining & 1 == 1 {
      digest = Self.node(subtrees.removeLast(), digest)
      remaining >>= 1
    }
    subtrees.append(digest)
    size += 1
  }

  /// The tree head; of the empty tree the digest of nothing.
  public var root: Digest {
    guard var root = subtrees.last else { return Digest(of: [UInt8]()) }
    for subtree in subtrees.dropLast().reversed() { root = Self.node(subtree, root) }
    return root
  }

  private static func node(_ left: Digest, _ right: Digest) -> Digest {
    Digest(of: [0x01] + left.bytes + right.bytes)
  }
}
