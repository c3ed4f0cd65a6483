import Glibc
import Testing
import WritSystem
import WritTestSupport

/// The examples for git servers are what people copy, so they are run.
@Suite struct `The CI examples` {
  @Test(arguments: CIExamples.all) func `put nothing of a proposal into a command`(path: String) throws {
    let root = try CIExamples.yaml(path)
    let scripts = root.texts(of: "run") + root.texts(of: "script")
    #expect(!scripts.isEmpty)
    let scratch = try Scratch()
    for script in scripts {
      // What an expression of the server's puts there is text of whoever wrote the proposal.
      #expect(!script.contains("${{"), "\(script)")
      try FileContents.replace(scratch.path + "/script", with: Array(script.utf8), mode: 0o644)
      let checked = try Program("/usr/bin/bash", ["-n", scratch.path + "/script"]).run()
      #expect(checked.succeeded, "\(script)\n\(checked.errorText)")
    }
  }

  @Test func `use commands and options that there are`() throws {
    let world = try World()
    let texts =
      try CIExamples.all.map(CIExamples.text)
      + (try ["server/hooks/pre-receive", "server/writ-run"].map(CIExamples.text))
    let commands = Set(
      texts.joined(separator: "\n").matches(of: #/\b(?:writ|look) ([a-z]+)( --[a-z-]+)?/#).map {
        "\($0.1)\($0.2 ?? "")"
      })
    #expect(commands.count > 6)
    for command in commands.sorted() where !["is", "trusts"].contains(command) {
      let words = command.split(separator: " ").map(String.init)
      let help = try world.run(World.writ, ["help", words[0]])
      #expect(help.status == 0, "\(command)")
      if words.count > 1 { #expect(help.output.contains(words[1]), "\(command)") }
    }
  }

  private func proposal() throws -> (World, [String: String]) {
    let world = try World()
    let base = try world.commit(World.small, "Begin")
    let head = try world.commit(World.changed([("roles: [guest]", "roles: [member]")]), "Let cas in")
    let summary = world.scratch.path + "/summary"
    return (
      world,
      [
        "BASE": base, "HEAD": head, "GITHUB_STEP_SUMMARY": summary, "GITHUB_REPOSITORY": "lab/policy", "NUMBER": "7",
        "GITHUB_OUTPUT": world.scratch.path + "/output",
      ]
    )
  }

  private func calls(_ world: World) throws -> [String] {
    String(decoding: try FileContents.read(world.calls), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func `GitHub: a proposal is checked and gets one comment, which is kept up to date`() throws {
    let (world, variables) = try proposal()
    let steps = try CIExamples.steps("review", "review")
    for name in ["Validate", "Test", "Compare", "Approvals"] {
      let run = try world.step(try #require(steps[name]), variables)
      #expect(run.status == 0, "\(name): \(run.output)\(run.errors)")
    }
    let comment = String(decoding: try FileContents.read(world.lab + "/comment.md"), as: UTF8.self)
    #expect(comment.hasPrefix("<!-- writ-diff ") && comment.contains("`cas`"))
    let step = try #require(steps["Comment"])
    #expect(try world.step(step, variables).status == 0)
    #expect(
      try calls(world).last?.hasPrefix("gh api --method POST repos/lab/policy/issues/7/comments -F body=@comment.md")
        == true)
    #expect(try world.step(step, variables, answer: "42").status == 0)
    #expect(
      try calls(world).last?.hasPrefix("gh api --method PATCH repos/lab/policy/issues/comments/42 -F body=@comment.md")
        == true)
    // A policy with a mistake stops the job, with the mistake beside its line.
    let broken = try world.commit(World.changed([("roles: [guest]", "roles: [gest]")]), "Mistype")
    let run = try world.step(try #require(steps["Validate"]), variables.merging(["HEAD": broken]) { $1 })
    #expect(run.status == 3 && run.output.hasPrefix("::error file=policies/policy.yaml,line="))
  }

  @Test(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
  func `GitHub: what is merged is applied, and drift opens an issue`() throws {
    let world = try World.withSmallPolicy()
    try world.expect(0, "apply", "--bootstrap")
    let key = String(decoding: try FileContents.read(world.keys + "/ann"), as: UTF8.self)
    let variables = [
      "RUNNER_TEMP": world.scratch.path, "RUNNER": "job 1", "WRIT_KEY": key, "WRIT_IDENTITY": key,
      "GITHUB_OUTPUT": world.scratch.path + "/output", "GITHUB_REPOSITORY": "lab/policy",
    ]
    let apply = try CIExamples.steps("apply", "apply")
    try world.commit(World.changed([("roles: [guest]", "roles: [member]")]), "Let cas in")
    for name in ["Keys", "Apply", "Take away what ended"] {
      let run = try world.step(try #require(apply[name]), variables)
      #expect(run.status == 0, "\(name): \(run.output)\(run.errors)")
    }
    var status = stat()
    #expect(stat(world.scratch.path + "/writ-key", &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(try world.members("readers") == ["ann", "bob", "cas"])
    #expect(try world.step(try #require(apply["Forget the keys"]), variables).status == 0)
    #expect(stat(world.scratch.path + "/writ-key", &status) != 0)
    let drift = try CIExamples.steps("drift", "drift")
    let look = try #require(drift["Look"])
    #expect(try world.step(look, variables).status == 0)
    #expect((try? FileContents.read(world.scratch.path + "/output")) == nil)
    // Somebody lets himself in by hand.
    let group = String(decoding: try FileContents.read(world.host + "/etc/group"), as: UTF8.self)
    try FileContents.replace(
      world.host + "/etc/group", with: Array(group.replacing("ann,bob,cas", with: "ann,bob,cas,tree-owner").utf8),
      mode: 0o644)
    #expect(try world.step(look, variables).status == 0)
    #expect(String(decoding: try FileContents.read(world.scratch.path + "/output"), as: UTF8.self) == "found=yes\n")
    #expect(try world.step(try #require(drift["Open an issue"]), variables).status == 0)
    #expect(try calls(world).last?.contains("issue create --repo lab/policy") == true)
    let issue = String(decoding: try FileContents.read(world.lab + "/issue.md"), as: UTF8.self)
    #expect(issue.split(separator: "\n").allSatisfy { $0.hasPrefix("    ") } && issue.contains("tree-owner"))
  }

  @Test func `GitLab: a proposal is checked and gets its note`() throws {
    let (world, found) = try proposal()
    let variables = [
      "CI_COMMIT_SHA": found["HEAD"] ?? "", "CI_MERGE_REQUEST_DIFF_BASE_SHA": found["BASE"] ?? "",
      "CI_API_V4_URL": "https://git.example.com/api/v4", "CI_PROJECT_ID": "3", "CI_MERGE_REQUEST_IID": "7",
      "WRIT_TOKEN": "secret", "HOME": world.scratch.path + "/home", "GIT_CONFIG_GLOBAL": world.scratch.path + "/config",
    ]
    // The small policy is not laid out as `fmt` does it, and jq need not be there.
    let script = try CIExamples.script("review").replacing("writ fmt --check", with: "true")
    guard access("/usr/bin/jq", X_OK) == 0 else {
      let lines = script.split(separator: "\n").prefix { !$0.hasPrefix("notes=") }.joined(separator: "\n")
      #expect(try world.step(lines, variables).status == 0)
      return
    }
    let run = try world.step(script, variables, answer: "[]")
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(try calls(world).last?.contains("--request POST") == true)
    let notes = #"[{"id":5,"body":"hello"},{"id":9,"body":"<!-- writ-diff {} -->"}]"#
    #expect(try world.step(script, variables, answer: notes).status == 0)
    #expect(try calls(world).last?.contains("--request PUT") == true)
    #expect(try calls(world).last?.contains("/merge_requests/7/notes/9 ") == true)
    #expect(try world.step(CIExamples.script("approvals"), variables).status == 0)
  }

  private func server() throws -> World {
    let world = try World()
    let bare = world.scratch.path + "/server.git"
    try world.repository.git("init", "-q", "--bare", "-b", "main", bare)
    try FileContents.replace(
      bare + "/hooks/pre-receive", with: Array(try CIExamples.text("server/hooks/pre-receive").utf8), mode: 0o755)
    try world.repository.git(in: bare, "config", "writ.program", World.writ)
    try world.repository.git("remote", "add", "origin", bare)
    return world
  }

  /// Pushes, and gives git's status with what the hook said.
  private func push(_ world: World, _ arguments: String...) throws -> World.Run {
    try world.run("/usr/bin/git", ["push"] + arguments)
  }

  @Test func `a server's hook takes a good push and refuses others, with the reason`() throws {
    let world = try server()
    try world.commit(World.small, "Begin")
    let first = try push(world, "origin", "main")
    #expect(first.status == 0, "\(first.errors)")
    try world.commit(World.changed([("roles: [guest]", "roles: [member]")]), "Let cas in")
    let second = try push(world, "origin", "main")
    #expect(second.status == 0 && second.errors.contains("remote:   + cas"), "\(second.errors)")
    try world.commit(World.changed([("roles: [guest]", "roles: [gest]")]), "Mistype")
    let broken = try push(world, "origin", "main")
    #expect(broken.status == 1 && broken.errors.contains("refused: the policy is invalid"), "\(broken.errors)")
    #expect(broken.errors.contains("unknown-role"))
    try world.repository.git("reset", "-q", "--hard", "HEAD~1")
    let failing = World.small + "tests: [{ name: nobody, who: { role: member }, cannot: { envs: read } }]\n"
    try world.commit(failing, "Promise too much")
    #expect(try push(world, "origin", "main").errors.contains("refused: the policy fails its own tests"))
    try world.repository.git("reset", "-q", "--hard", "HEAD~2")
    #expect(try push(world, "--force", "origin", "main").errors.contains("only grows, and is never forced"))
    #expect(try push(world, "origin", ":main").status == 1)
    try world.repository.git("branch", "writ/ledger")
    #expect(try push(world, "origin", "writ/ledger").status == 0)
    #expect(try push(world, "origin", ":writ/ledger").errors.contains("refs/heads/writ/ledger is never deleted"))
    // Other branches are nobody's business.
    try world.commit("people: [\n", "Try something")
    #expect(try push(world, "origin", "HEAD:try").status == 0)
  }

  @Test(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
  func `a server's timers apply, revoke and report`() throws {
    let world = try server()
    world.repository.time = Int64(time(nil)) - 86400
    try world.commit(World.small, "Begin")
    try world.makeHost()
    try world.makeProgram("/opt/bin/update")
    try world.use("ann")
    #expect(try push(world, "origin", "main").status == 0)
    try world.repository.git("fetch", "-q", "origin")
    try world.expect(0, "apply", "--bootstrap")
    let clone = world.scratch.path + "/runner"
    try world.repository.git("clone", "-q", world.scratch.path + "/server.git", clone)
    for setting in ["writ.key", "writ.identity"] {
      try world.repository.git(in: clone, "config", setting, world.keys + "/ann")
    }
    try world.commit(World.changed([("roles: [guest]", "roles: [member]")]), "Let cas in")
    #expect(try push(world, "origin", "main").status == 0)
    let run = CIExamples.folder + "/server/writ-run"
    let applied = try world.step("'\(run)' apply '\(clone)'", [:])
    #expect(applied.status == 0 && applied.output.contains("applied:"), "\(applied.output)\(applied.errors)")
    #expect(try world.members("readers") == ["ann", "bob", "cas"])
    let again = try world.step("'\(run)' apply '\(clone)'", [:])
    #expect(again.status == 0 && again.output == "")
    #expect(try world.step("'\(run)' revoke '\(clone)'", [:]).status == 0)
    let quiet = try world.step("'\(run)' drift '\(clone)'", [:])
    #expect(quiet.status == 0, "\(quiet.output)\(quiet.errors)")
    #expect(try world.step("'\(run)' nothing '\(clone)'", [:]).status == 64)
  }
}
