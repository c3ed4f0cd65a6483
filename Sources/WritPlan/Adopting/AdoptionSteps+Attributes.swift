internal import WritPolicy
internal import WritSyntax

/// Numbers, folders, ends and modes that somebody set by hand.
extension AdoptionSteps {
  func account(_ id: ObjectID, _ wanted: ObjectState, _ seen: ObjectState) -> [AdoptionStep] {
    guard let principal = principal(id.name), let place = entry(principal) else {
      return [AdoptionStep("", problem: "the policy names nobody who has the account `\(visible(id.name))`")]
    }
    let names = wanted.attributes.keys.sorted().filter { wanted[$0] != seen[$0] }
    return names.compactMap { name in
      let (old, new) = (wanted.text(name) ?? "", seen.text(name) ?? "")
      let found = "\(name) is `\(visible(new))`, not `\(visible(old))`"
      func set(_ key: String, _ value: String, _ move: AccessMove, _ sensitive: String = "") -> AdoptionStep {
        AdoptionStep(
          found,
          choices: [
            AdoptionChoice(
              [.set(value, at: place.path + [key], in: place.source)], "\(principal): \(key) \(value)", move,
              sensitive: sensitive)
          ], problem: "its entry has no room for `\(key)`")
      }
      switch name {
      case "uid":
        guard let uid = UInt32(new) else { break }
        return set("uid", String(uid), .none, "uid")
      // The group of the account has the account's number.
      case "gid" where new == seen.text("uid"): return nil
      // Whose a home folder should be is told by the number.
      case "home-folder" where wanted["uid"] != seen["uid"]: return nil
      case "home" where policy.serviceAccounts[principal] != nil: return set("home", quotedScalar(new), .none)
      case "expires":
        guard let day = Int64(new), (1...Self.lastDay).contains(day), Int64(old).map({ day < $0 }) ?? true else {
          return AdoptionStep(found, problem: "an end that was taken off, or moved away, is put back")
        }
        return set("until", "\"\(Instant(seconds: day * 86400).rfc3339)\"", .ends(principal))
      case "password" where new == "locked" || new.hasPrefix("!"):
        return AdoptionStep(found, problem: "the policy suspends a principal everywhere: write `suspended: true`")
      default: break
      }
      return AdoptionStep(found, problem: Self.unspoken[name] ?? "the policy has no words for it")
    }
  }

  /// The end of the year 9999, in days since 1970.
  private static let lastDay: Int64 = 2_932_896

  private static let unspoken = [
    "shell": "the shell follows from the logins",
    "gecos": "the comment is the principal's name",
    "home": "a person's home is /home and the account's name",
    "home-folder": "a person's home folder is private",
    "gid": "an account's group has the account's number",
    "password": "accounts have no password",
  ]

  // MARK: trees

  func tree(_ id: ObjectID, _ wanted: ObjectState, _ seen: ObjectState) -> [AdoptionStep] {
    let lines = seen.list("deviations")
    let found = resources {
      if case .tree(let tree) = $0.kind { !tree.isPersonal && tree.path.value == id.name } else { false }
    }
    guard let resource = found.first, found.count == 1 else {
      return [AdoptionStep("", problem: "a personal folder belongs to its account and is private")]
    }
    let place = (source: resource.name.span.source, path: ["resources", resource.name.value.text])
    var edits: [PolicyEdit] = []
    var words: [String] = []
    let owners = Set(lines.compactMap { Self.moved($0, "owner", to: wanted.text("owner")) })
    if let owner = owners.first, owners.count == 1 {
      let service = policy.serviceAccounts.keys.first { policy.account(of: $0) == owner }
      guard owner == "root" || service != nil else {
        return [
          AdoptionStep("its owner is `\(visible(owner))`", problem: "only root or a service account can own a tree")
        ]
      }
      edits.append(.set(service?.text ?? "root", at: place.path + ["owner"], in: place.source))
      words.append("owner \(service?.text ?? "root")")
    }
    edits += modes(lines, wanted, place, &words)
    guard !edits.isEmpty else {
      return [
        AdoptionStep(Self.summary(lines), problem: "the policy has words for one owner and for narrower modes only")
      ]
    }
    return [
      AdoptionStep(
        Self.summary(lines),
        choices: [
          AdoptionChoice(
            edits, "\(resource.name.value): \(words.joined(separator: ", "))", .none,
            sensitive: owners.isEmpty ? "" : "owner of a tree")
        ], problem: "the tree differs in more than the policy has words for")
    ]
  }

  /// Modes that everything of the tree has; the policy lets them be narrower than what follows from the permissions.
  private func modes(
    _ lines: [String], _ wanted: ObjectState, _ place: (source: SourceID, path: [String]), _ words: inout [String]
  ) -> [PolicyEdit] {
    var found: [String: String] = [:]
    for subject in ["directories", "files"] {
      let modes = Set(
        lines.compactMap { line -> String? in
          guard line.dropFirst(2).hasPrefix(subject + " ") else { return nil }
          return Self.moved(line, "mode", to: wanted.text(subject))
        })
      if let mode = modes.first, modes.count == 1 { found[subject] = mode }
    }
    guard !found.isEmpty else { return [] }
    words.append("mode " + found.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    guard case .tree(let tree)? = policy.resources.values.first(where: { $0.name.value.text == place.path.last })?.kind
    else { return [] }
    if tree.directories == nil && tree.files == nil {
      let all = ["directories", "files"].map { "\($0): \"\(found[$0] ?? wanted.text($0) ?? "")\"" }
      return [.set("{ \(all.joined(separator: ", ")) }", at: place.path + ["mode"], in: place.source)]
    }
    return found.sorted { $0.key < $1.key }.map {
      .set("\"\($0.value)\"", at: place.path + ["mode", $0.key], in: place.source)
    }
  }

  /// `NEW` of `- files owner NEW → OLD: 3 (…)`, where `OLD` is what the policy wants.
  private static func moved(_ line: String, _ what: String, to old: String?) -> String? {
    let words = line.split(separator: " ")
    guard let old, words.count >= 6, words[2] == what, words[4] == "→", words[5] == old + ":" else { return nil }
    return String(words[3])
  }

  private static func summary(_ lines: [String]) -> String {
    visible(lines.prefix(3).joined(separator: "; ")) + (lines.count > 3 ? "; …" : "")
  }

  // MARK: baselines

  func baseline(_ id: ObjectID, _ wanted: [String], _ seen: [String]) -> [AdoptionStep] {
    let found = "it says \(visible(seen.joined(separator: "; ")))"
    let (added, gone) = differing(wanted, seen)
    guard added.count == 1, gone.count == 1, wanted.count == seen.count,
      let (old, new) = Self.digits(gone[0], added[0])
    else { return [AdoptionStep(found, problem: "the policy has words for the mask and the port only")] }
    let baselines = policy.baselines(of: host)
    let spans: [SourceSpan]
    switch id.kind {
    case .umask: spans = baselines.compactMap { $0.umask?.span }
    default: spans = baselines.compactMap { $0.jupyter?.port?.span }
    }
    guard !spans.isEmpty else { return [AdoptionStep(found, problem: "no baseline of the policy says it")] }
    let word = id.kind == .umask ? "umask" : "port"
    let choice = AdoptionChoice(
      spans.map { .replace($0, id.kind == .umask ? "\"\(new)\"" : new) }, "\(word) \(new) in place of \(old)", .none,
      sensitive: id.kind == .umask ? "mask of new files" : "")
    return [AdoptionStep(found, choices: [choice], problem: "`\(word)` cannot be written")]
  }

  /// The numbers in which two lines differ; nil where they differ in anything else.
  private static func digits(_ old: String, _ new: String) -> (String, String)? {
    func parts(_ line: String) -> (String, String, String)? {
      let marks = ["umask=", ".port = "]
      guard let mark = marks.lazy.compactMap({ line.firstRange(of: $0) }).first else { return nil }
      let number = line[mark.upperBound...].prefix { $0.isASCII && $0.isNumber }
      return (String(line[..<mark.upperBound]), String(number), String(line[number.endIndex...]))
    }
    guard let a = parts(old), let b = parts(new), a.0 == b.0, a.2 == b.2, !a.1.isEmpty, !b.1.isEmpty else { return nil }
    return (a.1, b.1)
  }
}
