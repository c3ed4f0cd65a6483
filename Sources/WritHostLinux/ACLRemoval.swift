internal import CWritSys
internal import Glibc
internal import WritSystem

/// Takes one account's entries out of the ACLs of a tree, and changes nothing else about any inode.
struct ACLRemoval {
  private let engine: TreeEngine
  private let uid: UInt32

  /// - Throws: ``HostError`` for a path at which no tree may lie.
  init(root: HostRoot, path: String, uid: UInt32) throws(HostError) {
    self.uid = uid
    do throws(TreeError) {
      engine = try TreeEngine(try TreeHostRoot(root.path("/")), rules: [.closed(path: path)])
    } catch { throw .illFormed(path: path, line: nil, reason: "\(error)") }
  }

  /// How many inodes were changed; 0 also when the tree is not there.
  ///
  /// - Throws: ``HostError`` when the tree or a part of it could not be worked on; the rest was all the same.
  func run() throws(HostError) -> Int {
    let path = engine.rules.first?.path ?? "/"
    let approach: TreeApproach
    do throws(TreeError) {
      approach = try engine.approach(0, toChange: true)
    } catch { throw .illFormed(path: path, line: nil, reason: "\(error)") }
    guard approach.missing.isEmpty, let ways = engine.ways.first else { return 0 }
    var walk = TreeWalk(
      root: approach.folder.number, mount: approach.status.mount, ways: ways, fresh: true,
      visitor: ACLRemovalVisitor(uid: uid))
    walk.run()
    if let failure = walk.visitor.failure { throw .illFormed(path: path, line: nil, reason: failure) }
    return walk.visitor.changed
  }
}

private struct ACLRemovalVisitor: TreeVisitor {
  let uid: UInt32
  var changed = 0
  var failure: String?
  private let buffers = TreeBuffers()

  init(uid: UInt32) { self.uid = uid }

  mutating func enter(_ descriptor: Int32, _ observed: TreeObservation, _ place: TreePlace) -> Bool {
    remove(descriptor, observed, place)
    return false
  }

  mutating func leave(_ descriptor: Int32, _ place: TreePlace) {}

  mutating func entry(
    _ directory: Int32, _ name: UnsafePointer<CChar>, _ observed: TreeObservation, _ place: TreePlace
  ) {
    guard !observed.access.isEmpty else { return }
    let pin = writ_pin(directory, name)
    guard pin >= 0 else { return }
    defer { close(pin) }
    do {
      let again = try buffers.observe(pin, fresh: true)
      guard again.status.key == observed.status.key, again.status.subject == observed.status.subject else { return }
      remove(pin, again, place)
    } catch { fail(place, "\(error.operation): \(error.reason)") }
  }

  mutating func obstacle(_ kind: TreeNotice.Kind, _ place: TreePlace) {
    fail(place, TreeNotice(kind: kind, sample: TreeSample()).text)
  }

  mutating func notice(_ kind: TreeNotice.Kind, _ place: TreePlace) {}
  mutating func vanished() {}

  private mutating func fail(_ place: TreePlace, _ reason: String) { failure = failure ?? "\(place.path): \(reason)" }

  private mutating func remove(_ descriptor: Int32, _ observed: TreeObservation, _ place: TreePlace) {
    guard let access = observed.accessList else { return fail(place, "an ACL that cannot be understood") }
    let defaults = observed.defaultList
    if defaults == nil && !observed.defaults.isEmpty { return fail(place, "an ACL that cannot be understood") }
    let newAccess = access.without(user: uid)
    let newDefaults = defaults?.without(user: uid)
    guard newAccess != nil || newDefaults != nil else { return }
    do {
      let wanted = TreeExpectation(
        owner: observed.status.uid, group: observed.status.gid, special: observed.status.bits,
        access: newAccess ?? access, defaults: newDefaults ?? defaults)
      try TreeInodeChange.carry(descriptor, from: observed, to: wanted)
      changed += 1
    } catch { fail(place, "\(error.operation): \(error.reason)") }
  }
}

extension TreeACL {
  /// The list without the account's entry, everybody else's rights as they were; nil when it gives the account nothing.
  ///
  /// Where without it the account would have more, as one of the others or through a group, an entry stays that gives
  /// nothing.
  func without(user id: UInt32) -> TreeACL? {
    let bound = mask ?? 7
    guard users.contains(where: { $0.id == id && $0.rights & bound != 0 }) else { return nil }
    let mode = UInt16(owner) << 6 | UInt16(group & bound) << 3 | UInt16(other)
    let kept = users.filter { $0.id != id }.map { Entry($0.id, $0.rights & bound) }
    let groups = groups.map { Entry($0.id, $0.rights & bound) }
    let short = TreeACL(mode: mode, users: kept, groups: groups)
    return short.isWider(than: self) ? TreeACL(mode: mode, users: kept + [Entry(id, 0)], groups: groups) : short
  }
}
