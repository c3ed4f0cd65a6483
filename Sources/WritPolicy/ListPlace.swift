internal import WritSyntax

/// A section of the policy, or a list within one entry of it: `people`, or `roles` of `wang.fang`.
public struct ListPlace: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// As written at the top of a file.
  public var section: String
  /// Name of the entry; nil for the section itself, and in `settings` and `guards`, which have no entries.
  public var entry: String?
  /// The key that the list stands behind; nil for the section itself.
  public var key: String?

  public init(_ section: String, entry: String? = nil, key: String? = nil) {
    self.section = section
    self.entry = entry
    self.key = key
  }

  /// "`roles` of `wang.fang`", "`vaults` of `settings`", "section `people`"
  public var description: String {
    guard let key else { return "section `\(section)`" }
    return "`\(key)` of `\(entry ?? section)`"
  }

  public static func < (a: ListPlace, b: ListPlace) -> Bool {
    (a.section, a.entry ?? "", a.key ?? "") < (b.section, b.entry ?? "", b.key ?? "")
  }
}

extension Policy {
  /// How many entries each section and list has that holds any. What is not in it is empty or left out, which
  /// ``emptyLists`` tells apart.
  public var listSizes: [ListPlace: Int] {
    var sizes: [ListPlace: Int] = [:]
    func add(_ section: String, _ entry: String?, _ key: String?, _ count: Int) {
      if count > 0 { sizes[ListPlace(section, entry: entry, key: key)] = count }
    }
    for (section, count) in sectionSizes { add(section, nil, nil, count) }
    add("settings", nil, "vaults", settings.vaults.count)
    add("settings", nil, "internal-networks", settings.internalNetworks.count)
    add("guards", nil, "administrator-roles", guards.administratorRoles.count)
    for host in hosts.values {
      add("hosts", host.name.value.text, "labels", host.labels.count)
      add("hosts", host.name.value.text, "host-keys", host.hostKeys.count)
    }
    for person in people.values {
      add("people", person.name.value.text, "roles", person.roles.count)
      add("people", person.name.value.text, "ssh-keys", person.sshKeys.count)
    }
    for account in serviceAccounts.values {
      add("service-accounts", account.name.value.text, "roles", account.roles.count)
    }
    for role in roles.values {
      add("roles", role.name.value.text, "includes", role.includes.count)
      add("roles", role.name.value.text, "allow", role.allow.count)
      add("roles", role.name.value.text, "deny", role.deny.count)
    }
    for group in sharingGroups.values {
      add("sharing-groups", group.name.value.text, "tags", group.tags.count)
      add("sharing-groups", group.name.value.text, "secrets", group.secrets.count)
    }
    for resource in resources.values { add("resources", resource.name.value.text, "tags", resource.tags.count) }
    return sizes
  }

  private var sectionSizes: [(String, Int)] {
    [
      ("hosts", hosts.count), ("people", people.count), ("service-accounts", serviceAccounts.count),
      ("roles", roles.count), ("sharing-groups", sharingGroups.count), ("resources", resources.count),
      ("grants", grants.count), ("expiry-rules", expiryRules.count), ("separation-rules", separationRules.count),
      ("approval-rules", approvalRules.count), ("tests", tests.count),
    ]
  }
}
