internal import ArgumentParser
internal import WritApply
internal import WritGit
internal import WritHostLinux
internal import WritSSHSignature
internal import WritSyntax
internal import WritSystem
internal import WritVaultAge

extension CommandFailure {
  /// One conversion for each adapter's error; nil for what the argument parser handles itself (help, usage, exit codes).
  static func from(_ error: any Error) -> CommandFailure? {
    switch error {
    case let failure as CommandFailure: failure
    case let error as GitError: CommandFailure(error)
    case let error as SystemError: CommandFailure(visible(error.description))
    case let error as Program.Failure: CommandFailure(error)
    case let error as LedgerError: CommandFailure(error)
    case let error as SignatureError: CommandFailure(error)
    case let error as VaultError: CommandFailure(error)
    case let error as HostError: CommandFailure(visible(error.description))
    case let error as RemoteError: CommandFailure(error)
    case is ExitCode, is CleanExit, is ValidationError: nil
    default: nil
    }
  }

  init(_ error: RemoteError) {
    let hint =
      switch error {
      case .noAgent, .otherVersion, .notAnAgent:
        "`writ agent install --host HOST --login ADMINISTRATOR` puts this version there"
      case .wrongHostKey: "if the machine was really made anew, its `host-keys` change in the policy, by a review"
      case .notReached, .silent, .tooSlow, .cut, .broken, .host, .program: ""
      }
    self.init(visible(error.description), hint: hint)
  }

  init(_ error: Program.Failure) {
    switch error {
    case .notStarted(let reason): self.init("a program could not be started: \(visible(reason.description))")
    case .timedOut(let program, let seconds): self.init("\(program) took more than \(seconds) seconds and was ended")
    case .tooMuchOutput(let program, let bytes): self.init("\(program) wrote more than \(bytes) bytes and was ended")
    case .system(let reason): self.init(visible(reason.description))
    }
  }
}
