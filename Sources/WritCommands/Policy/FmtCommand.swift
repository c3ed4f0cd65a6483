internal import ArgumentParser
internal import WritGit
internal import WritRender
internal import WritSyntax
internal import WritSystem
internal import WritYAML

struct FmtCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt", abstract: "Lay policy files out in one form: one assignment a line, comments kept.",
    discussion: """
      Rewrites the files given, or every policy file of the working tree, and prints the names of those that change. What a file \
      says stays the same, which is checked before anything is written. `-` reads standard input and writes standard output.

      Exit status: 0; with `--check` 2 when a file would change; 3 when one does not parse (it is left alone).

      Example: writ fmt
      Example: writ fmt --check
      """)

  @OptionGroup var repository: RepositoryOptions
  @Flag(help: "Write nothing; end with status 2 when a file would change.") var check = false
  @Argument(help: "Files, or `-`; every policy file without any.") var files: [String] = []

  /// A file with where it lies.
  private struct Found {
    var file: SourceFile
    var place: String
  }

  func run() throws {
    if files == ["-"] { return try filter() }
    var (differs, isRefused) = (false, false)
    for found in try self.found() {
      guard let bytes = try formatted(found.file) else {
        isRefused = true
        continue
      }
      if bytes == found.file.bytes { continue }
      differs = true
      if !check { try FileContents.rewrite(found.place, from: found.file.bytes, to: bytes) }
      Terminal.writeLine(visible(found.file.path))
    }
    if isRefused { throw ExitCode(ExitStatus.invalidPolicy.rawValue) }
    if check, differs { throw ExitCode(ExitStatus.differs.rawValue) }
  }

  private func filter() throws {
    let file = SourceFile(path: "-", bytes: try Terminal.readInput(limit: Workspace.fileLimit))
    guard let bytes = try formatted(file) else { throw ExitCode(ExitStatus.invalidPolicy.rawValue) }
    if !check { Terminal.write(String(decoding: bytes, as: UTF8.self)) }
    if check, bytes != file.bytes { throw ExitCode(ExitStatus.differs.rawValue) }
  }

  private func found() throws -> [Found] {
    if files.isEmpty {
      let workspace = try Workspace(options: repository)
      return try workspace.files(.workingTree).map {
        Found(file: $0, place: try workspace.path(inWorkingTree: $0.path))
      }
    }
    return try files.map { path in
      let place = path.hasPrefix("/") ? path : repository.repository + "/" + path
      do throws(SystemError) {
        return Found(
          file: SourceFile(path: path, bytes: try FileContents.read(place, limit: Workspace.fileLimit)), place: place)
      } catch { throw CommandFailure(visible(error.description)) }
    }
  }

  /// Nil where the file is left alone; it was said why.
  private func formatted(_ file: SourceFile) throws -> [UInt8]? {
    let table = SourceTable([file])
    switch YAML.formatted(file, id: table.ids[0], rules: .policy) {
    case .text(let bytes): return bytes
    case .findings(let findings):
      let report = FindingReport(findings.filter { $0.severity == .error }, in: table)
      Terminal.message(report.text(width: Terminal.width, style: Terminal.errorStyle))
      return nil
    case .unsupported(let line, let reason):
      Terminal.message("\(visible(file.path)):\(line): left as it is: \(reason) is not laid out")
      return nil
    }
  }
}

extension LayoutRules {
  /// One assignment, one grant, one rule, one test a line: a line is what git shows, blames and merges.
  static let policy = LayoutRules(
    oneEntryALine: [
      ["people", "*", "roles"], ["service-accounts", "*", "roles"], ["grants"], ["expiry-rules"], ["approval-rules"],
      ["separation-rules"], ["tests"],
    ],
    oneKeyALine: [
      [], ["people"], ["service-accounts"], ["hosts"], ["roles"], ["resources"], ["sharing-groups"],
      ["host-baselines"],
    ],
    compactEntries: [["people", "*", "roles"], ["service-accounts", "*", "roles"]])
}
