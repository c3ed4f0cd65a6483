internal import WritHistory
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritYAML

/// Finds the `until` that a renewal has to change, and refuses whatever would have to be guessed.
struct Renewal {
  struct Options {
    var entry: String?
    var principalEnd: Bool
    var shared: Bool
    var shorten: Bool
  }

  /// The new end, as it is written and as the instant it means.
  struct End {
    var text: String
    var instant: Instant
  }

  /// One `until` to be written.
  struct Edit {
    enum Place {
      case scalar(Located<Instant>)
      /// There is none yet.
      case entry(SourceSpan)
    }
    var place: Place
    var span: SourceSpan
    var old: Instant?

    func description(in sources: SourceTable, new: String) -> String {
      "\(sources.place(of: span)): until \(old?.rfc3339 ?? "no end") → \(new)"
    }
  }

  /// A file with its old and its new bytes.
  struct ChangedFile {
    var path: String
    var old: [UInt8]
    var new: [UInt8]
  }

  let workspace: Workspace
  let before: Workspace.Reading
  let who: PrincipalName
  let wanted: Policy.Renewable
  private let shown: String

  init(workspace: Workspace, before: Workspace.Reading, principal: String, access: String) throws {
    self.workspace = workspace
    self.before = before
    let names = Names(policy: before.policy)
    who = try names.principal(principal)
    shown = visible(access)
    wanted =
      access.contains(":")
      ? .permission(try names.permission(access, of: who)) : .role(try names.role(access))
  }

  private var policy: Policy { before.policy }
  private var now: Instant { before.instant }

  /// Reads what stands after `--until`.
  func end(written text: String) throws -> End { try workspace.end(written: text, in: policy, now: now) }

  /// The scalars that have to change so that the access ends then.
  func edits(_ end: End, _ options: Options) throws -> [Edit] {
    let place = try chosen(options.entry)
    if case .grant(let others) = place.kind, !others.isEmpty, !options.shared {
      throw CommandFailure(
        "the grant at \(self.place(place.entry)) is also \(others.map(\.text).joined(separator: ", "))'s",
        hint: "`--shared` changes it for all of them; or write a grant of its own")
    }
    let own = policy.term(of: who).until
    let present = min(place.end, own?.value ?? .distantFuture)
    if present == end.instant {
      throw CommandFailure("it ends at \(present.rfc3339) already; nothing was changed")
    }
    if end.instant < present {
      guard options.shorten else {
        let words = present == .distantFuture ? "no end" : "its end at \(present.rfc3339)"
        throw CommandFailure(
          "\(end.instant.rfc3339) is earlier than \(words)", hint: "`--shorten` allows that")
      }
      return [edit(place)]
    }
    var edits = place.end < end.instant ? [edit(place)] : []
    if let own, own.value < end.instant {
      guard options.principalEnd else {
        throw CommandFailure(
          "everything that `\(who)` has ends at \(own.value.rfc3339) (\(self.place(own.span)))",
          hint: "`--principal-end` moves that end too, and with it the end of all else")
      }
      edits.append(Edit(place: .scalar(own), span: own.span, old: own.value))
    }
    return edits
  }

  private func edit(_ place: RenewalPlace) -> Edit {
    guard let until = place.until else { return Edit(place: .entry(place.entry), span: place.entry, old: nil) }
    return Edit(place: .scalar(until), span: until.span, old: until.value)
  }

  /// The one entry that is meant.
  private func chosen(_ entry: String?) throws -> RenewalPlace {
    let places = policy.places(of: wanted, for: who, access: before.access, at: now)
    if places.isEmpty {
      throw CommandFailure(
        .invalidPolicy, "no entry gives `\(who)` `\(shown)`, so there is nothing to renew",
        hint: "`writ why \(who) RESOURCE:OPERATION` says what is missing")
    }
    if let entry {
      let named = places.filter { self.place($0.entry) == entry || self.place($0.entry).hasPrefix(entry + ":") }
      if named.count == 1 { return named[0] }
      throw CommandFailure(
        .invalidPolicy, "`\(visible(entry))` is none of the entries that give `\(who)` `\(shown)`", hint: listed(places)
      )
    }
    if places.count == 1 { return places[0] }
    throw CommandFailure(
      "\(places.count) entries give `\(who)` `\(shown)`: which is meant?",
      hint: "name one with --entry: " + listed(places))
  }

  private func listed(_ places: [RenewalPlace]) -> String {
    places.map { place in
      let end = place.until.map { "until \($0.value.rfc3339)" } ?? "without an end"
      let what =
        switch place.kind {
        case .assignment(let role): "`\(role)`"
        case .grant: "a grant"
        }
      return "\(self.place(place.entry)) (\(what) \(end))"
    }.joined(separator: ", ")
  }

  private func place(_ span: SourceSpan) -> String { policy.sources.place(of: span) }

  // MARK: Writing

  func files(_ edits: [Edit], text: String) throws -> [ChangedFile] {
    try Dictionary(grouping: edits, by: \.span.source).sorted { $0.key < $1.key }.map { id, edits in
      let file = policy.sources[id]
      guard let root = YAML.parse(file, id: id).root else { throw unwritable(edits[0]) }
      var editor = PolicyFileEditor(file, root: root)
      for edit in edits {
        switch edit.place {
        case .scalar(let scalar): editor.replace(scalar.span, with: text)
        case .entry(let entry): guard editor.add(text, to: entry) else { throw unwritable(edit) }
        }
      }
      return ChangedFile(path: file.path, old: file.bytes, new: editor.bytes)
    }
  }

  private func unwritable(_ edit: Edit) -> CommandFailure {
    CommandFailure("`until` cannot be written at \(place(edit.span))", hint: "write the entry as a mapping first")
  }

  /// The policy with the changes in it: without errors, and with the access ending when it should.
  func validated(_ changed: [ChangedFile], _ end: End) throws -> Snapshot {
    let new = Dictionary(uniqueKeysWithValues: changed.map { ($0.path, $0.new) })
    let files = policy.sources.files.map { SourceFile(path: $0.path, bytes: new[$0.path] ?? $0.bytes) }
    let loaded = workspace.loader.load(files, at: now)
    guard let access = loaded.access else {
      let errors = loaded.findings.filter { $0.severity == .error }
      Terminal.message(
        FindingReport(errors, in: loaded.policy.sources).text(width: Terminal.width, style: Terminal.errorStyle))
      let longest = errors.first { $0.slug == .entryTooLong }.map { "\($0.help)" }
      throw CommandFailure(
        .invalidPolicy, "the policy would be invalid, so nothing was written", hint: longest ?? "")
    }
    try check(loaded.policy, access, end)
    return Snapshot(policy: loaded.policy, access: access)
  }

  /// An owner who leaves, or a deny, may end the access all the same; then the edit alone would promise too much.
  private func check(_ policy: Policy, _ access: Access, _ end: End) throws {
    var last = policy.activity(of: who).intervals.last?.end ?? .distantPast
    if case .permission(let permission) = wanted {
      last = access[EdgeKey(who, permission)]?.holds.intervals.last?.end ?? .distantPast
    }
    guard last < end.instant else { return }
    throw CommandFailure(
      "`\(who)` would still lose `\(shown)` at \(last.rfc3339), so nothing was written",
      hint: "an owner's end or a deny comes first: `writ why` says which")
  }
}
