public import WritPolicy
public import WritSSHSignature
internal import WritSyntax

/// Whose approvals can count, and by which keys: the people of one policy with their ssh keys, and the signers it names.
///
/// It is made of the accepted commit, so that no change appoints its own approver.
public struct ApproverKeys: Sendable {
  /// Keys by person; only people who are active.
  private let signers: [PrincipalName: AllowedSigners]
  private let owners: [PublicKey: PrincipalName]
  /// Keys that the policy gives to two people: nobody can tell who signs with them.
  private let shared: Set<PublicKey>

  /// - Parameter signers: the policy's signers' file; of it only lines that name one person of the policy.
  public init(_ policy: Policy, signers file: AllowedSigners?, at instant: Instant) {
    var entries: [PrincipalName: [PublicKey: AllowedSigners.Entry]] = [:]
    for person in policy.people.values where policy.activity(of: person.name.value).contains(instant) {
      let name = person.name.value
      for key in person.sshKeys.compactMap({ PublicKey($0.value, comment: true) }) {
        entries[name, default: [:]][key] = AllowedSigners.Entry(principals: [name.text], key: key)
      }
    }
    for entry in file?.entries ?? [] {
      for name in entry.principals.compactMap({ PrincipalName(validating: $0) })
      where policy.people[name] != nil && policy.activity(of: name).contains(instant) {
        // The file may narrow a key that the person has in the policy as well.
        entries[name, default: [:]][entry.key] = entry
      }
    }
    var owners: [PublicKey: PrincipalName] = [:]
    var shared: Set<PublicKey> = []
    for (name, keys) in entries {
      for key in keys.keys where owners.updateValue(name, forKey: key) != nil { shared.insert(key) }
    }
    self.owners = owners
    self.shared = shared
    self.signers = entries.compactMapValues { keys in
      try? AllowedSigners(keys.values.filter { !shared.contains($0.key) })
    }
  }

  /// Every key that somebody alone has.
  public var all: Set<PublicKey> { Set(owners.keys).subtracting(shared) }

  /// Whose key it is; nil for nobody's, and for one that several people have.
  public func owner(of key: PublicKey) -> PrincipalName? { shared.contains(key) ? nil : owners[key] }

  /// The lines that say by which keys somebody signs; nil for nobody that counts.
  func signers(of name: PrincipalName) -> AllowedSigners? { signers[name] }
}
