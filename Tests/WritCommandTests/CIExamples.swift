import Glibc
import WritSyntax
import WritSystem
import WritTestSupport
import WritYAML

/// The folders below `examples/ci`, read with the policy's own YAML reader, and run in a world of their own.
enum CIExamples {
  static var folder: String {
    #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/examples/ci"
  }

  static func text(_ path: String) throws -> String {
    String(decoding: try FileContents.read(folder + "/" + path), as: UTF8.self)
  }

  static let workflows = ["review", "apply", "drift"].map { "github/.github/workflows/\($0).yml" }
  static let all = workflows + ["gitlab/.gitlab-ci.yml"]

  /// The root of one, which must parse without findings.
  static func yaml(_ path: String) throws -> Node {
    let file = SourceFile(path: path, bytes: Array(try text(path).utf8))
    let (root, findings) = YAML.parse(file, id: SourceTable([file]).ids[0])
    guard findings.isEmpty, let root else {
      throw World.Failure(description: "\(path): \(findings.map(\.message))")
    }
    return root
  }

  /// The shell of each step of a job of GitHub's, by the step's name.
  static func steps(_ workflow: String, _ job: String) throws -> [String: String] {
    var found: [String: String] = [:]
    for step in try yaml("github/.github/workflows/\(workflow).yml")["jobs"]?[job]?["steps"]?.items ?? [] {
      if let name = step["name"]?.text, let run = step["run"]?.text { found[name] = run }
    }
    return found
  }

  /// The lines of a job of GitLab's, which run one after the other in one shell.
  static func script(_ job: String) throws -> String {
    (try yaml("gitlab/.gitlab-ci.yml")[job]?["script"]?.items ?? []).compactMap(\.text).joined(separator: "\n")
  }
}

extension Node {
  subscript(key: String) -> Node? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key.value == key }?.value
  }

  var items: [Node] { if case .sequence(let items) = content { items } else { [] } }
  var text: String? { if case .scalar(let text, _) = content { text } else { nil } }

  /// Every scalar below a key of this name, wherever it stands.
  func texts(of key: String) -> [String] {
    switch content {
    case .scalar: return []
    case .sequence(let items): return items.flatMap { $0.texts(of: key) }
    case .mapping(let entries):
      return entries.flatMap { entry -> [String] in
        guard entry.key.value == key else { return entry.value.texts(of: key) }
        return entry.value.text.map { [$0] } ?? entry.value.items.compactMap(\.text)
      }
    }
  }
}

extension World {
  /// Runs a step as the git host does, with `writ` and stand-ins for its own programs in the path. What these are called
  /// with stands in `calls`, one line each; they answer with `answer`.
  func step(_ text: String, _ variables: [String: String], answer: String = "", in folder: String? = nil) throws -> Run
  {
    let programs = scratch.path + "/programs"
    mkdir(programs, 0o755)
    symlink(Self.writ, programs + "/writ")
    for name in ["gh", "curl"] {
      let script = "#!/bin/sh\nprintf '%s ' \(name) \"$@\" >> '\(calls)'; echo >> '\(calls)'\nprintf '%s' '\(answer)'\n"
      try FileContents.replace(programs + "/" + name, with: Array(script.utf8), mode: 0o755)
    }
    var all = variables
    all["PATH"] = programs + ":/usr/bin:/bin"
    let settings = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return try run(
      "/usr/bin/env", settings + ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text], in: folder)
  }

  var calls: String { scratch.path + "/calls" }
}
