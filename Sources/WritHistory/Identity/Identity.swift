public import WritPolicy

/// Somebody as a commit, a trailer, a signature or the ledger names them. A claim, unless a signature proves it.
public enum Identity: Hashable, Sendable {
  /// By the policy's name, as signers, approvals and the ledger do.
  case principal(PrincipalName)
  /// By a public key, `type base64`.
  case key(String)
  /// As git writes people; `mapped` is what the repository's mailmap makes of it, nil where it says nothing.
  case mailbox(Mailbox, mapped: Mailbox? = nil)
}

/// A name and an e-mail, either of which may be empty: nobody checks what a commit says of its author.
public struct Mailbox: Hashable, Sendable, CustomStringConvertible {
  public var name: String
  public var email: String

  public init(name: String, email: String) {
    self.name = name
    self.email = email
  }

  /// Reads `Name <e-mail>`, `<e-mail>`, a bare e-mail, or a bare name. What follows the e-mail is ignored, as git does.
  public init(_ text: some StringProtocol) {
    if let open = text.firstIndex(of: "<") {
      let rest = text[text.index(after: open)...]
      name = Self.trimmed(text[..<open])
      email = Self.trimmed(rest.prefix { $0 != ">" })
    } else {
      let word = Self.trimmed(text)
      let isEmail = word.contains("@") && !word.contains { $0.isWhitespace }
      (name, email) = isEmail ? ("", word) : (word, "")
    }
  }

  public var description: String { email.isEmpty ? name : (name.isEmpty ? "" : name + " ") + "<\(email)>" }

  /// Without blanks around it and in lower case: logins and e-mails are compared without regard to case.
  static func folded(_ text: some StringProtocol) -> String {
    text.split { $0.isWhitespace }.joined(separator: " ").lowercased()
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    var rest = text.drop { $0.isWhitespace }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }

  /// What stands before the `@`, without what distinguishes an address of the same mailbox: `123+bob@users.noreply.github.com`,
  /// `bob+git@example.com` and `b.o.b@example.com` are all `bob`. Nil where nothing is left.
  var localPart: String? {
    var local = Self.folded(email.prefix { $0 != "@" })[...]
    if let plus = local.firstIndex(of: "+") {
      let before = local[..<plus]
      // git hosts write NUMBER+LOGIN, everybody else LOGIN+TAG.
      local = !before.isEmpty && before.allSatisfy(\.isNumber) ? local[local.index(after: plus)...] : before
    }
    return Self.squeezed(local)
  }

  /// A login or name without the marks that people put between its parts; nil where nothing is left.
  static func squeezed(_ login: some StringProtocol) -> String? {
    let letters = login.filter { !"._- ".contains($0) }
    return letters.isEmpty ? nil : String(letters)
  }
}

/// Who an identity is, among the people that policies know.
public enum IdentifiedPerson: Hashable, Sendable {
  case known(PrincipalName)
  /// One of these, and nothing says which, or perhaps none: sorted, never empty.
  case ambiguous([PrincipalName])
  /// Nobody that is known, and nobody alike.
  case unknown
}

/// Whether two identities are one person.
public enum IdentityComparison: Hashable, Sendable {
  case same
  /// Two principals in one hand: a service account and its owner, or two accounts of one owner.
  case oneHand
  /// Nothing says whether they are.
  case ambiguous
  case different

  /// For approvals: who may be the author does not approve.
  public var mayBeSame: Bool { self != .different }
}
