import Glibc
import WritDigest
import WritSystem
import WritTestSupport

extension World {
  /// The example lab's own policy, with throw-away keys for everybody, its host and its programs; nothing applied yet.
  static func withLab() throws -> World {
    let world = try World()
    let now = Int64(time(nil))
    world.repository.time = now - 86400
    var files = try Lab.files()
    let names = Set(files.values.flatMap { $0.matches(of: #/ssh-ed25519 [A-Za-z0-9+\/=]+ ([a-z.-]+)"/#).map { $0.1 } })
    for name in names.sorted() {
      let key = try world.key(String(name))
      for (path, text) in files {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        files[path] = lines.map { line in
          if line.hasPrefix("\(name) ssh-ed25519 ") { return "\(name) \(key)" }
          guard line.contains(" \(name)\"") else { return line }
          return line.replacing(#/ssh-ed25519 [A-Za-z0-9+\/=]+ /#, with: key + " ")
        }.joined(separator: "\n")
      }
    }
    files = files.mapValues { Lab.moved($0, to: now) }
    try world.repository.commit("The lab", Dictionary(uniqueKeysWithValues: files.map { ("policies/" + $0, $1) }))
    try world.makeHost()
    for program in [
      "/opt/lora-scripts/bin/train", "/opt/miniconda/bin/conda-create", "/opt/miniconda/bin/conda-update",
      "/usr/local/sbin/gpu-firewall",
    ] { try world.makeProgram(program) }
    try world.use("li.na")
    return world
  }

  /// What `writ access --format json` says holds now.
  func edges() throws -> Set<LabEdge> {
    let text = try expect(0, "access", "--format", "json").output
    let document = try JSONMembers(try JSONValue(canonicalLine: Array(text.utf8)))
    return Set(
      try document.objects("edges").map {
        LabEdge(principal: try $0.text("principal"), permission: try $0.text("permission"))
      })
  }
}

struct LabEdge: Hashable {
  var principal: String
  var permission: String
}

enum Lab {
  /// The day that the dates of the example belong to: 21 November 2026.
  static let day: Int64 = 20778

  /// The package's own folder `policies`.
  static var folder: String { #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/policies" }

  /// Every file of it by its path, as text.
  static func files() throws -> [String: String] {
    let listed = try Program("/usr/bin/find", [folder, "-type", "f", "-printf", "%P\\n"]).run().outputText
    return Dictionary(
      uniqueKeysWithValues: try listed.split(separator: "\n").map {
        (String($0), String(decoding: try FileContents.read(folder + "/" + $0), as: UTF8.self))
      })
  }

  /// Moves every date so that the example's day is the day of `now`.
  static func moved(_ text: String, to now: Int64) -> String {
    text.replacing(#/(20\d\d)-(\d\d)-(\d\d)/#) { date in
      var parts = tm()
      parts.tm_year = (Int32(date.1) ?? 0) - 1900
      parts.tm_mon = (Int32(date.2) ?? 0) - 1
      parts.tm_mday = Int32(date.3) ?? 0
      var seconds = timegm(&parts) + Int((now / 86400 - day) * 86400)
      gmtime_r(&seconds, &parts)
      func digits(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
      return "\(parts.tm_year + 1900)-\(digits(parts.tm_mon + 1))-\(digits(parts.tm_mday))"
    }
  }
}
