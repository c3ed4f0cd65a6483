internal import Glibc
internal import WritApply
internal import WritPlan
internal import WritPolicy
internal import WritSystem

extension ProofSession {
  static let sudo = "/usr/bin/sudo"

  /// Asks sudo whether each account may run each command, with arguments within their bounds and beyond them.
  func askCommands(_ extent: LinuxHost.ProofExtent) {
    guard !promise.commands.isEmpty else { return }
    do throws(HostError) {
      try HostView.open(root) { () throws(HostError) in
        guard access(Self.sudo, X_OK) == 0 else { throw .refused(tool: "sudo", complaint: "it is not installed") }
        for (index, command) in promise.commands.enumerated() { ask(command, index, extent) }
      }
    } catch { fail("commands", "\(error)") }
  }

  private func ask(_ command: HostPromise.Command, _ index: Int, _ extent: LinuxHost.ProofExtent) {
    guard let calls = CommandCall.samples(command.arguments) else {
      return fail("command \(command.resource)", "no arguments were found that its pattern lets through")
    }
    for account in drawn(besides: command.runners, index, extent) {
      // sudo lists, and would refuse to run, what belongs to an account that has ended (PAM).
      let mayBeUsed = AccountEnd(database, account.name).refusal(at: now) == nil
      for call in calls {
        do throws(HostError) {
          let isSo = try allows(account, command, call) && mayBeUsed
          count()
          judge(
            account, "\(command.resource):run", isGiven: isGiven(account, command, call), isSo: isSo,
            "\(call.text(command.path)) as \(command.runAs)")
        } catch { return fail("command \(command.resource)", "\(error)") }
      }
    }
  }

  /// Several resources may be about one program.
  private func isGiven(_ account: ProofAccount, _ command: HostPromise.Command, _ call: CommandCall) -> Bool {
    promise.commands.contains {
      $0.path == command.path && $0.runAs == command.runAs && $0.runners.contains(account.name)
        && call.isAllowed(by: $0.arguments)
    }
  }

  /// Those who may, and of all others as many as the extent says, each with the same chance.
  private func drawn(
    besides runners: Set<String>, _ index: Int, _ extent: LinuxHost.ProofExtent
  ) -> [ProofAccount] {
    guard let sample = extent.sample else { return accounts }
    var others = accounts.filter { !runners.contains($0.name) }
    if others.count > sample {
      var chance = ProofChance(seed: extent.seed &+ UInt64(index))
      others = Array(others.shuffled(using: &chance).prefix(sample))
    }
    return accounts.filter { runners.contains($0.name) } + others
  }

  /// `sudo -l` with a command looks at times, digests and arguments, as a call would; the list without one does not.
  private func allows(
    _ account: ProofAccount, _ command: HostPromise.Command, _ call: CommandCall
  ) throws(HostError) -> Bool {
    let result = try hostErrors {
      try Program(
        Self.sudo, ["-n", "-l", "-U", account.name, "-u", command.runAs, command.path] + call.words
      ).run()
    }
    switch result.ending {
    case .exited(0): return true
    case .exited(1): return false
    default: throw .refused(tool: "sudo -l", complaint: "it ended with \(result.ending)")
    }
  }
}
