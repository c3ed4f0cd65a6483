public import WritPolicy
internal import WritSyntax

/// A commit that gives access and whose message names none of it: no resource, role, principal or group.
public struct SilentCommit: Sendable, Hashable {
  public var commit: CommitRef
  /// How many accesses it gives, and to how many principals.
  public var edges: Int
  public var principals: Int

  /// Nil when the message names something of what the commit gives, or when it gives nothing.
  ///
  /// - Parameters:
  ///   - message: the whole message.
  ///   - parent: what held before the commit; `difference` is from there to `head`.
  public init?(_ commit: CommitRef, message: String, _ difference: AccessDifference, head: Policy) {
    if difference.gained.isEmpty || Self.names(difference, head).contains(where: { Self.mentions(message, $0) }) {
      return nil
    }
    self.commit = commit
    edges = Set(difference.gained.map(\.key)).count
    principals = Set(difference.gained.map(\.key.principal)).count
  }

  /// Whatever a message may call what is gained.
  private static func names(_ difference: AccessDifference, _ head: Policy) -> Set<String> {
    var names: Set<String> = []
    for change in difference.gained {
      let (principal, resource) = (change.key.principal, change.key.permission.object.resource)
      names.formUnion([principal.text, head.account(of: principal), resource.text])
      if let full = head.people[principal]?.fullName?.value, !full.isEmpty { names.insert(full) }
      names.formUnion(change.derivations.flatMap { $0.roles.map(\.text) })
      names.formUnion([head.readersGroup(of: resource), head.writersGroup(of: resource)].compactMap { $0 })
      switch head.resources[resource]?.kind {
      case .unixGroup(let group): names.insert(group.value)
      case .egress: names.insert("egress")
      default: break
      }
    }
    return names
  }

  /// Whether `text` holds `name` as a word, whatever the case: `gpu` in "more gpu-login", not in "gpus" or "egpu".
  static func mentions(_ text: String, _ name: String) -> Bool {
    let (hay, needle) = (Array(text.lowercased().unicodeScalars), Array(name.lowercased().unicodeScalars))
    guard !needle.isEmpty, hay.count >= needle.count else { return false }
    return (0...(hay.count - needle.count)).contains { start in
      let end = start + needle.count
      return hay[start] == needle[0] && hay[start..<end].elementsEqual(needle)
        && !(start > 0 && isWord(hay[start - 1], beside: needle[0]))
        && !(end < hay.count && isWord(hay[end], beside: needle[needle.count - 1]))
    }
  }

  /// Chinese is written without blanks, so that only Latin letters and digits join on to a name.
  private static func isWord(_ scalar: Unicode.Scalar, beside edge: Unicode.Scalar) -> Bool {
    func isLatin(_ scalar: Unicode.Scalar) -> Bool {
      scalar.value < 0x250 && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
    }
    return isLatin(scalar) && isLatin(edge)
  }
}
