internal import Glibc
internal import WritApply
internal import WritPlan
internal import WritPolicy

extension ProofSession {
  /// Asks sshd about every account: whom its lists let in, which keys it would take, and whether the account may be used.
  func askLogins() {
    do throws(HostError) {
      try HostView.open(root) { () throws(HostError) in
        guard access(SshdAnswers.program, X_OK) == 0 else {
          throw .refused(tool: "sshd", complaint: "it is not installed")
        }
        let questioner = LoginQuestioner(
          database: database, now: now, hostKey: root.isMachine ? nil : HostView.hostKey)
        for account in accounts {
          do throws(HostError) {
            compare(account, try questioner.answer(for: account))
          } catch { fail("login of \(account.name.visible)", "\(error)") }
        }
      }
    } catch { fail("logins", "\(error)") }
  }

  private var ssh: String { promise.login.resources.first.map { "\($0):ssh" } ?? "ssh" }

  private func compare(_ account: ProofAccount, _ answer: LoginAnswer) {
    let given = promise.login.keys[account.name]
    let pipelines = promise.pipelines.filter { $0.account == account.name }
    if let given { compareGiven(account, given, answer) }
    for pipeline in pipelines { compare(account, pipeline, answer) }
    count()
    guard answer.refusal == nil else { return }
    // What is left of the ways in is for nobody.
    let promised = (given ?? []).union(pipelines.map(\.key))
    for key in answer.keys where !promised.contains(key.key) {
      judge(account, ssh, isGiven: false, isSo: true, "by \(Self.short(key.key)), which the policy does not name")
    }
    for way in answer.otherWays { judge(account, ssh, isGiven: false, isSo: true, "by \(way)") }
    for reason in answer.untold { fail("login of \(account.name.visible)", reason) }
  }

  private func compareGiven(_ account: ProofAccount, _ keys: Set<String>, _ answer: LoginAnswer) {
    count(max(1, keys.count))
    func refuse(_ reason: String) { judge(account, ssh, isGiven: true, isSo: false, reason) }
    if let reason = answer.refusal ?? answer.shellFault { return refuse(reason) }
    if let command = answer.forcedCommand { return refuse("ForceCommand runs \(command.visible)") }
    if keys.isEmpty { return refuse("the policy names no key") }
    for key in keys.sorted() {
      let lines = answer.keys.filter { $0.key == key }
      if lines.isEmpty {
        refuse("\(Self.short(key)) is in no file that sshd reads, or is over")
      } else if lines.allSatisfy({ $0.has("command") }) {
        refuse("\(Self.short(key)) is forced to a command")
      }
    }
  }

  /// A pipeline's key lets in, and runs the one command, from the named networks alone.
  private func compare(_ account: ProofAccount, _ pipeline: HostPromise.Pipeline, _ answer: LoginAnswer) {
    count(2)
    let permission = "\(pipeline.command):run"
    let lines = answer.keys.filter { $0.key == pipeline.key }
    if let reason = answer.refusal ?? answer.shellFault
      ?? (lines.isEmpty ? "\(Self.short(pipeline.key)) is in no file that sshd reads, or is over" : nil)
    {
      judge(account, permission, isGiven: true, isSo: false, "over ssh: \(reason)")
    }
    guard answer.refusal == nil else { return }
    for line in lines {
      let command = answer.forcedCommand ?? line["command"]
      if command.map({ pipeline.isForced($0) }) != true {
        judge(account, ssh, isGiven: false, isSo: true, "by its key, which is not forced to \(pipeline.command)")
      }
      if !line.forwardsNothing, !answer.forwardsNothing {
        judge(account, ssh, isGiven: false, isSo: true, "by its key, which may forward connections")
      }
      let networks = Set(line["from"]?.split(separator: ",").map(String.init) ?? [])
      if networks != pipeline.networks {
        judge(account, ssh, isGiven: false, isSo: true, "by its key from other networks than the policy names")
      }
    }
  }

  /// Enough of a key to find it: its type and end.
  static func short(_ key: String) -> String {
    let words = key.split(separator: " ")
    return "\(words.first ?? "") …\(words.last?.suffix(12) ?? "")".visible
  }
}
