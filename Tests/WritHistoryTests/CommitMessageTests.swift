import Testing
import WritHistory

@Suite struct `Commit messages` {
  struct Case: CustomTestStringConvertible {
    var name: String
    var message: String
    var subject: String
    var approvers: [String] = []
    var coAuthors: [String] = []
    var pullRequest: Int?
    var form = PullRequest.Form.gitHub
    var testDescription: String { name }
  }

  @Test(arguments: [
    Case(name: "subject only", message: "grant bob dev\n", subject: "grant bob dev"),
    Case(name: "empty", message: "", subject: ""),
    Case(
      name: "trailers", message: "s\n\nbody\n\nApproved-by: Li Na <li@x>\nReviewed-By: Bo\nApproved-by: Bo\n",
      subject: "s", approvers: ["Li Na <li@x>", "Bo"]),
    Case(name: "carriage returns", message: "s\r\n\r\nApproved-by: A\r\n", subject: "s", approvers: ["A"]),
    Case(name: "other breaks", message: "s\u{b}t\u{c}\u{c}Approved-by: A\n", subject: "s", approvers: ["A"]),
    Case(
      name: "breaks in text that is not ASCII", message: "ä\u{2028}t\u{85}\nApproved-by: A\r\n", subject: "ä",
      approvers: ["A"]),
    Case(name: "not in the last paragraph", message: "s\n\nApproved-by: A\n\nmore text\n", subject: "s"),
    Case(name: "the subject is no trailer", message: "Approved-by: A\n", subject: "Approved-by: A"),
    Case(name: "squash", message: "grant bob dev (#12)\n", subject: "grant bob dev (#12)", pullRequest: 12),
    Case(
      name: "merge", message: "Merge pull request #7 from a/b\n\nx\n", subject: "Merge pull request #7 from a/b",
      pullRequest: 7),
    Case(
      name: "squash after other parentheses", message: "grant (bob) dev (#12)\n", subject: "grant (bob) dev (#12)",
      pullRequest: 12),
    Case(
      name: "GitLab", message: "Merge branch 'x' into 'main' (now)\n\nWhy\n\nSee merge request lab/access!31\n",
      subject: "Merge branch 'x' into 'main' (now)", pullRequest: 31, form: .gitLab),
    Case(
      name: "Bitbucket", message: "Merged in topic (pull request #5)\n\nx\n",
      subject: "Merged in topic (pull request #5)", pullRequest: 5, form: .bitbucket),
    Case(
      name: "Bitbucket Server", message: "Merge pull request #6 in LAB/access from a to main\n",
      subject: "Merge pull request #6 in LAB/access from a to main", pullRequest: 6, form: .bitbucket),
    Case(
      name: "Bitbucket Data Center", message: "Pull request #8: let bob in\n\nx\n",
      subject: "Pull request #8: let bob in", pullRequest: 8, form: .bitbucket),
    Case(
      name: "Gerrit",
      message: "s\n\nChange-Id: I1\nReviewed-on: https://review.example.com/c/lab/+/4711\nReviewed-by: Bo\n",
      subject: "s", approvers: ["Bo"], pullRequest: 4711, form: .gerrit),
    Case(name: "not an address", message: "s\n\nReviewed-on: yesterday/4711\n", subject: "s"),
    Case(name: "not the whole line", message: "s\n\nSee merge request a!3 or so\n", subject: "s"),
    Case(name: "too long a number", message: "s (#9999999999999999)\n", subject: "s (#9999999999999999)"),
    Case(
      name: "co-authors do not approve", message: "s\n\nCo-authored-by: Bo <b@x>\nReviewed-by: Al\n", subject: "s",
      approvers: ["Al"], coAuthors: ["Bo <b@x>"]),
    Case(name: "no number", message: "see (#)\n", subject: "see (#)"),
    Case(name: "sign", message: "see (#+3)\n", subject: "see (#+3)"),
  ])
  func `say who approved and which pull request`(_ one: Case) {
    let message = CommitMessage(one.message)
    #expect(message.subject == one.subject)
    #expect(message.approvers == one.approvers)
    #expect(message.coAuthors.map(\.text) == one.coAuthors)
    #expect(message.request == one.pullRequest.map { PullRequest($0, one.form) })
  }

  @Test func `are read at both ends only, however long`() {
    let long = String(repeating: "x", count: 3 << 20)
    let message = CommitMessage("\(long)\n\n\(long)\n\nApproved-by: \(long)\nReviewed-by: Bo\n")
    #expect(message.subject.count == CommitMessage.subjectLimit + 1)
    #expect(message.approvers == ["Bo"])
    let many = (0..<1000).map { "Reviewed-by: r\($0)\n" }.joined()
    #expect(CommitMessage("s\n\n" + many).approvers.count == CommitMessage.trailerLimit)
    #expect(CommitMessage("\(long)\u{202e}").subject.count == CommitMessage.subjectLimit + 1)
  }
}
