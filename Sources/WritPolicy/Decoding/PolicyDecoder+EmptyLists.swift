internal import WritSyntax

/// A list that is left out and one that is empty mean the same for access, and not for whoever wrote them: which it is
/// gets kept, so that a review can tell a section that was lost in a merge from one that was emptied.
extension PolicyDecoder {
  /// Notes every section and list that is written and holds nothing.
  func findEmptyLists(_ sections: [Section: [Node.Entry]]) {
    for (section, parts) in sections {
      let name = section.rawValue
      if parts.allSatisfy(\.value.isEmptyList) { policy.emptyLists.insert(ListPlace(name)) }
      for part in parts {
        // `{}` and `[]` say it; nothing behind the colon is what an accident looks like.
        if part.value.isBlank { reportEmpty(ListPlace(name), part.key) }
        guard case .mapping(let entries) = part.value.content else { continue }
        switch section {
        case .settings, .guards: findEmptyLists(in: entries, name, nil)
        case .hosts, .people, .serviceAccounts, .roles, .sharingGroups, .resources, .baselines:
          for entry in entries {
            if case .mapping(let keys) = entry.value.content { findEmptyLists(in: keys, name, entry.key.value) }
          }
        default: continue
        }
      }
    }
  }

  private func findEmptyLists(in keys: [Node.Entry], _ section: String, _ entry: String?) {
    for key in keys where key.value.isEmptyList {
      let place = ListPlace(section, entry: entry, key: key.key.value)
      policy.emptyLists.insert(place)
      // What must not be blank, and a resource on no host, is an error already; a role that gives nothing has its own
      // warning; and an empty mapping of vaults is how a policy without any begins.
      let isSaid = section == "roles" || ["vaults", "hosts"].contains(key.key.value)
      if !isSaid, !key.value.isBlank || key.key.value == "secrets" { reportEmpty(place, key.key) }
    }
  }

  private func reportEmpty(_ place: ListPlace, _ key: Located<String>) {
    report(
      .emptyList, "\(place) holds nothing", at: key.span, label: "nothing in it",
      help: "leave the key out where nothing is meant to be said", severity: .note)
  }
}

extension Node {
  /// Nothing is written, or a list or mapping without entries.
  fileprivate var isEmptyList: Bool {
    switch content {
    case .scalar: isBlank
    case .sequence(let items): items.isEmpty
    case .mapping(let entries): entries.isEmpty
    }
  }
}
