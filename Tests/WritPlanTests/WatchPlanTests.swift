import Testing
import WritPolicy

@testable import WritPlan

@Suite struct WatchPlanTests {
  @Test func `a watched tree brings the watches of the files by which access is kept`() throws {
    let now = try instant("2026-11-21T12:00:00Z")
    let plain = """
      hosts: { gpu01: { connect: "root:/nowhere", labels: [gpu] } }
      resources:
        envs: { hosts: [gpu], tree: /opt/envs, group: readers }
        own: { hosts: [gpu], tree: "/srv/out/{account}" }
      """
    let id = ObjectID(.audit, "writ")
    #expect(try Sample(plain).host(at: now).objects[id] == nil)
    let watched = plain.replacing("group: readers", with: "group: readers, watch: conda_env_write")
      .replacing("{account}\"", with: "{account}\", watch: outputs")
    let entry = try #require(try Sample(watched).host(at: now).objects[id])
    let lines = entry.state.list("lines")
    #expect(lines.count == 22 && lines == lines.sorted())
    #expect(lines.contains("-a always,exit -F arch=b64 -F dir=/opt/envs -F perm=wa -F key=conda_env_write"))
    #expect(lines.contains("-a always,exit -F arch=b32 -F dir=/opt/envs -F perm=wa -F key=conda_env_write"))
    #expect(lines.contains("-a always,exit -F arch=b64 -F dir=/srv/out -F perm=wa -F key=outputs"))
    #expect(lines.contains("-a always,exit -F arch=b64 -F path=/etc/shadow -F perm=wa -F key=writ-accounts"))
    #expect(lines.contains("-a always,exit -F arch=b64 -F dir=/var/lib/writ -F perm=wa -F key=writ-ledger"))
    #expect(entry.causes.first?.text == "resource envs is watched")
  }
}
