internal import CWritSys
internal import Glibc
internal import WritSystem

/// Changes what differs.
struct TreeMendVisitor<Wish: TreeWish>: TreeVisitor {
  let wish: Wish
  let mount: UInt64
  let shared: TreeMendShared
  let narrowOnly: Bool
  var mending: TreeMending
  var tally = TreeTally()
  private let buffers = TreeBuffers()
  /// Names looked at that the progress does not know of.
  private var untold = 0

  init(wish: Wish, mount: UInt64, shared: TreeMendShared, narrowOnly: Bool, mending: TreeMending) {
    self.wish = wish
    self.mount = mount
    self.shared = shared
    self.narrowOnly = narrowOnly
    self.mending = mending
  }

  private mutating func count() {
    untold += 1
    if untold >= TreeProgress.step { tell() }
  }

  /// Tells the progress of the last names.
  mutating func tell() {
    shared.progress.add(untold)
    untold = 0
  }

  /// A file with several links is looked at once, and not at all where it was right a moment ago.
  mutating func passes(over status: writ_inode) -> Bool {
    count()
    return status.nlink > 1 && (wish.isKnownToBeRight(status) || !shared.meet(status.key))
  }

  mutating func enter(_ descriptor: Int32, _ observed: TreeObservation, _ place: TreePlace) -> Bool {
    count()
    guard let expected = wish.expectation(for: observed, way: place.way),
      let differences = differences(observed, expected, place), !differences.isEmpty,
      let narrowed = TreeComparison.narrowed(observed, to: expected)
    else { return false }
    let isWider = differences.contains(where: \.isWider)
    if narrowOnly {
      if isWider && cover(observed, expected, place) && change(descriptor, observed, narrowed, place) {
        mending.changed += 1
      }
      return false
    }
    // What is made in the folder while it is worked on shall be right from the start.
    let first = TreeExpectation(
      owner: narrowed.owner, group: narrowed.group, special: narrowed.permissions.special,
      access: narrowed.permissions.access, defaults: expected.defaults)
    guard cover(observed, expected, place), change(descriptor, observed, first, place) else { return false }
    mending.changed += 1
    return first != expected
  }

  mutating func leave(_ descriptor: Int32, _ place: TreePlace) {
    do {
      let observed = try buffers.observe(descriptor, fresh: true)
      // What it was before it was narrowed is in the journal.
      if let expected = wish.ending(for: observed, way: place.way), !TreeComparison.isRight(observed, expected) {
        change(descriptor, observed, expected, place)
      }
    } catch {
      mending.fail(place.path, 0, "\(error.operation): \(error.reason)")
    }
  }

  mutating func entry(
    _ directory: Int32, _ name: UnsafePointer<CChar>, _ observed: TreeObservation, _ place: TreePlace
  ) {
    guard let expected = wish.expectation(for: observed, way: place.way),
      let seen = differences(observed, expected, place), isDue(seen)
    else { return }
    let pin = writ_pin(directory, name)
    guard pin >= 0 else {
      if errno == ENOENT {
        vanished()
      } else {
        mending.fail(place.path, observed.status.ino, SystemError("open", "").reason)
      }
      return
    }
    defer { close(pin) }
    do {
      // From here on only the inode counts that is held, whatever the name leads to by now.
      let again = try buffers.observe(pin, fresh: true)
      guard again.status.key == observed.status.key, again.status.subject == observed.status.subject,
        again.status.mount == mount
      else {
        vanished()
        return
      }
      guard let expected = wish.expectation(for: again, way: place.way),
        let still = differences(again, expected, place), isDue(still)
      else { return }
      guard wish.allowsChange(of: again.status) else {
        mending.leftAlone += 1
        return
      }
      guard isInTree(again.status, observed.status, directory, name, pin) else {
        vanished()
        return
      }
      guard cover(again, expected, place) else { return }
      let wanted = narrowOnly ? TreeComparison.narrowed(again, to: expected) : expected
      if let wanted, change(pin, again, wanted, place) { mending.changed += 1 }
    } catch {
      mending.fail(place.path, observed.status.ino, "\(error.operation): \(error.reason)")
    }
  }

  /// Whether a file of one link has that link here. It could be the link of a file elsewhere, to which the name led a moment ago.
  private func isInTree(
    _ held: writ_inode, _ named: writ_inode, _ directory: Int32, _ name: UnsafePointer<CChar>, _ pin: Int32
  ) -> Bool {
    guard held.nlink < 2, held.subject != .directory else { return true }
    let answer = writ_only_name(directory, name, pin)
    if answer >= 0 { return answer == 1 }
    // The kernel cannot say where a path that long leads. Then only a file counts to which nothing happened for a while.
    return errno == ENAMETOOLONG && held.nlink == 1 && named.nlink == 1 && wish.links.isAsBefore(held)
  }

  private func isDue(_ differences: [TreeDifference]) -> Bool {
    narrowOnly ? differences.contains(where: \.isWider) : !differences.isEmpty
  }

  /// nil when nothing is to be done about the inode, whatever differs.
  private mutating func differences(_ observed: TreeObservation, _ expected: TreeExpectation, _ place: TreePlace)
    -> [TreeDifference]?
  {
    if TreeComparison.isRight(observed, expected) { return [] }
    guard let found = TreeComparison.differences(observed, expected) else {
      tally.obstacle(.strangeACL, place.path)
      return nil
    }
    if !found.isEmpty && (observed.status.immutable != 0 || observed.status.append_only != 0) {
      mending.leftAlone += 1
      return nil
    }
    return found
  }

  /// Whether the journal holds what the inode is now; without that it is not changed.
  private mutating func cover(_ observed: TreeObservation, _ expected: TreeExpectation, _ place: TreePlace) -> Bool {
    guard let journal = shared.journal else { return true }
    do throws(SystemError) {
      try journal.cover(observed, becoming: expected)
      return true
    } catch {
      mending.fail(place.path, observed.status.ino, "what it was cannot be kept for an undo: \(error.reason)")
      return false
    }
  }

  /// - Returns: whether the inode reads back as wanted.
  @discardableResult
  private mutating func change(
    _ descriptor: Int32, _ observed: TreeObservation, _ wanted: TreeExpectation, _ place: TreePlace
  ) -> Bool {
    let inode = observed.status.ino
    do {
      try TreeInodeChange.carry(descriptor, from: observed, to: wanted)
      let after = try buffers.observe(descriptor, fresh: true)
      if TreeComparison.differences(after, wanted)?.isEmpty == true { return true }
      mending.fail(place.path, inode, "reads back otherwise than it was written")
    } catch {
      mending.fail(place.path, inode, "\(error.operation): \(error.reason)")
    }
    return false
  }

  mutating func obstacle(_ kind: TreeNotice.Kind, _ place: TreePlace) { tally.obstacle(kind, place.path) }
  mutating func notice(_ kind: TreeNotice.Kind, _ place: TreePlace) {}
  mutating func vanished() { mending.vanished += 1 }
}
