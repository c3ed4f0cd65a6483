import Synchronization
import WritApply
import WritDigest
import WritPlan
import WritPolicy
import WritSystem

/// A small real target: a folder with one file for each object, holding the object's state.
final class FolderTarget: Target {
  let name: TargetName
  let folder: String
  /// Called at every point between two effects, with what happens next.
  var step: (String) throws -> Void = { _ in }
  /// Names of objects that cannot be written.
  var broken: Set<String> = []
  /// Names of objects of which it says nothing.
  var silent: Set<String> = []

  init(_ name: TargetName, folder: String) {
    self.name = name
    self.folder = folder
  }

  struct Broken: Error {}

  private func path(_ object: ObjectID) -> String { "\(folder)/\(object.kind.rawValue)-\(object.name)" }

  private func read(_ object: ObjectID) throws -> Observed {
    let bytes: [UInt8]
    do { bytes = try FileContents.read(path(object)) } catch {
      if error.reason == "No such file or directory" { return .absent }
      throw error
    }
    let members = try JSONMembers(JSONValue(canonicalLine: bytes))
    var state = ObjectState([:])
    for name in members.all.keys { state[name] = .members(try members.texts(name)) }
    return .present(state)
  }

  func readLive(_ scope: Scope) throws -> LiveState {
    var live = LiveState()
    for object in scope.objects where !silent.contains(object.name) { live.objects[object] = try read(object) }
    return live
  }

  func readiness(of change: Change) -> Change.Readiness { .ready }

  func apply(_ changes: [Change], progress: (ChangeProgress) throws -> Void) throws {
    for change in changes {
      try step("begin \(change.id)")
      try progress(.began(change.id))
      if broken.contains(change.object.name) {
        try progress(.ended(ChangeResult(change: change.id, status: .failed("broken"))))
        continue
      }
      try step("write \(change.id)")
      let observed = try read(change.object)
      if let after = change.after {
        if observed.state != after {
          try FileContents.replace(path(change.object), with: after.json.canonicalLine, mode: 0o600)
        }
      } else if observed != .absent {
        _ = try Program("/bin/rm", ["--", path(change.object)]).run()
      }
      try step("end \(change.id)")
      let now = try read(change.object)
      try progress(.ended(ChangeResult(change: change.id, status: .ok(readBack: now.digest))))
      try step("ended \(change.id)")
    }
  }

  func leaveHead(_ head: LedgerHead) throws {
    try step("leave head")
    let line: JSONValue = [
      "origin": .string(head.origin), "size": .integer(head.size), "root": .string(head.root.description),
    ]
    try FileContents.replace(folder + "/head", with: line.canonicalLine, mode: 0o600)
  }

  func readHead() throws -> LedgerHead? {
    guard let bytes = try? FileContents.read(folder + "/head") else { return nil }
    let members = try JSONMembers(JSONValue(canonicalLine: bytes))
    return LedgerHead(
      origin: try members.text("origin"), size: try members.integer("size"), root: try members.digest("root"))
  }

  /// Plans the way from what the folder shows to `wanted` (members by group): losses first, then gains.
  func plan(_ wanted: [String: [String]], owned: Set<ObjectID>, from first: Int = 1) throws -> TargetPlan {
    let desired = wanted.map { (ObjectID(.group, $0), ObjectState(["members": .members($1)])) }
    let scope = Scope(
      owned: owned,
      desired: DesiredState(
        Dictionary(uniqueKeysWithValues: desired.map { ($0, DesiredState.Entry($1, causes: [])) })),
      base: DesiredState())
    let live = try readLive(scope)
    var changes: [Change] = []
    func add(_ object: ObjectID, _ phase: Change.Phase, _ before: ObjectState?, _ after: ObjectState?) {
      guard before != after else { return }
      changes.append(
        Change(
          id: "", target: name, action: before == nil ? .create : after == nil ? .remove : .update, phase: phase,
          difference: .change, object: object, before: before, after: after,
          causes: [Cause(after == nil ? .revoked : .granted, "policy.yaml:1:1")]))
    }
    for object in scope.objects {
      let now = live.objects[object]?.state
      guard let members = wanted[object.name] else {
        add(object, .revoke, now, nil)
        continue
      }
      let empty = ObjectState(["members": .set([])])
      let kept = now.map { ObjectState(["members": .members(Set($0.list("members")).intersection(members))]) } ?? empty
      if now == nil { add(object, .prepare, nil, empty) }
      add(object, .revoke, now ?? empty, kept)
      add(object, .grant, kept, ObjectState(["members": .members(members)]))
    }
    changes.sort { $0.phase < $1.phase }
    for index in changes.indices { changes[index].id = "c\(first + index)" }
    return TargetPlan(target: name, standing: .complete, liveDigest: live.digest, changes: changes)
  }

  /// Everything in the folder but the ledger's head.
  func contents() throws -> String {
    try Program("/bin/grep", ["-r", "--exclude=head", "", folder]).run().outputText
      .split(separator: "\n").map { $0.dropFirst(folder.utf8.count) }.sorted().joined(separator: "\n")
  }
}
