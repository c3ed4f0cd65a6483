import Testing
import WritHistory
import WritPolicy
import WritTestSupport

private let people = """
  people:
    li.na: { name: 李娜, email: Li.Na@example.com, account: lina, ssh-keys: ["\(keys[0])"] }
    bob: { name: Bob Stone, email: bob@example.com, ssh-keys: ["\(keys[1])"] }
    mallory: { email: mallory@example.com }
    robert: { name: Bob Stone, email: robert@example.com }
    wang.fang: { previously: [wang.f], email: wang.fang@example.com }
  service-accounts:
    agent: { owner: bob, email: agent@example.com }
    lander: { owner: bob, email: lander@example.com }

  """

/// Two well-formed public keys of nobody's.
private let keys = ["A", "B"].map { "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + String(repeating: $0, count: 43) }

private func policy(_ text: String = people) throws -> Policy {
  let history = MemoryHistory(commits: [.init(time: start, files: ["p/a.yaml": text])])
  switch history.source().state(of: history.line().commits[0]) {
  case .readable(let snapshot): return snapshot.policy
  case .unreadable(let problem): throw Unreadable(problem: problem)
  }
}

private struct Unreadable: Error { var problem: String }

private func name(_ text: String) -> PrincipalName {
  guard let name = PrincipalName(validating: text) else { preconditionFailure("no name: \(text)") }
  return name
}

/// `@NAME` is a principal, `#KEY` a key, `A => B` a mailbox with what the mailmap makes of it.
private func identity(_ text: String) -> Identity {
  if text.hasPrefix("@") { return .principal(name(String(text.dropFirst()))) }
  if text.hasPrefix("#") { return .key(String(text.dropFirst())) }
  let halves = text.split(separator: " => ")
  return .mailbox(Mailbox(halves.first ?? ""), mapped: halves.count == 2 ? Mailbox(halves[1]) : nil)
}

@Suite struct `Identities` {
  @Test(arguments: [
    ("Name <a@b>", "Name", "a@b"), ("  Name  < a@b > tail", "Name", "a@b"), ("<a@b>", "", "a@b"), ("a@b", "", "a@b"),
    ("li.na", "li.na", ""), ("", "", ""), ("<>", "", ""), ("Name <", "Name", ""), ("A B", "A B", ""),
  ])
  func `are read as git writes them`(_ text: String, _ name: String, _ email: String) {
    #expect(Mailbox(text) == Mailbox(name: name, email: email))
  }

  @Test(arguments: [
    ("@li.na", "li.na"), ("@wang.f", "wang.fang"), ("@nobody", "-"), ("X <li.na@EXAMPLE.com>", "li.na"),
    ("#\(keys[1])", "bob"), ("#\(keys[1]) a comment", "bob"), ("#ssh-ed25519 AAAA", "-"),
    // A name counts where there is no e-mail, as in `Reviewed-by: bob`.
    ("bob", "bob"), ("BOB", "bob"), ("wang.f", "wang.fang"),
    // The policy comes first, whatever the mailmap says.
    ("M <mallory@example.com> => B <bob@example.com>", "mallory"),
    ("x <x@elsewhere.org> => B <bob@example.com>", "bob"),
    // What only looks alike.
    ("x <bob@elsewhere.org>", "bob?"), ("x <bob+git@example.com>", "bob?"),
    ("x <77+li-na@users.noreply.github.com>", "li.na?"), ("x <lina@elsewhere.org>", "li.na?"),
    ("李娜 <x@y.org>", "li.na?"), ("Li Na <x@y.org>", "li.na?"), ("bob  stone <x@y.org>", "bob?robert?"),
    ("x <mallory@home.org> => B <bob@example.com>", "bob?mallory?"),
    ("Somebody Else <else@y.org>", "-"), ("<>", "-"), ("", "-"),
  ])
  func `are somebody of the policy's, or alike, or nobody`(_ text: String, _ expected: String) throws {
    let found: String =
      switch KnownIdentities(try policy()).person(identity(text)) {
      case .known(let name): name.text
      case .ambiguous(let names): names.map { $0.text + "?" }.joined()
      case .unknown: "-"
      }
    #expect(found == expected, "\(text)")
  }

  @Test(arguments: [
    ("@li.na", "X <li.na@example.com>", IdentityComparison.same),
    ("#\(keys[1])", "bob@EXAMPLE.COM", .same),
    ("@li.na", "@bob", .different), ("@bob", "@robert", .different),
    ("@bob", "@agent", .oneHand), ("@agent", "@lander", .oneHand), ("@agent", "@li.na", .different),
    ("@agent", "bob@elsewhere.org", .ambiguous),
    ("@bob", "bob@elsewhere.org", .ambiguous), ("@bob", "x@elsewhere.org", .different),
    ("bob@elsewhere.org", "li.na@elsewhere.org", .different),
    // Nobody known, and yet the same.
    ("A <a@x>", "B <A@X>", .same), ("A <a@x> => C <c@x>", "B <b@x> => C <c@x>", .same),
    ("A <a@x>", "A <a@y>", .ambiguous), ("A B <a@x>", "a b <b@x>", .ambiguous), ("A <a@x>", "B <b@x>", .different),
    ("bob@elsewhere.org", "Bob <bob@elsewhere.org>", .same),
    // Nothing is said, so nothing is known.
    ("<>", "@bob", .ambiguous), ("<>", "<>", .ambiguous), ("#unknown key", "@bob", .ambiguous),
    ("#unknown key", "#unknown key", .same), ("@gone", "@gone", .same), ("@gone", "@other", .different),
  ])
  func `are compared as people`(_ a: String, _ b: String, _ expected: IdentityComparison) throws {
    let known = KnownIdentities(try policy())
    #expect(known.comparison(identity(a), identity(b)) == expected, "\(a) / \(b)")
    #expect(known.comparison(identity(b), identity(a)) == expected, "\(b) / \(a)")
  }

  @Test func `one e-mail or key in two people is ambiguous`() throws {
    let before = try policy("people:\n  bob: { email: b@x, ssh-keys: [\"\(keys[0])\"] }\n  eve: { email: e@x }\n")
    let after = try policy("people:\n  bob: { email: b2@x }\n  eve: { email: b@x, ssh-keys: [\"\(keys[0])\"] }\n")
    let known = KnownIdentities([before, after])
    for text in ["B@x", "#\(keys[0])"] {
      #expect(known.person(identity(text)) == .ambiguous([name("bob"), name("eve")]))
      #expect(known.comparison(identity(text), identity(text)) == .ambiguous)
      #expect(known.comparison(identity(text), identity("@eve")) == .ambiguous)
    }
    #expect(known.person(identity("b2@x")) == .known(name("bob")))
  }

  @Test func `a rename is one person, and taking over somebody else's name is not settled`() throws {
    let before = try policy("people:\n  bob: { email: b@x }\n  eve: { email: e@x }\n")
    let renamed = try policy("people:\n  rob: { previously: [bob], email: r@x }\n  eve: { email: e@x }\n")
    let known = KnownIdentities([before, renamed])
    #expect(known.comparison(identity("b@x"), identity("r@x")) == .same)
    #expect(known.comparison(identity("@bob"), identity("@eve")) == .different)
    let taken = try policy("people:\n  eve: { previously: [bob], email: e@x }\n")
    for order in [[before, taken], [taken, before]] {
      #expect(KnownIdentities(order).comparison(identity("@bob"), identity("@eve")) == .ambiguous)
      #expect(KnownIdentities(order).comparison(identity("b@x"), identity("e@x")) == .ambiguous)
    }
    #expect(KnownIdentities(taken).comparison(identity("@bob"), identity("e@x")) == .same)
    let back = try policy("people:\n  bob: { previously: [rob], email: b@x }\n")
    for order in [[renamed, back], [back, renamed]] {
      #expect(KnownIdentities(order).comparison(identity("@bob"), identity("r@x")) == .same)
    }
  }

  /// Whatever strings are compared: the order and the case of letters do not matter, and everybody is himself.
  @Test(arguments: 0..<20) func `are compared alike in either order and case`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let words = ["", "bob", "Bob Stone", "li.na", "x"]
    let domains = ["", "@example.com", "@elsewhere.org"]
    func any() -> String {
      let who = words.randomElement(using: &random) ?? ""
      let mail = (words.randomElement(using: &random) ?? "").split(separator: " ").joined()
      return "\(who) <\(mail)\(domains.randomElement(using: &random) ?? "")>"
    }
    let known = KnownIdentities(try policy())
    for _ in 0..<100 {
      let (a, b) = (any(), any())
      let found = known.comparison(identity(a), identity(b))
      #expect(known.comparison(identity(b), identity(a)) == found, "\(a) / \(b)")
      #expect(known.comparison(identity(a.uppercased()), identity(b)) == found, "\(a) / \(b)")
      let own = known.comparison(identity(a), identity(a))
      #expect(own == .same || own == .ambiguous, "\(a)")
    }
  }
}
