import Testing
import WritApply
import WritPlan
import WritSystem
import WritTestSupport

@testable import WritHostLinux

/// grpck(8) on whole files and on what it is shown of them, over random files with all kinds of faults.
@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, for grpck to enter another root"))
struct GroupCheckTests {
  private static let names = ["ann", "bob", "cy", "dan", "eve", "fay"]

  private struct Files {
    var passwd: [String] = []
    var group: [String] = []
    var gshadow: [String]?

    /// In order: everybody has an account, and both files say the same.
    init(inOrder random: inout SeededGenerator) {
      passwd = names.indices.map { "\(names[$0]):x:\(1000 + $0):1000::/:/bin/sh" }
      let lists = (0..<4).map { _ in Set((0..<3).compactMap { _ in names.randomElement(using: &random) }) }
      group =
        lists.indices.map { "g\($0):x:\(2000 + $0):" + lists[$0].sorted().joined(separator: ",") } + ["own:x:1000:"]
      gshadow = lists.indices.map { "g\($0):!::" + lists[$0].sorted().joined(separator: ",") } + ["own:!::"]
    }

    init(_ random: inout SeededGenerator) {
      for name in names where Int.random(in: 0..<6, using: &random) > 0 {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: passwd.append("\(name):x:1000:1000")
        case 1: passwd.append("\(name):x:many:1000::/:/bin/sh")
        case 2: passwd.append("#\(name):x:1000:1000::/:/bin/sh")
        case 3: passwd.append("+\(name):x:1000:1000::/:/bin/sh")
        default: passwd.append("\(name):x:\(1000 + passwd.count):1000::/:/bin/sh")
        }
      }
      if Bool.random(using: &random) { gshadow = [] }
      for number in 0..<6 {
        let list = Self.members(&random)
        let name = Int.random(in: 0..<8, using: &random) == 0 ? "g0" : "g\(number)"
        let gid =
          Int.random(in: 0..<8, using: &random) == 0
          ? ["", "many", "-2", "4294967296", "2000x"].randomElement(using: &random) ?? "" : "\(2000 + number)"
        group.append(Self.bent("\(name):x:\(gid):\(list)", &random))
        if gshadow == nil || Int.random(in: 0..<8, using: &random) == 0 { continue }
        let other = Int.random(in: 0..<3, using: &random) == 0 ? Self.members(&random) : list
        let administrators = Int.random(in: 0..<4, using: &random) == 0 ? Self.members(&random) : ""
        gshadow?.append(Self.bent("\(name):!:\(administrators):\(other)", &random))
      }
      if Int.random(in: 0..<4, using: &random) == 0 { group.append("+::0:") }
    }

    private static func members(_ random: inout SeededGenerator) -> String {
      let count = Int.random(in: 0..<5, using: &random)
      var list = (0..<count).map { _ in names.randomElement(using: &random) ?? "" }
      if Int.random(in: 0..<12, using: &random) == 0 {
        list.append(["", "no such", "@nobody", "-"].randomElement(using: &random) ?? "")
      }
      return list.joined(separator: ",")
    }

    private static func bent(_ line: String, _ random: inout SeededGenerator) -> String {
      switch Int.random(in: 0..<24, using: &random) {
      case 0: line + ":"
      case 1: "#" + line
      case 2: ""
      case 3: String(line.dropFirst())
      case 4: line + ","
      case 5: line + "\\"
      case 6: "\0" + line
      default: line
      }
    }
  }

  private static func bytes(_ lines: [String]) -> [UInt8] { Array(lines.joined(separator: "\n").utf8) + [10] }

  private static func complaints(_ passwd: [UInt8], _ group: [UInt8], _ gshadow: [UInt8]?) throws -> String {
    let scratch = try Scratch()
    let staging = try StagingFolder(below: scratch.path)
    try staging.makeFolder("etc", mode: 0o700)
    for (name, bytes) in [("passwd", passwd), ("group", group), ("gshadow", gshadow)] {
      if let bytes { try staging.write(bytes, to: "etc/" + name, mode: 0o600) }
    }
    let result = try Program("/usr/sbin/grpck", ["-q", "-r", "-R", staging.path], timeLimit: 60).run()
    return "\(result.ending)\n" + result.outputText + result.errorText
  }

  @Test func `what it is shown draws the same complaints as the whole`() throws {
    var random = SeededGenerator(seed: 1)
    var (silent, loud, shorter) = (0, 0, 0)
    for number in 0..<150 {
      let files = number % 10 == 0 ? Files(inOrder: &random) : Files(&random)
      let (passwd, group) = (Self.bytes(files.passwd), Self.bytes(files.group))
      let gshadow = files.gshadow.map(Self.bytes)
      let shown = GroupCheckCopies(passwd: passwd, group: group, gshadow: gshadow)
      let whole = try Self.complaints(passwd, group, gshadow)
      #expect(
        try Self.complaints(passwd, shown.group, shown.gshadow) == whole,
        "\(number): \(files.passwd) \(files.group) \(files.gshadow ?? [])")
      if whole.split(separator: "\n").count == 1 { silent += 1 } else { loud += 1 }
      if shown.group.count < group.count { shorter += 1 }
    }
    // Files without a fault, or such as nothing is left out of, would prove nothing.
    #expect(silent > 5 && loud > 100 && shorter > 50, "\(silent) \(loud) \(shorter)")
  }

  /// Longer than what libc sets aside for an entry.
  @Test func `so does a group of very many`() throws {
    let people = (0..<400).map { "somebody-\($0)" }
    let passwd = Self.bytes(people.indices.map { "\(people[$0]):x:\(3000 + $0):1000::/:/bin/sh" })
    let list = people.joined(separator: ",")
    for (group, shadow) in [(list, list), (list + ",nobody-else", list + ",nobody-else"), (list, list + ",ghost")] {
      let files = (Self.bytes(["g:x:2000:\(group)", "h:x:2001:"]), Self.bytes(["g:!::\(shadow)", "h:!::"]))
      let shown = GroupCheckCopies(passwd: passwd, group: files.0, gshadow: files.1)
      #expect(shown.group.count < 60)
      #expect(
        try Self.complaints(passwd, shown.group, shown.gshadow) == Self.complaints(passwd, files.0, files.1))
    }
  }

  @Test func `a line that was in nobody's way stays in nobody's way, and is not written to`() throws {
    let box = try Sandbox()
    try box.write(box.text("/etc/group") + "old:x:-2:eve\n", to: "/etc/group")
    try box.write(box.text("/etc/gshadow") + "old:!::eve\n", to: "/etc/gshadow")
    let made = try box.apply(
      ["eve", "bob"].enumerated().map { number, name in
        change(.create, .account, name, account(20001 + number, home: "/nonexistent"))
      })
    #expect(made.allOK, "\(made)")
    #expect(try box.apply([change(.create, .membership, "old/bob", membership)]).allOK == false)
    #expect(box.text("/etc/group").contains("\nold:x:-2:eve\n"))
  }

  @Test func `every membership that is in order is left out`() {
    let passwd = Self.bytes(["ann:x:1000:1000::/:/bin/sh", "bob:x:1001:1001::/:/bin/sh"])
    let shown = GroupCheckCopies(
      passwd: passwd, group: Self.bytes(["g:x:2000:ann,bob", "h:x:2001:ann,eve"]),
      gshadow: Self.bytes(["g:!:bob:ann,bob", "h:!::ann"]))
    #expect(shown.group == Self.bytes(["g:x:2000:", "h:x:2001:eve"]))
    #expect(shown.gshadow == Self.bytes(["g:!:bob:", "h:!::"]))
  }
}
