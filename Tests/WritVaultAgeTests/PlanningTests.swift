import Glibc
import Testing
import WritApply
import WritDigest
import WritPlan
import WritPolicy
import WritSystem
import WritTestSupport

@testable import WritVaultAge

/// The vault under the planner's own changes.
@Suite struct PlanningTests {
  private func plan(_ scene: VaultScene, from old: [String], to people: [String]) throws -> [Change] {
    func desired(_ people: [String]) -> DesiredState {
      DesiredState([VaultScene.folder: .init(scene.state(people), causes: [Cause(.granted, "test")])])
    }
    let scope = Scope(owned: [VaultScene.folder], desired: desired(people), base: desired(old))
    let vault = try scene.vault()
    let planner = Planner(
      target: vault.name, base: scope.base, desired: scope.desired, live: try vault.readLive(scope),
      owned: scope.owned, access: Access([]), instant: VaultScene.now, readiness: { vault.readiness(of: $0) })
    return Plan.numbered([planner.targetPlan()]).flatMap(\.changes)
  }

  private func tamper(_ scene: VaultScene, _ kind: Int) throws {
    let recipients = scene.file(".age-recipients")
    switch kind {
    case 0: try scene.encryptByHand("value", to: ["alice", "carol", "eve"], "db")
    case 1: try FileContents.replace(recipients, with: Array("\(scene.key("eve"))\n".utf8), mode: 0o644)
    case 2: unlink(recipients)
    case 3: unlink(scene.store + "/.writ/manifest.json")
    case 4:
      unlink(scene.store + "/.writ/manifest.json.sig")
      unlink(recipients)
    case 5: try scene.encryptByHand("value", to: ["carol"], "extra")
    default: break
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `after an apply the plan is empty and the readers are those wanted, whatever was done by hand`(seed: UInt64)
    throws
  {
    var generator = SeededGenerator(seed: seed)
    let scene = try VaultScene()
    try scene.apply(["alice", "carol"])
    try scene.put("db", "value")
    var old = ["alice", "carol"]
    for step in 0..<5 {
      let kind = Int.random(in: 0..<8, using: &generator)
      try tamper(scene, kind)
      let people = ["alice", "bob"].filter { _ in Bool.random(using: &generator) } + ["carol"]
      let changes = try plan(scene, from: old, to: people)
      for change in changes {
        #expect(change.readiness == .ready, "seed \(seed) step \(step): tampering \(kind), \(change.readiness)")
        try scene.vault().apply([change]) {
          guard case .ended(let result) = $0 else { return }
          if case .ok = result.status {
          } else {
            Issue.record("seed \(seed) step \(step): tampering \(kind), \(result.status)")
          }
        }
      }
      #expect(try plan(scene, from: people, to: people).isEmpty, "seed \(seed) step \(step): tampering \(kind)")
      for person in ["alice", "bob", "carol", "eve"] {
        #expect(
          try (scene.stock(person, "db") != nil) == people.contains(person),
          "seed \(seed) step \(step): tampering \(kind), \(person)")
      }
      old = people
    }
  }
}
