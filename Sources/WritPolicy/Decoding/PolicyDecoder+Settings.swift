internal import WritSyntax

extension PolicyDecoder {
  func readSettings(_ part: Node.Entry) {
    guard let entries = mappingOrBlank(part.value, "`settings`") else { return }
    policy.settings.span = part.key.span
    var vaults: Node?
    for entry in entries {
      switch entry.key.value {
      case "organisation": policy.settings.organisation = line(entry.value, "`organisation`")
      case "timezone": readTimezone(entry.value)
      case "internal-networks":
        policy.settings.internalNetworks = networks(entry.value, "`internal-networks`")
      case "signers": policy.settings.signers = line(entry.value, "`signers`")
      case "branch": policy.settings.branch = branch(entry.value)
      case "key-threshold": policy.settings.writtenKeyThreshold = keyThreshold(entry.value)
      case "vaults": vaults = entry.value
      default:
        unknownKey(
          entry.key,
          known: ["organisation", "timezone", "internal-networks", "signers", "branch", "key-threshold", "vaults"],
          in: "`settings`")
      }
    }
    if let vaults { readVaults(vaults) }
  }

  private func keyThreshold(_ node: Node) -> Located<Int>? {
    guard let number = number(node, "`key-threshold`") else { return nil }
    guard number.value >= 1 else {
      report(
        .invalidValue, "`key-threshold` cannot be \(number.value)", at: number.span, label: "expected 1 or more")
      return nil
    }
    return number
  }

  private func readTimezone(_ node: Node) {
    guard let name = line(node, "`timezone`") else { return }
    guard let rules = zones.rules(named: name.value) else {
      report(
        .unknownTimezone, "no time zone is named `\(name.value.clipped)`", at: name.span, label: "unknown zone",
        help: "write an IANA name such as `Asia/Shanghai` or `Europe/Berlin`")
      return
    }
    policy.settings.timezone = name
    zone = rules
  }

  /// A branch name that git takes, as far as git-check-ref-format(1) forbids what could be mistaken for something else.
  private func branch(_ node: Node) -> Located<String>? {
    guard let name = line(node, "`branch`") else { return nil }
    let text = name.value
    let isPlain = text.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: " "), UInt8(ascii: "~"), UInt8(ascii: "^"), UInt8(ascii: ":"), UInt8(ascii: "?"),
        UInt8(ascii: "*"), UInt8(ascii: "["), UInt8(ascii: "\\"):
        false
      default: true
      }
    }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let partsAreFine = parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock") }
    guard isPlain, partsAreFine, !text.hasPrefix("-"), !text.hasSuffix("."), !text.contains(".."),
      !text.contains("@{"), text != "@"
    else {
      invalid(name, "`branch`", "the name of a branch, without `refs/heads/`")
      return nil
    }
    return name
  }

  func networks(_ node: Node, _ what: String) -> [Located<String>] {
    lines(node, what).filter { network in
      if NetworkRange(validating: network.value) != nil { return true }
      report(
        .invalidNetwork, "`\(network.value.clipped)` is not a network", at: network.span,
        label: "expected an address range", help: "write it like `10.1.0.0/16` or `fd00::/8`")
      return false
    }
  }

  private func readVaults(_ node: Node) {
    guard let entries = mappingOrBlank(node, "`vaults`") else { return }
    for entry in entries {
      guard let name: Located<VaultName> = name(entry.key, "a name of a vault"), declared.vaults[name.value] == nil
      else { continue }
      declared.vaults[name.value] = name.span
      readVault(name, entry.value)
    }
  }

  private func readVault(_ name: Located<VaultName>, _ node: Node) {
    let what = "vault `\(name.value)`"
    guard let entries = mapping(node, what) else { return }
    var kind: Located<String>?
    var path: Located<String>?
    var custodians: [Located<PrincipalName>] = []
    var hasKind = false
    var hasPath = false
    for entry in entries where entry.key.value == "kind" {
      hasKind = true
      kind = line(entry.value, "`kind`")
    }
    if let kind, kind.value != "age" {
      report(
        .invalidValue, "no vault is of kind `\(kind.value.clipped)`", at: kind.span, label: "expected `age`",
        help: "this version keeps vaults of kind `age` only")
      return
    }
    for entry in entries {
      switch entry.key.value {
      case "kind": break
      case "path":
        hasPath = true
        path = line(entry.value, "`path`")
      case "custodians": custodians = names(entry.value, "`custodians`", each: "a name of a principal")
      default: unknownKey(entry.key, known: ["kind", "path", "custodians"], in: what)
      }
    }
    if !hasKind { missingKey("kind", of: what, at: name.span, help: "write `kind: age`") }
    if !hasPath { missingKey("path", of: what, at: name.span, help: "write the folder that holds the secrets") }
    guard kind != nil, let path else { return }
    policy.settings.vaults[name.value] = Settings.Vault(name: name, kind: .age(path: path, custodians: custodians))
  }
}
