internal import ArgumentParser
internal import WritHostLinux

@main
struct WritAgent: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "writ-agent", abstract: "The part of writ that stays on a host.", version: Expiry.agentVersion,
    subcommands: [Expire.self, Undo.self, Backup.self, Serve.self])
}
