import Glibc
import WritApply
import WritDigest
import WritPlan
import WritPolicy
import WritSystem
import WritTestSupport

@testable import WritHostLinux

let isRoot = geteuid() == 0

/// A marked root in a scratch folder, with the real account tools, visudo and sshd of this machine working on it.
final class Sandbox {
  let scratch: Scratch
  let root: String
  let name: HostName

  init() throws {
    scratch = try Scratch()
    // Some checks run as another id.
    chmod(scratch.path, 0o755)
    root = scratch.path + "/root"
    guard let name = HostName(validating: "image") else { throw Failure.name }
    self.name = name
    try LinuxHost.initialise(root: root, name: name)
  }

  enum Failure: Error { case name }

  func host(_ commit: String = "c0ffee", patience: Int = 300) -> LinuxHost {
    LinuxHost(name: name, root: root, policyCommit: commit, lockPatience: patience)
  }

  func text(_ path: String) -> String {
    String(decoding: (try? FileContents.read(root + path)) ?? [], as: UTF8.self)
  }

  func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws {
    try FileContents.replace(root + path, with: Array(text.utf8), mode: mode)
  }

  func exists(_ path: String) -> Bool { HostRoot(root).status(path) != nil }

  func status(_ path: String) -> stat { HostRoot(root).status(path) ?? stat() }

  /// Applies the changes and gives what became of each, by id.
  func apply(_ changes: [Change], by host: LinuxHost? = nil) throws -> [String: ChangeResult.Status] {
    var out: [String: ChangeResult.Status] = [:]
    try (host ?? self.host()).apply(changes) {
      if case .ended(let result) = $0 { out[result.change] = result.status }
    }
    return out
  }

  func live(_ ids: [ObjectID], owned: Set<ObjectID> = [], desired: [ObjectID: ObjectState] = [:]) throws -> LiveState {
    let entries = desired.mapValues { DesiredState.Entry($0, causes: [Cause(.granted, "test")]) }
    let wanted = DesiredState(entries)
    var state = try host().readLive(Scope(owned: owned.union(ids), desired: wanted, base: DesiredState()))
    if owned.isEmpty {
      // Asked for without being owned: only what is desired is looked at.
      state = try host().readLive(
        Scope(
          owned: [],
          desired: DesiredState(
            Dictionary(uniqueKeysWithValues: ids.map { ($0, entries[$0] ?? .init(ObjectState([:]), causes: [])) })),
          base: DesiredState()))
    }
    return state
  }

  /// Change time and content of everything below the root: nothing of it may move when nothing is to be done.
  func fingerprint() -> [String: String] {
    var out: [String: String] = [:]
    func visit(_ path: String) {
      let status = status(path)
      out[path] =
        "\(status.st_ino) \(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec) \(status.st_mode) \(status.st_uid)"
      guard status.isFolder else { return }
      for name in (try? HostRoot(root).names(in: path)) ?? [] { visit(path + "/" + name) }
    }
    visit("")
    return out
  }
}

func change(
  _ action: Change.Action, _ kind: ObjectKind, _ name: String, _ after: ObjectState?, before: ObjectState? = nil,
  phase: Change.Phase = .grant, id: String? = nil
) -> Change {
  Change(
    id: id ?? "\(kind.rawValue) \(name)", target: image,
    action: action, phase: phase, difference: .change, object: ObjectID(kind, name), before: before, after: after,
    causes: [Cause(.granted, "test")])
}

func account(
  _ uid: Int, home: String, homeFolder: String = "none", shell: String = "/bin/bash", password: String = "*",
  expires: String = "", gecos: String = "somebody"
) -> ObjectState {
  ObjectState([
    "state": .text("active"), "uid": .text("\(uid)"), "gid": .text("\(uid)"), "gecos": .text(gecos),
    "home": .text(home),
    "home-folder": .text(homeFolder), "shell": .text(shell), "password": .text(password), "expires": .text(expires),
  ])
}

func retired(_ uid: Int) -> ObjectState {
  ObjectState([
    "state": .text("retired"), "uid": .text("\(uid)"), "shell": .text("/usr/sbin/nologin"), "password": .text("!*"),
    "expires": .text("1"),
  ])
}

func members(_ names: String...) -> ObjectState { ObjectState(["members": .members(names)]) }
func lines(_ lines: String...) -> ObjectState { ObjectState(["lines": .lines(lines)]) }
let membership = ObjectState(["state": .text("member")])

extension ChangeResult.Status {
  var isOK: Bool { if case .ok = self { true } else { false } }
  var failure: String {
    switch self {
    case .failed(let reason), .skipped(let reason), .unknown(let reason): reason
    case .ok: ""
    }
  }
}

extension [String: ChangeResult.Status] {
  var allOK: Bool { values.allSatisfy { $0.isOK } }
  var noneOK: Bool { values.allSatisfy { !$0.isOK } }
}

let image: TargetName = {
  guard let name = TargetName("host:image") else { preconditionFailure("no name") }
  return name
}()
