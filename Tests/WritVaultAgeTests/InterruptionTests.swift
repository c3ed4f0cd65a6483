import Glibc
import Testing
import WritApply
import WritDigest
import WritPlan
import WritSystem
import WritTestSupport

@testable import WritVaultAge

private struct Killed: Error {}

@Suite struct InterruptionTests {
  @Test(arguments: [["bob", "carol"], nil])
  func `whatever the last write was, running again ends the same`(people: [String]?) throws {
    let scene = try VaultScene()
    try scene.apply(["alice", "carol"])
    for name in ["api", "db", "ssh"] { try scene.put(name, "value of \(name)") }
    try scene.copyStore(to: "start")
    var writes = 1
    while true {
      let vault = try scene.vault()
      var left = writes
      vault.afterWrite = {
        left -= 1
        if left == 0 { throw Killed() }
      }
      let result = try scene.attempt(people, with: vault)
      if case .ok = result.status { break }
      // Every file is the old or the new one, and every one is vouched for.
      for name in ["api", "db", "ssh"] {
        #expect(try scene.stock("carol", name) == "value of \(name)")
        #expect(try scene.stock("eve", name) == nil)
      }
      #expect(try scene.vault().version() != nil)
      let again = try scene.attempt(people)
      if case .ok = again.status {} else { Issue.record("after write \(writes): \(again.status)") }
      #expect(try scene.stock("alice", "db") == nil)
      #expect(try scene.stock("carol", "db") == "value of db")
      let wanted: Observed = people.map { .present(scene.state($0)) } ?? .absent
      #expect(try scene.live(people ?? []) == wanted)
      try scene.restoreStore(from: "start")
      writes += 1
    }
    #expect(writes > 5)
  }

  @Test func `a file swapped while a change stands half-way is found`() throws {
    let scene = try VaultScene()
    try scene.apply(["alice", "carol"])
    for name in ["api", "db"] { try scene.put(name, "value of \(name)") }
    let vault = try scene.vault()
    var left = 3
    vault.afterWrite = {
      left -= 1
      if left == 0 { throw Killed() }
    }
    _ = try scene.attempt(["bob", "carol"], with: vault)
    #expect(try scene.faults(["bob", "carol"]).first == "+ a change of readers stopped half-way")
    try scene.encryptByHand("forged", to: ["bob", "carol"], "db")
    #expect(try scene.faults(["bob", "carol"]).contains("+ db.age is not the file that the manifest lists"))
    var bytes: [UInt8] = [1]
    #expect(throws: VaultError.unfinished(folder: "lab/basic")) {
      try scene.vault().put(folder: "lab/basic", name: "db", value: Secret(taking: &bytes), by: "carol")
    }
    #expect(try scene.apply(["bob", "carol"]).recovered)
    let due = try scene.vault().list().map { $0.due.map(\.reason) }
    #expect(due == [["no longer a reader"], ["no longer a reader", "changed outside writ"]])
  }

  @Test func `a put that stopped half-way is finished by the next apply`() throws {
    for writes in 1...2 {
      let scene = try VaultScene()
      try scene.apply(["alice", "carol"])
      try scene.put("db", "one")
      let vault = try scene.vault(identity: nil)
      var left = writes
      vault.afterWrite = {
        left -= 1
        if left == 0 { throw Killed() }
      }
      var bytes = Array("two".utf8)
      #expect(throws: Killed.self) {
        try vault.put(folder: "lab/basic", name: "db", value: Secret(taking: &bytes), by: "carol")
      }
      #expect(try scene.faults() == ["+ db.age was not finished"])
      try scene.apply(["alice", "carol"], with: scene.vault(identity: nil))
      #expect(try scene.faults() == [])
      #expect(try scene.stock("alice", "db") == (writes == 1 ? "one" : "two"))
    }
  }

  @Test func `between the two renames of a manifest the new one counts`() throws {
    let scene = try VaultScene()
    try scene.apply(["alice", "carol"])
    let manifest = scene.store + "/.writ/manifest.json"
    let old = try FileContents.read(manifest)
    let version = try #require(try scene.vault().version())
    try scene.put("db", "one")
    #expect(rename(manifest, manifest + ".next") == 0)
    try FileContents.replace(manifest, with: old, mode: 0o644)
    #expect(try scene.vault().version() == version + 2)
    try scene.put("api", "two")
    #expect(try scene.vault().list().map(\.name) == ["api", "db"])
  }

  @Test func `writers wait for one another and give up in the end`() async throws {
    let scene = try VaultScene()
    try scene.apply(["alice", "carol"])
    let vaults = try (0..<3).map { _ in try scene.vault(identity: nil) }
    nonisolated(unsafe) let shared = vaults
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<3 {
        group.addTask {
          for round in 0..<3 {
            var bytes = Array("value".utf8)
            _ = try? shared[index].put(
              folder: "lab/basic", name: "s\(index)-\(round)", value: Secret(taking: &bytes), by: "carol")
          }
        }
      }
    }
    #expect(try scene.vault().list().count == 9)
    #expect(try scene.faults() == [])

    let descriptor = open(scene.store + "/.writ", O_RDONLY)
    defer { close(descriptor) }
    #expect(flock(descriptor, LOCK_EX) == 0)
    let vault = try scene.vault()
    vault.patience = 0
    var bytes: [UInt8] = [1]
    #expect(throws: VaultError.locked(scene.store + "/.writ")) {
      try vault.put(folder: "lab/basic", name: "x", value: Secret(taking: &bytes), by: "carol")
    }
  }

  @Test func `looking opens nothing for writing`() throws {
    let scene = try VaultScene()
    try scene.apply(["alice", "carol"])
    try scene.put("db", "one")
    let events = inotify_init1(Int32(IN_NONBLOCK))
    #expect(events >= 0)
    defer { close(events) }
    let mask = IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB
    for folder in ["", "/.writ", "/lab", "/lab/basic"] {
      #expect(inotify_add_watch(events, scene.store + folder, UInt32(mask)) >= 0)
    }
    let vault = try scene.vault()
    #expect(try scene.live(["alice", "carol"], with: vault) == .present(scene.state(["alice", "carol"])))
    _ = try vault.readiness(of: scene.change(["bob", "carol"]))
    _ = try vault.list()
    _ = try vault.get(folder: "lab/basic", name: "db", identity: scene.identity("alice"))
    var buffer = [UInt8](repeating: 0, count: 4096)
    #expect(read(events, &buffer, buffer.count) < 0 && errno == EAGAIN)
    // The watch does see a writer.
    try scene.put("db", "two")
    #expect(read(events, &buffer, buffer.count) > 0)
  }
}
