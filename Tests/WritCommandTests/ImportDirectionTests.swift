import Testing
import WritSystem
import WritTestSupport

/// Imports point down the floor plan (design §11): adapters and targets never import one another, and the pure modules touch
/// nothing outside themselves.
@Suite struct ImportDirectionTests {
  /// What each module may import of our own modules, of C, and of the system.
  static let allowed: [String: Set<String>] = [
    "WritDigest": ["CLibcrypto"],
    "WritSyntax": [],
    "WritPolicy": ["WritSyntax", "WritDigest"],
    "WritHistory": ["WritSyntax", "WritPolicy", "WritDigest", "Synchronization"],
    "WritPlan": ["WritSyntax", "WritPolicy", "WritHistory", "WritDigest"],
    "WritRender": ["WritSyntax", "WritPolicy", "WritHistory", "WritPlan", "WritDigest"],
    "WritSystem": ["CWritSys", "WritPolicy", "Glibc", "Synchronization"],
    "WritYAML": ["CLibyaml", "WritSyntax", "Glibc"],
    "WritGit": ["CLibgit2", "CLibcrypto", "WritSystem", "Glibc"],
    "WritSSHSignature": ["CLibcrypto", "WritSystem", "Glibc"],
    "WritApply": [
      "WritDigest", "WritSyntax", "WritPolicy", "WritHistory", "WritPlan", "WritSystem", "WritSSHSignature", "Glibc",
      "Dispatch", "Synchronization",
    ],
    "WritHostLinux": [
      "CWritSys", "WritDigest", "WritSyntax", "WritPolicy", "WritPlan", "WritApply", "WritSystem", "Glibc",
      "Dispatch", "Synchronization",
    ],
    "WritVaultAge": [
      "WritDigest", "WritSyntax", "WritPolicy", "WritPlan", "WritApply", "WritSystem", "WritSSHSignature", "Glibc",
      "Synchronization",
    ],
    "WritCommands": [
      "WritDigest", "WritSyntax", "WritPolicy", "WritHistory", "WritPlan", "WritRender", "WritSystem", "WritYAML",
      "WritGit", "WritSSHSignature", "WritApply", "WritHostLinux", "WritVaultAge", "ArgumentParser", "Glibc",
      "Dispatch",
      "Synchronization",
    ],
    "writ": ["WritCommands"],
    "writ-agent": ["WritHostLinux", "WritSyntax", "WritSystem", "WritPolicy", "ArgumentParser", "Glibc"],
  ]

  static var root: String {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }

  /// `module: import` for every import line below Sources.
  static func imports() throws -> [(module: String, file: String, imported: String)] {
    let found = try Program("/usr/bin/find", [root + "/Sources", "-name", "*.swift"]).run()
    var out: [(module: String, file: String, imported: String)] = []
    for path in found.outputText.split(separator: "\n").map(String.init) {
      let module = String(path.dropFirst(root.count + "/Sources/".count).prefix { $0 != "/" })
      let text = String(decoding: try FileContents.read(path), as: UTF8.self)
      for line in text.split(separator: "\n") {
        let words = line.split(separator: " ").map(String.init)
        guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
          words[..<at].allSatisfy({
            ["public", "internal", "private", "package", "fileprivate"].contains($0) || $0.hasPrefix("@")
          })
        else { continue }
        out.append((module, path, String(words[words.count - 1].prefix { $0 != "." })))
      }
    }
    return out
  }

  @Test func `every import points down`() throws {
    let imports = try Self.imports()
    #expect(imports.count > 100, "the search itself must find something")
    for line in imports {
      let allowed = try #require(Self.allowed[line.module], "\(line.module) is not in the picture")
      #expect(allowed.contains(line.imported), "\(line.file) imports \(line.imported)")
    }
  }

  @Test func `every module of the package is in the picture`() throws {
    let folders = try Program(
      "/usr/bin/find", [Self.root + "/Sources", "-mindepth", "1", "-maxdepth", "1", "-printf", "%f\\n"]
    ).run()
    let modules = folders.outputText.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("C") }
    #expect(Set(modules) == Set(Self.allowed.keys))
  }
}
