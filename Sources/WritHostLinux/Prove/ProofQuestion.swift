internal import CWritSys
internal import Glibc

/// One inode about which accounts are asked.
struct ProofQuestion: Sendable {
  /// Index of the tree in the promise.
  var tree: Int
  /// Below the host's root, without a leading slash and with a final NUL.
  var path: [UInt8]
  var subject: UInt8

  /// Longer ones can be reached only step by step (PATH_MAX of limits.h, with the NUL).
  static let longestPath = 4_096

  /// What is shown of it, relative to the tree's root.
  func name(below root: String) -> String {
    let skipped = root.utf8.count
    return path.count <= skipped ? "." : visible(path.dropFirst(skipped).dropLast())
  }
}

/// Gathers the inodes of one tree: all of them, or as many as asked for, each with the same chance.
struct ProofVisitor: TreeVisitor {
  let tree: Int
  /// Of the tree's root, as in ``ProofQuestion/path`` but for the NUL.
  let root: [UInt8]
  /// nil: all.
  let sample: Int?
  private var chance: ProofChance
  private(set) var questions: [ProofQuestion] = []
  /// How many inodes could have been asked about.
  private(set) var met = 0
  private var tally = TreeTally()
  private var tooLong = TreeSample()
  /// Called with what was gathered, so that not everything is held at once; only where all are asked about.
  let flush: ([ProofQuestion]) -> Void

  /// Questions held before they are asked.
  static let batch = 10_000

  init(tree: Int, root: [UInt8], sample: Int?, seed: UInt64, flush: @escaping ([ProofQuestion]) -> Void) {
    self.tree = tree
    self.root = root
    self.sample = sample
    chance = ProofChance(seed: seed &+ UInt64(tree))
    self.flush = flush
  }

  mutating func enter(_ descriptor: Int32, _ observed: TreeObservation, _ place: TreePlace) -> Bool {
    add(observed.status, place)
    return false
  }

  mutating func leave(_ descriptor: Int32, _ place: TreePlace) {}

  mutating func entry(
    _ directory: Int32, _ name: UnsafePointer<CChar>, _ observed: TreeObservation, _ place: TreePlace
  ) {
    // The mode of a link means nothing.
    if observed.status.subject != .link { add(observed.status, place) }
  }

  private mutating func add(_ status: writ_inode, _ place: TreePlace) {
    met += 1
    // The root itself is always asked about: whoever gets in there is past the door.
    let isRoot = met == 1
    guard let sample, !isRoot else {
      questions.append(question(status, place))
      if sample == nil, questions.count >= Self.batch { finish() }
      return
    }
    if questions.count <= sample {
      questions.append(question(status, place))
    } else if let index = chance.place(of: met - 1, in: sample) {
      questions[1 + index] = question(status, place)
    }
  }

  private mutating func question(_ status: writ_inode, _ place: TreePlace) -> ProofQuestion {
    let below = place.bytes
    let path = below.isEmpty ? root : root + [UInt8(ascii: "/")] + below
    if path.count >= ProofQuestion.longestPath { tooLong.add(place.name) }
    let subject: UInt32 =
      switch status.subject {
      case .directory: WRIT_TRY_DIRECTORY
      case .file: WRIT_TRY_FILE
      case .link, .device, .other: WRIT_TRY_OTHER
      }
    return ProofQuestion(tree: tree, path: path + [0], subject: UInt8(subject))
  }

  /// Hands over what is left.
  mutating func finish() {
    flush(questions)
    questions = []
  }

  mutating func obstacle(_ kind: TreeNotice.Kind, _ place: TreePlace) { tally.obstacle(kind, place.path) }

  /// What could not be looked at, in words.
  var obstacles: [String] {
    var report = TreeReport(path: "")
    tally.finish(&report)
    return report.obstacles.map(\.text)
      + (tooLong.count > 0 ? ["longer than the kernel takes a path at once: \(tooLong.text)"] : [])
  }

  mutating func notice(_ kind: TreeNotice.Kind, _ place: TreePlace) {}
  mutating func vanished() {}
}

/// A generator with a seed (SplitMix64 of Steele, Lea and Flood 2014), so that a sample can be drawn again.
struct ProofChance: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Where in a sample the `count`th thing goes; nil: nowhere (algorithm R of Vitter 1985).
  mutating func place(of count: Int, in size: Int) -> Int? {
    let index = Int.random(in: 0..<count, using: &self)
    return index < size ? index : nil
  }
}
