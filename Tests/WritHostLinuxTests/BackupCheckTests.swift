import Glibc
import Testing
import WritPolicy
import WritSystem

@testable import WritHostLinux

/// What a check of a snapshot must find, whatever happened to it.
@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"))
struct BackupCheckTests {
  private func filled() throws -> BackupSandbox {
    let sandbox = try BackupSandbox()
    try sandbox.bash(
      "mkdir -p srv/t/d/e; cd srv/t; echo aaaa > a; echo bbbb > d/b; ln -s b d/l; ln d/b d/c; setfacl -m u:61003:r a")
    try sandbox.take()
    return sandbox
  }

  @Test(arguments: [
    // As a disk does it: other contents, and nothing else.
    ("touch -r a /tmp/$$; printf 'aaab\\n' > a; touch -r /tmp/$$ a; rm /tmp/$$", "a: other contents"),
    ("printf 'aaaaa\\n' > a", "a: another time of modification, 6 bytes instead of 5, other contents"),
    ("chmod 606 d/b", "d/b: mode 0606 instead of"), ("chown 61001 a", "a: owner 61001:0 instead of 0:0"),
    ("setfacl -x u:61003 a", "a: another ACL"), ("setfacl -d -m u:61003:r d/e", "d/e: another ACL"),
    ("rm a", "a: is missing"), ("rm -r d", "d: is missing"), ("ln -sfn c d/l", "d/l:"),
    ("echo x > new", "new: is not on the list"), ("mkdir d/new", "d/new: is not on the list"),
    ("rm a; mkdir a", "a: is missing"), ("mkfifo f", "f: is not on the list"),
    ("cp -p --remove-destination ../tree/a d/x; mv d/x d/c", "d/c:"),
    ("touch -d 2001-01-01 d", "d: another time of modification"),
    ("sed -i 's/\"uid\":0/\"uid\":5/' ../manifest", "its list is damaged"),
    ("sed -i '$d' ../manifest", "its list is damaged: it has no end"),
    ("truncate -s -5 ../manifest", "its list is damaged"), ("echo '{}' >> ../manifest", "its list is damaged"),
  ])
  func `what a snapshot lost is found`(_ script: String, _ fault: String) throws {
    let sandbox = try filled()
    #expect(try sandbox.check().isFine)
    try sandbox.bash("cd \(sandbox.newest); umask 022; \(script)")
    let report = try sandbox.check()
    #expect(!report.isFine && report.faults.contains { $0.hasPrefix(fault) }, "\(report.faults)")
    // Nothing of the trial is left.
    #expect(sandbox.snapshots.count == 1)
  }

  @Test func `a sample is drawn by its seed, and all of it is restored on demand`() throws {
    let sandbox = try BackupSandbox()
    try sandbox.bash("for i in $(seq 50); do echo $i > srv/t/$i; done; ln srv/t/1 srv/t/one")
    try sandbox.take()
    for (sample, restored) in [(0, 0), (7, 7), (51, 51), (500, 51)] {
      let report = try sandbox.check(sample: sample)
      #expect(report.isFine && report.restored == restored && report.names == 52, "\(report)")
    }
    #expect(try sandbox.check().restored == 51)
    for seed in UInt64(1)...20 { #expect(try sandbox.check(sample: 3, seed: seed).isFine) }
  }

  @Test func `an old snapshot, one that is not whole, and one from the future are no new ones`() throws {
    let sandbox = try filled()
    // Half a period more is let pass.
    #expect(try sandbox.check(day: 1).isFine && !sandbox.check(day: 1).isOverdue)
    let late = try sandbox.check(day: 2)
    #expect(late.isOverdue && late.faultCount == 0 && !late.isFine)
    #expect(late.lines(at: BackupSandbox.start).joined().contains("overdue: there should be a whole one every 1d"))
    try sandbox.take(day: 4000)
    #expect(try sandbox.check(day: 2).isOverdue)
    #expect(throws: HostError.self) { try sandbox.check(snapshot: "20200101T000000Z") }
    #expect(throws: HostError.self) { try sandbox.check(snapshot: "../../../etc") }
    let empty = try BackupSandbox()
    #expect(throws: HostError.self) { try empty.check() }
  }

  @Test func `a damaged snapshot is not what the next one is built on`() throws {
    let sandbox = try filled()
    try sandbox.bash("sleep 2.1")
    let first = sandbox.newest
    try sandbox.bash("sed -i 's/\"uid\":0/\"uid\":5/' \(first)/../manifest")
    try sandbox.take(day: 1)
    #expect(try sandbox.bash("stat -c %i \(first)/a \(sandbox.newest)/a | uniq | wc -l") == "2")
    #expect(try sandbox.check(day: 1).isFine)
  }
}
