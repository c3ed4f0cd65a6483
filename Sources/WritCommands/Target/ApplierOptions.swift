internal import ArgumentParser
internal import WritPlan
internal import WritPolicy

/// Who works on targets, and with what: the same for every command that plans, applies or stores a secret.
struct ApplierOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The ssh key to sign with: a private key file, or a public key file whose private half is in the agent. Default: git's `writ.key`.",
      valueName: "file"))
  var key: String?

  @Option(
    help: ArgumentHelp(
      "A custodian's ssh private key or age identity, to change who reads a vault. Default: git's `writ.identity`.",
      valueName: "file"))
  var identity: String?
}

/// Which targets a command is about; all of them without one.
struct TargetSelection: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only this host, or `self`, the one writ runs on; may be given several times.", valueName: "host"))
  var host: [String] = []

  @Option(help: ArgumentHelp("Only this vault; may be given several times.", valueName: "vault"))
  var vault: [String] = []

  var all: TargetSelection {
    var selection = self
    (selection.host, selection.vault) = ([], [])
    return selection
  }

  /// With the host that this machine is in place of `self`.
  func naming(_ here: HostName?) -> TargetSelection {
    guard let here else { return self }
    var selection = self
    selection.host = host.map { $0 == Fleet.selfName ? here.text : $0 }
    return selection
  }

  var isAll: Bool { host.isEmpty && vault.isEmpty }

  /// Whether a target is named one by one.
  func names(_ target: TargetName) -> Bool {
    switch target {
    case .host(let name): host.contains(name.text)
    case .vault(let name): vault.contains(name.text)
    }
  }

  /// A saved plan is about the targets it was made for, unless the command names some itself.
  func within(_ saved: Plan) -> TargetSelection {
    guard isAll else { return self }
    var selection = self
    for target in saved.targets {
      switch target.target {
      case .host(let name): selection.host.append(name.text)
      case .vault(let name): selection.vault.append(name.text)
      }
    }
    return selection
  }
}
