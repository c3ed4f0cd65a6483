internal import ArgumentParser
internal import WritPolicy

struct CanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "can", abstract: "Say whether a principal has a permission.",
    discussion: """
      Exit status: 0 for yes, 4 for no, 3 when a name is unknown.

      Example: writ can wang.fang training:run
      """)

  @OptionGroup var question: EdgeQuestion

  func run() throws {
    let (found, key) = try question.read()
    guard let edge = found.access[key], let end = edge.holds.end(at: found.instant) else {
      Terminal.writeLine("no")
      throw ExitCode(ExitStatus.no.rawValue)
    }
    Terminal.writeLine(end == .distantFuture ? "yes" : "yes, until \(end.rfc3339)")
  }
}
