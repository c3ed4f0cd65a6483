import Glibc
import Testing
import WritPlan
import WritSystem

@testable import WritHostLinux

@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"))
struct AccountLockTests {
  private let wanted = change(.create, .account, "li", account(20001, home: "/nonexistent"))

  @Test func `a lock of a process that is gone is taken over`() throws {
    let box = try Sandbox()
    // A process that certainly is gone: it was waited for.
    let child = try Program("/bin/sh", ["-c", "echo $$"]).run()
    for name in AccountLock.files {
      try box.write(child.outputText.split(separator: "\n").map(String.init)[0], to: "/etc/\(name).lock")
    }
    #expect(try box.apply([wanted]).allOK)
    #expect(!box.exists("/etc/passwd.lock"))
  }

  @Test func `a living holder is waited for, named, and left alone`() throws {
    let box = try Sandbox()
    try box.write("1", to: "/etc/group.lock")
    let before = box.text("/etc/passwd")
    let result = try box.apply([wanted])
    #expect(result["account li"]?.failure.contains("group.lock is held by process 1") == true, "\(result)")
    #expect(box.text("/etc/passwd") == before)
    #expect(box.text("/etc/group.lock") == "1" && !box.exists("/etc/passwd.lock"))
  }

  @Test func `an empty lock file is never broken`() throws {
    let box = try Sandbox()
    try box.write("", to: "/etc/shadow.lock")
    #expect(try box.apply([wanted])["account li"]?.failure.contains("interrupted tool") == true)
    #expect(box.exists("/etc/shadow.lock") && !box.exists("/etc/passwd.lock"))
  }

  @Test func `lckpwdf of another holder keeps writ out, and it waits its turn`() throws {
    let box = try Sandbox()
    let lock = try AccountLock(HostRoot(box.root))
    let result = try box.apply([wanted])
    #expect(result["account li"]?.failure.contains(".pwd.lock is held") == true, "\(result)")
    lock.release()
    #expect(try box.apply([wanted]).allOK)
  }

  @Test func `what a killed run left in etc is swept`() throws {
    let box = try Sandbox()
    let child = try Program("/bin/sh", ["-c", "echo $$"]).run()
    let pid = child.outputText.split(separator: "\n").map(String.init)[0]
    try box.write("x", to: "/etc/.writ-\(pid)-77.tmp")
    try box.write("x", to: "/etc/passwd.\(pid)")
    try box.write("x", to: "/etc/passwd.orig")
    #expect(try box.apply([wanted]).allOK)
    #expect(
      !box.exists("/etc/.writ-\(pid)-77.tmp") && !box.exists("/etc/passwd.\(pid)") && box.exists("/etc/passwd.orig"))
  }
}
