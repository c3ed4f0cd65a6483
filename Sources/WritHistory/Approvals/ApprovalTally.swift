internal import WritPolicy

/// Counts distinct people for one item: at every instant of a gain, and for everything that goes and comes in a sensitive
/// change, so that what was approved apart counts together and nothing is approved by halves.
enum ApprovalTally {
  struct Vote {
    var person: PrincipalName
    var offer: ApprovalNeeds.Offer
    /// What of it is part of the item; never empty.
    var parts: [ApprovalItem]
  }

  /// What of the signed items is part of `item`: the same access for some of its time, or some of the same change and nothing
  /// beside it.
  static func parts(of signed: [ApprovalItem], for item: ApprovalItem) -> [ApprovalItem] {
    signed.filter { part in
      switch (part, item) {
      case (.gain(let a), .gain(let b)): a.isSame(b) && part.touches(item)
      case (.sensitive(let a), .sensitive(let b)): a.isPart(of: b)
      default: false
      }
    }
  }

  /// How many distinct people approve where fewest do.
  static func fewest(of votes: [Vote], for item: ApprovalItem, from now: Instant) -> Int {
    switch item {
    case .gain(let gain): fewest(of: votes, gain, from: now)
    case .sensitive(let change): fewest(of: votes, change)
    }
  }

  private static func fewest(of votes: [Vote], _ gain: ApprovalItem.Gain, from now: Instant) -> Int {
    let whole = Interval(max(gain.interval.start, now), gain.interval.end)
    var approved: [PrincipalName: [Interval]] = [:]
    for vote in votes {
      approved[vote.person, default: []] += vote.parts.compactMap { part in
        if case .gain(let gain) = part { gain.interval } else { nil }
      }
    }
    // The number only changes where an interval begins or ends.
    let bounds = approved.values.joined().flatMap { [$0.start, $0.end] }.filter(whole.contains)
    let instants = Set(bounds).union([whole.start])
    return instants.map { instant in
      approved.values.count { $0.contains { $0.contains(instant) } }
    }
    .min() ?? 0
  }

  private static func fewest(of votes: [Vote], _ change: ApprovalItem.Sensitive) -> Int {
    var people: [String: Set<PrincipalName>] = [:]
    for text in change.before { people["- " + text] = [] }
    for text in change.after { people["+ " + text] = [] }
    for vote in votes {
      for case .sensitive(let part) in vote.parts {
        for text in part.before { people["- " + text]?.insert(vote.person) }
        for text in part.after { people["+ " + text]?.insert(vote.person) }
      }
    }
    return people.values.map(\.count).min() ?? 0
  }
}
