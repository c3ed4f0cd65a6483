internal import Testing
internal import WritSyntax

@Suite struct `Slugs` {
  @Test(arguments: Slug.allCases)
  func `are explained in sentences`(_ slug: Slug) {
    let explanation = slug.explanation
    for text in [explanation.meaning, explanation.reason, explanation.mend] {
      #expect(text.hasSuffix("."), "\(text)")
      #expect(!text.contains("  "))
    }
    #expect(!explanation.example.isEmpty)
    #expect(
      slug.rawValue.unicodeScalars.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".unicodeScalars.contains($0) })
  }

  @Test func `do not share an explanation`() {
    #expect(Set(Slug.allCases.map(\.explanation)).count == Slug.allCases.count)
  }
}

@Suite struct `Visible text` {
  @Test(arguments: [
    ("li.na", "li.na"),
    ("王芳 é", "王芳 é"),
    ("a\u{1b}[31mb", #"a\u{1b}[31mb"#),
    ("a\nb\tc\rd", #"a\nb\tc\rd"#),
    ("a\r\nb", #"a\r\nb"#),
    ("a\u{202e}b\u{2066}c", #"a\u{202e}b\u{2066}c"#),
    ("a\u{200b}b\u{feff}", #"a\u{200b}b\u{feff}"#),
    ("a\u{85}\u{2028}", #"a\u{85}\u{2028}"#),
    ("\0\u{7f}", #"\u{0}\u{7f}"#),
    // Joined emoji and combining marks are left as they are.
    ("👩‍💻 e\u{301}", "👩‍💻 e\u{301}"),
  ])
  func `hides nothing`(_ text: String, _ shown: String) {
    #expect(visible(text) == shown)
  }

  @Test func `never holds a character that deceives`() {
    let all = (0...0x10_ffff).lazy.compactMap(Unicode.Scalar.init).filter(\.isDeceptive)
    for scalar in all {
      #expect(visible(String(scalar)).utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f })
    }
  }
}
