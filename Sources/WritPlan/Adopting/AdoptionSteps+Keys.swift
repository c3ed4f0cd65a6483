internal import WritPolicy
internal import WritSyntax

/// Keys that somebody added to, or took out of, an account's key file.
extension AdoptionSteps {
  func keys(_ id: ObjectID, _ wanted: [String], _ seen: [String]) -> [AdoptionStep] {
    guard let principal = principal(id.name), let place = entry(principal) else {
      return [AdoptionStep("", problem: "the policy names nobody who has the account `\(visible(id.name))`")]
    }
    let (added, gone) = differing(wanted, seen)
    if policy.people[principal] == nil { return credential(principal, place, wanted, seen) }
    let present = Set(seen.compactMap { KeyLine($0)?.key })
    let known = Set(wanted.compactMap { KeyLine($0)?.key })
    var steps = gone.compactMap { line -> AdoptionStep? in
      guard let key = KeyLine(line)?.key, !present.contains(key) else { return nil }
      let found = "a key was taken out: \(KeyLine.short(key))"
      guard let written = policy.people[principal]?.sshKeys.first(where: { $0.value == key }) else {
        return AdoptionStep(found, problem: "the policy does not list that key of `\(principal)`")
      }
      return AdoptionStep(
        found,
        choices: [
          AdoptionChoice(
            [.remove(written.span)], "\(principal): ssh-keys without \(KeyLine.short(key))", .none, sensitive: "ssh key"
          )
        ], problem: "its line cannot be taken out of the list")
    }
    var taken: Set<String> = []
    for line in added {
      guard let read = KeyLine(line) else {
        let problem =
          line.hasPrefix("#")
          ? "the file is writ's own, and is put back as it was" : "it is no key that a policy can hold"
        steps.append(AdoptionStep("this line was added: \(visible(line))", problem: problem))
        continue
      }
      let found = "a key was added: \(KeyLine.short(read.key))"
      // The same key in a plainer form is no difference of the policy's.
      if known.contains(read.key), read.isAsPlainAs(wanted) { continue }
      if known.contains(read.key) || !read.isAsPlainAs(wanted) {
        // Options that somebody wrote may hold the key back, or may give it more than writ's own do.
        steps.append(
          AdoptionStep(
            "a key has other options or another comment: \(visible(line))",
            problem: "the policy has no words for options of a person's key"))
      } else if taken.insert(read.key).inserted {
        steps.append(
          AdoptionStep(
            found,
            choices: [
              AdoptionChoice(
                [.append(quotedScalar(read.key), to: place.path + ["ssh-keys"], in: place.source)],
                "\(principal): ssh-keys with \(KeyLine.short(read.key))", .none, sensitive: "ssh key")
            ], problem: "it cannot be written into its list"))
      }
    }
    return steps
  }

  /// A pipeline has one key, and its options say more than a key does: only the key may be another.
  private func credential(
    _ principal: PrincipalName, _ place: (source: SourceID, path: [String]), _ wanted: [String], _ seen: [String]
  ) -> [AdoptionStep] {
    guard let credential = policy.serviceAccounts[principal]?.credential, wanted.count == 1, seen.count == 1,
      let old = KeyLine(wanted[0]), let new = KeyLine(seen[0]), old.options == new.options
    else {
      return [AdoptionStep("its key file was changed", problem: "a service account has one key, with writ's options")]
    }
    return [
      AdoptionStep(
        "the key is another: \(KeyLine.short(new.key))",
        choices: [
          AdoptionChoice(
            [.replace(credential.key.span, quotedScalar(new.key))],
            "\(principal): credential with \(KeyLine.short(new.key))", .none, sensitive: "ssh key")
        ], problem: "the key cannot be written")
    ]
  }

  /// Whether both key files let in the same keys, and what differs is the form of the lines that were written by hand without
  /// any options: an apply gives those writ's own, which only take away.
  public static func differOnlyInForm(_ wanted: [String], _ seen: [String]) -> Bool {
    let (old, new) = (Set(wanted), Set(seen))
    let keys = seen.map { KeyLine($0)?.key }
    guard !keys.contains(nil), Set(keys) == Set(wanted.map { KeyLine($0)?.key }) else { return false }
    return new.subtracting(old).allSatisfy { KeyLine($0)?.isAsPlainAs(wanted) == true }
  }
}

/// A line of a key file, as far as adopting it needs: options as written, and a key that the policy could hold.
struct KeyLine {
  var options: String
  /// `type base64`
  var key: String
  var comment: String

  /// Nil for a comment, a fault, and what the policy language takes for no key.
  init?(_ line: String) {
    if line.hasPrefix("#") { return nil }
    var rest = line[...]
    options = ""
    if (try? PublicKeyText(line)) == nil {
      var isQuoted = false
      options = String(
        line.prefix { character in
          if character == "\"" { isQuoted.toggle() }
          return isQuoted || character != " " && character != "\t"
        })
      rest = line.dropFirst(options.count).drop { $0 == " " || $0 == "\t" }
    }
    guard let read = try? PublicKeyText(String(rest)) else { return nil }
    key = read.text
    comment = rest.split(maxSplits: 2) { $0 == " " || $0 == "\t" }.dropFirst(2).first.map(String.init) ?? ""
  }

  /// Whether its options are none, or those of writ's own lines.
  func isAsPlainAs(_ own: [String]) -> Bool { options.isEmpty || own.contains { KeyLine($0)?.options == options } }

  /// `ssh-ed25519 …` with the last characters, by which people tell keys apart.
  static func short(_ key: String) -> String {
    let words = key.split(separator: " ")
    guard words.count == 2, words[1].count > 16 else { return visible(key) }
    return "\(visible(String(words[0]))) …\(words[1].suffix(12))"
  }
}
