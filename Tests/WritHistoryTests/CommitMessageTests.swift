import Testing
import WritHistory

@Suite struct `Commit messages` {
  struct Case: CustomTestStringConvertible {
    var name: String
    var message: String
    var subject: String
    var approvers: [String] = []
    var pullRequest: Int?
    var testDescription: String { name }
  }

  @Test(arguments: [
    Case(name: "subject only", message: "grant bob dev\n", subject: "grant bob dev"),
    Case(name: "empty", message: "", subject: ""),
    Case(
      name: "trailers", message: "s\n\nbody\n\nApproved-by: Li Na <li@x>\nReviewed-By: Bo\nApproved-by: Bo\n",
      subject: "s", approvers: ["Li Na <li@x>", "Bo"]),
    Case(name: "carriage returns", message: "s\r\n\r\nApproved-by: A\r\n", subject: "s", approvers: ["A"]),
    Case(name: "not in the last paragraph", message: "s\n\nApproved-by: A\n\nmore text\n", subject: "s"),
    Case(name: "the subject is no trailer", message: "Approved-by: A\n", subject: "Approved-by: A"),
    Case(name: "squash", message: "grant bob dev (#12)\n", subject: "grant bob dev (#12)", pullRequest: 12),
    Case(
      name: "merge", message: "Merge pull request #7 from a/b\n\nx\n", subject: "Merge pull request #7 from a/b",
      pullRequest: 7),
    Case(name: "no number", message: "see (#)\n", subject: "see (#)"),
    Case(name: "sign", message: "see (#+3)\n", subject: "see (#+3)"),
  ])
  func `say who approved and which pull request`(_ one: Case) {
    let message = CommitMessage(one.message)
    #expect(message.subject == one.subject)
    #expect(message.approvers == one.approvers)
    #expect(message.pullRequest == one.pullRequest)
  }
}
