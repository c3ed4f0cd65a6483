public import WritSyntax

extension Policy {
  /// Makes a policy of the parsed files, with everything about it that is wrong at every instant (design §2).
  ///
  /// Decoding goes on after an error: what could not be read is left out, and what refers to it is not blamed. Only a
  /// policy without error findings may be evaluated.
  ///
  /// - Parameters:
  ///   - files: each parsed file with its root; their order does not matter.
  ///   - sources: the table that the files' numbers refer to.
  ///   - zones: finds `settings.timezone`.
  /// - Returns: the findings sorted by file and line.
  public static func decode(
    files: [(SourceID, Node)], sources: SourceTable, zones: any ZoneCatalogue
  ) -> (policy: Policy, findings: [Finding]) {
    let decoder = PolicyDecoder(sources: sources, zones: zones)
    decoder.decode(files.sorted { $0.0 < $1.0 }.map(\.1))
    decoder.check()
    return (decoder.policy, decoder.findings.inOrder())
  }
}

/// Reads the located tree section by section into a ``Policy``, then checks what only the whole can tell.
///
/// It is a class so that the readers of the sections share the findings without copying them; one is used for one
/// decoding, on one thread.
final class PolicyDecoder {
  var policy: Policy
  var findings: [Finding] = []
  let zones: any ZoneCatalogue
  /// The rules of `settings.timezone`; UTC until it is read and where it is unknown.
  var zone: any ZoneRules = UTCRules()
  /// Times already read: a policy writes few different ones many times.
  var knownBeginnings: [String: Instant] = [:]
  var knownEnds: [String: Instant] = [:]
  /// Every name that is defined, also by an entry that could not be read, so that who refers to it is not blamed.
  var declared = DeclaredNames()
  var suggestions = SuggestionBook()
  /// Principals with a `uid` or a key that could not be read: they do not lack one.
  var unreadableUIDs: Set<PrincipalName> = []
  var unreadableKeys: Set<PrincipalName> = []
  /// Tags and operations of the whole policy, for the checks after decoding.
  lazy var knownTags = findTags()
  lazy var knownOperations = findOperations()

  init(sources: SourceTable, zones: any ZoneCatalogue) {
    policy = Policy(sources: sources)
    self.zones = zones
  }

  enum Section: String, CaseIterable {
    case settings, hosts, people
    case serviceAccounts = "service-accounts"
    case roles
    case sharingGroups = "sharing-groups"
    case resources, grants
    case expiryRules = "expiry-rules"
    case approvalRules = "approval-rules"
    case separationRules = "separation-rules"
    case guards
    case baselines = "host-baselines"
    case tests
  }

  func decode(_ roots: [Node]) {
    var sections: [Section: [Node.Entry]] = [:]
    for root in roots {
      guard !root.isBlank, let entries = mapping(root, "a policy file") else { continue }
      for entry in entries {
        if let section = Section(rawValue: entry.key.value) {
          sections[section, default: []].append(entry)
        } else {
          unknownKey(entry.key, known: Section.allCases.map(\.rawValue), in: "a policy file")
        }
      }
    }
    findEmptyLists(sections)
    // Settings come first: without the time zone no date is an instant.
    for section in Section.allCases {
      guard let parts = sections[section] else { continue }
      switch section {
      case .settings: once(parts).map { readSettings($0) }
      case .hosts: readHosts(parts)
      case .people: readPeople(parts)
      case .serviceAccounts: readServiceAccounts(parts)
      case .roles: readRoles(parts)
      case .sharingGroups: readSharingGroups(parts)
      case .resources: readResources(parts)
      case .grants: for part in parts { readGrants(part.value) }
      case .expiryRules: for part in parts { readExpiryRules(part.value) }
      case .approvalRules: for part in parts { readApprovalRules(part.value) }
      case .separationRules: for part in parts { readSeparationRules(part.value) }
      case .guards: once(parts).map { readGuards($0) }
      case .baselines: readBaselines(parts)
      case .tests: for part in parts { readTests(part.value) }
      }
    }
  }

  /// The first of the parts; the others are one finding each.
  private func once(_ parts: [Node.Entry]) -> Node.Entry? {
    guard let first = parts.first else { return nil }
    for other in parts.dropFirst() {
      report(
        .duplicateName, "`\(first.key.value)` is written twice", at: other.key.span, label: "again here",
        related: [.init(first.key.span, "first written here")], help: "write it in one file")
    }
    return first
  }

  func report(
    _ slug: Slug, _ message: String, at span: SourceSpan, label: String = "", related: [Finding.Related] = [],
    help: String = "", severity: Severity = .error
  ) {
    findings.append(Finding(slug, severity, message, at: span, label: label, related: related, help: help))
  }
}

/// Where each name was first defined.
struct DeclaredNames {
  var principals: [PrincipalName: SourceSpan] = [:]
  var roles: [RoleName: SourceSpan] = [:]
  /// Resources and sharing groups.
  var resources: [ResourceName: SourceSpan] = [:]
  var hosts: [HostName: SourceSpan] = [:]
  /// The first place of each label.
  var labels: [HostName: SourceSpan] = [:]
  var vaults: [VaultName: SourceSpan] = [:]
  var baselines: [BaselineName: SourceSpan] = [:]
}
