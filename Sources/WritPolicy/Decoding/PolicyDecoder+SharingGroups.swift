internal import WritSyntax

extension PolicyDecoder {
  static let sharingGroupKeys = ["vault", "folder", "tags", "mfa", "approval", "secrets", "previously"]

  func readSharingGroups(_ parts: [Node.Entry]) {
    eachEntry(parts, "a sharing group", in: \.resources) { name, node in
      let what = "sharing group `\(name.value)`"
      guard let entries = mappingOrBlank(node, what) else { return }
      // Both are needed to make a group at all, so they are read first.
      var vault: Located<VaultName>?
      var folder: Located<String>?
      for entry in entries {
        if entry.key.value == "vault" { vault = self.name(entry.value, "a name of a vault") }
        if entry.key.value == "folder" { folder = vaultFolder(entry.value) }
      }
      for key in ["vault", "folder"] where !entries.contains(where: { $0.key.value == key }) {
        missingKey(key, of: what, at: name.span)
      }
      // What follows is read in any case, for its findings.
      var read = Extras()
      for entry in entries {
        let value = entry.value
        switch entry.key.value {
        case "vault", "folder": break
        case "tags": read.tags = tags(value)
        case "mfa": read.mfa = line(value, "`mfa`")
        case "approval": read.approval = line(value, "`approval`")
        case "secrets": read.secrets = secrets(value)
        case "previously": read.previously = names(value, "`previously`", each: "a name of a sharing group")
        default: unknownKey(entry.key, known: Self.sharingGroupKeys, in: what)
        }
      }
      guard let vault, let folder else { return }
      var group = SharingGroup(name: name, vault: vault, folder: folder)
      group.tags = read.tags
      group.mfa = read.mfa
      group.approval = read.approval
      group.secrets = read.secrets
      group.previously = read.previously
      policy.sharingGroups[name.value] = group
    }
  }

  /// What a sharing group holds beside its vault and folder.
  private struct Extras {
    var tags: [Located<String>] = []
    var mfa: Located<String>?
    var approval: Located<String>?
    var secrets: [SharingGroup.Secret] = []
    var previously: [Located<ResourceName>] = []
  }

  func tags(_ node: Node) -> [Located<String>] {
    lines(node, "`tags`").filter { tag in
      if PolicyTagName(validating: tag.value) != nil { return true }
      report(
        .invalidName, "`\(tag.value.clipped)` is not a name", at: tag.span, label: "not a tag",
        help: "names are made of \(Self.nameForm)")
      return false
    }
  }

  private func vaultFolder(_ node: Node) -> Located<String>? {
    guard let text = line(node, "`folder`") else { return nil }
    guard text.value.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({ Self.isComponent($0) }) else {
      report(
        .unsafePath, "a vault has no folder `\(text.value.clipped)`", at: text.span, label: "not a folder's path",
        help: "write a relative path whose parts begin with a letter or digit, then letters, digits, `.`, `_` and `-`")
      return nil
    }
    return text
  }

  /// `[A-Za-z0-9][A-Za-z0-9._-]*`, short enough for a file name with an extension.
  private static func isComponent(_ text: Substring) -> Bool {
    func isAlphanumeric(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: false
      }
    }
    guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= 200 else { return false }
    return text.utf8.allSatisfy {
      isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
    }
  }

  private func secrets(_ node: Node) -> [SharingGroup.Secret] {
    guard let entries = mappingOrBlank(node, "`secrets`") else { return [] }
    return entries.compactMap { entry in
      guard Self.isComponent(Substring(entry.key.value)) else {
        report(
          .invalidName, "`\(entry.key.value.clipped)` is not a name", at: entry.key.span,
          label: "not a name of a secret",
          help: "begin with a letter or digit, then letters, digits, `.`, `_` and `-`")
        return nil
      }
      let what = "secret `\(entry.key.value)`"
      guard let fields = mappingOrBlank(entry.value, what) else { return nil }
      var secret = SharingGroup.Secret(name: entry.key)
      for field in fields {
        switch field.key.value {
        case "kind": secret.kind = line(field.value, "`kind`")
        case "rotate-every": secret.rotateEvery = duration(field.value, "`rotate-every`")
        default: unknownKey(field.key, known: ["kind", "rotate-every"], in: what)
        }
      }
      return secret
    }
  }
}

enum PolicyTag {}
/// Tags have the form of names, so that a rule's match can name them.
typealias PolicyTagName = Identifier<PolicyTag>
