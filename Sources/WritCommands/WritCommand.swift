internal import ArgumentParser

/// The root of the command line.
struct WritCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "writ", abstract: "Keep a team's access in git; plan it, apply it, prove it.")
}

/// What the executable calls, so that it holds nothing itself.
public enum WritMain {
  public static func run() { WritCommand.main() }
}
