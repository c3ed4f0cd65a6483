import Testing
import WritSyntax
import WritYAML

let policyRules = LayoutRules(
  oneEntryALine: [["people", "*", "roles"], ["grants"]], oneKeyALine: [[], ["people"]],
  compactEntries: [["people", "*", "roles"]])

private func format(_ text: String) -> YAML.Formatted {
  let file = SourceFile(path: "p.yaml", bytes: Array(text.utf8))
  return YAML.formatted(file, id: SourceTable([file]).ids[0], rules: policyRules)
}

private func formatted(_ text: String) throws -> String {
  switch format(text) {
  case .text(let bytes): return String(decoding: bytes, as: UTF8.self)
  case .findings(let findings): throw Refused(text: "\(findings.map(\.message))")
  case .unsupported(let line, let reason): throw Refused(text: "\(line): \(reason)")
  }
}

private struct Refused: Error { var text: String }

@Suite struct `Formatting` {
  @Test func `writes one assignment a line, and keeps every comment beside what it was beside`() throws {
    #expect(
      try formatted(
        """
        # The lab.

        people: {bob: {uid: 20002,   roles: [member,"curator"]}, ann: { roles: [ member ] } }   # all of them
        roles:
            member:   # everybody


                allow:
                    conda-envs:    read   # for jobs
                # and no more
            # the last one
            guest: {}
        grants: [{to: bob, role: guest, until: 2026-12-31},
          # an exception
          {to: ann, role: guest, until: 2026-12-31}] # done
        """) == """
          # The lab.

          people:
            bob:
              uid: 20002
              roles:
                - member
                - "curator"
            ann: { roles: [member] }
            # all of them
          roles:
            member:  # everybody
              allow:
                conda-envs: read  # for jobs
              # and no more
            # the last one
            guest: {}
          grants:
            - { to: bob, role: guest, until: 2026-12-31 }
            # an exception
            - { to: ann, role: guest, until: 2026-12-31 }
            # done

          """)
  }

  @Test func `writes an assignment over several lines on one, unless that cannot be`() throws {
    #expect(
      try formatted(
        """
        people:
          bob:
            roles:
            - role: curator
              from: 2026-10-01

              until: 2026-12-31
              reason: corpus Q4
            - role: keeper
              reason: this, and that
            - role: auditor   # why
              until: 2026-12-31
            - role: writer
              reason: |
                one

                two


            # end
          ann:
        """) == """
          people:
            bob:
              roles:
                - { role: curator, from: 2026-10-01, until: 2026-12-31, reason: corpus Q4 }
                - role: keeper
                  reason: this, and that
                - role: auditor  # why
                  until: 2026-12-31
                - role: writer
                  reason: |
                    one

                    two

                # end
            ann:

          """)
  }

  @Test(
    arguments: [
      ("", ""), ("# only\n\n\n#  this  ", "# only\n\n#  this\n"), ("---\na: b\n...\n# end", "a: b\n# end\n"),
      ("a: # c\n  b", "# c\na: b\n"), ("a: [ # c\n b ]", "a: [b]  # c\n"), ("a: {\n# c\n}", "# c\na: {}\n"),
      ("a:\r\n    b: c\r\n", "a:\n  b: c\n"), ("a: 'x\n\n   y'", "a: 'x\n\n  y'\n"),
      ("a:\n- b\n# c\n- d", "a:\n  - b\n  # c\n  - d\n"), ("a:\n  - b\n# c\nd: e", "a:\n  - b\n# c\nd: e\n"),
      ("a: |+\n  x\n\n\nb: c", "a: |+\n  x\n\n\nb: c\n"),
      ("a: >-  # c\n     x\n      y\nb:", "a: >-  # c\n  x\n   y\nb:\n"),
      ("a: |\n  x", "a: |\n  x"), ("- - a\n  - b\n-\n  # c\n  d: e", "- - a\n  - b\n# c\n- d: e\n"),
      ("a: [b: c, {d: }]", "a: [{ b: c }, { d: }]\n"), ("a: [x,\n\n y]\nb: c", "a: [x, y]\nb: c\n"),
      ("? a\n: b", "a: b\n"), ("\u{feff}a: b", "a: b\n"), ("# 王芳\n王: [芳 ]", "# 王芳\n王: [芳]\n"),
      ("a: b\n\n\n\n# c\n\n\nd: e", "a: b\n\n# c\n\nd: e\n"),
    ]) func `has one form for each`(text: String, expected: String) throws
  {
    let once = try formatted(text)
    #expect(once == expected)
    #expect(try formatted(once) == expected)
  }

  @Test func `leaves alone what does not parse or nobody writes`() {
    for text in ["a: [", "a: &x b", "a: 1\na: 2", "a: *x"] {
      if case .findings(let findings) = format(text) { #expect(!findings.isEmpty) } else { Issue.record("\(text)") }
    }
    for text in ["%YAML 1.1\n---\na: b", "text", "a: |2\n   x", "? |\n  a\n: b"] {
      if case .unsupported = format(text) {} else { Issue.record("\(text)") }
    }
  }
}
