internal import CWritSys
internal import Glibc
internal import WritPolicy
internal import WritSystem

/// What a login as one account would meet, asked of sshd, of the key files and of the account's entry in shadow(5).
struct LoginAnswer {
  /// Why nobody gets in as the account at all; nil: whoever has a key or another way does.
  var refusal: String?
  /// Why a session could run no command; connections may be forwarded all the same.
  var shellFault: String?
  /// Lines of files that sshd accepts, whose end has not passed.
  var keys: [AuthorizedKey] = []
  /// Whether sshd itself forwards nothing for the account, whatever a key says.
  var forwardsNothing = false
  /// What sshd runs instead of what is asked for; nil: nothing.
  var forcedCommand: String?
  /// Other ways in than keys in files.
  var otherWays: [String] = []
  /// What could let somebody in and cannot be told from here.
  var untold: [String] = []
}

/// Looks at one account after the other; to be used within a ``HostView``.
struct LoginQuestioner {
  let database: AccountDatabase
  let now: Instant
  let hostKey: String?

  /// Seconds within which the kernel says whether an account can read a file.
  private static let patience: UInt32 = 30
  static let keyFileLimit = 1 << 20

  /// - Throws: ``HostError`` when sshd gives no answer.
  func answer(for account: ProofAccount) throws(HostError) -> LoginAnswer {
    let answers = try SshdAnswers(
      account: account.name, configuration: SshdConfiguration.main, hostKey: hostKey)
    var answer = LoginAnswer()
    let groups = database.groupNames.filter { account.gid == $0.key || account.groups.contains($0.key) }.map(\.value)
    answer.refusal =
      answers.refusal(of: account.name, groups: groups)
      ?? end(of: account.name, withPAM: answers.isOn("usepam")) ?? methods(answers)
    answer.shellFault = database.account(account.name).flatMap { Self.fault(ofShell: $0.shell) }
    answer.forwardsNothing = answers.isOn("disableforwarding")
    answer.forcedCommand = answers.isSet("forcecommand") ? answers["forcecommand"] : nil
    guard answer.refusal == nil else { return answer }
    if answers.isOn("pubkeyauthentication") { try readKeys(of: account, answers, &answer) }
    addOtherWays(account.name, answers, &answer)
    return answer
  }

  private func end(of account: String, withPAM: Bool) -> String? {
    let end = AccountEnd(database, account)
    if !withPAM, end.isLocked { return "its password field begins with `!`" }
    return end.refusal(at: now, withPAM: withPAM)
  }

  /// A list that asks for more than a key lets nobody in by a key alone.
  private func methods(_ answers: SshdAnswers) -> String? {
    let lists = answers.words("authenticationmethods")
    guard !lists.isEmpty, !lists.contains(where: { $0 == "any" || !$0.contains(",") }) else { return nil }
    return "AuthenticationMethods wants more than one proof"
  }

  private static func fault(ofShell shell: String) -> String? {
    let path = shell.isEmpty ? "/bin/sh" : shell
    if ["nologin", "false", "true"].contains(path.split(separator: "/").last.map(String.init)) {
      return "its shell is \(path.visible)"
    }
    return access(path, X_OK) == 0 ? nil : "its shell \(path.visible) cannot be run"
  }

  private func addOtherWays(_ account: String, _ answers: SshdAnswers, _ answer: inout LoginAnswer) {
    let end = AccountEnd(database, account)
    let asks = answers.isOn("passwordauthentication") || answers.isOn("kbdinteractiveauthentication")
    if asks, end.hasPassword, end.fields?[1].isEmpty == false || answers.isOn("permitemptypasswords") {
      answer.otherWays.append("a password")
    }
    if answers.isSet("authorizedkeyscommand") { answer.untold.append("AuthorizedKeysCommand may name keys") }
    if answers.isSet("trustedusercakeys") { answer.untold.append("TrustedUserCAKeys may sign certificates") }
    if answers.isSet("revokedkeys") { answer.untold.append("RevokedKeys may refuse keys") }
    if answers.isOn("hostbasedauthentication") { answer.untold.append("HostbasedAuthentication trusts other hosts") }
    if answers.isOn("gssapiauthentication") { answer.untold.append("GSSAPIAuthentication trusts a realm") }
    if answer.keys.contains(where: \.isAuthority) { answer.untold.append("a key file names an authority") }
    answer.keys.removeAll(where: \.isAuthority)
  }

  // MARK: key files

  private func readKeys(of account: ProofAccount, _ answers: SshdAnswers, _ answer: inout LoginAnswer) throws(HostError)
  {
    guard let entry = database.account(account.name) else { return }
    let accepted = Set(answers["pubkeyacceptedalgorithms"].split(separator: ",").map(String.init))
    for word in answers.words("authorizedkeysfile") where word != "none" {
      let path = Self.path(word, entry)
      guard let real = Self.realPath(path), try isTrusted(real, entry, strictly: answers.isOn("strictmodes")),
        canRead(real, account)
      else { continue }
      let bytes: [UInt8]
      do { bytes = try FileContents.read(real, limit: Self.keyFileLimit) } catch {
        throw .system(error)
      }
      answer.keys += AuthorizedKey.all(bytes).filter { key in
        let type = String(key.key.prefix { $0 != " " })
        let isAccepted = type == "ssh-rsa" ? accepted.contains { $0.hasPrefix("rsa-sha2-") } : accepted.contains(type)
        return isAccepted && !key.isOver(at: now)
      }
    }
  }

  /// Tokens of sshd_config(5), "TOKENS"; relative paths begin at the home folder.
  static func path(_ written: String, _ account: AccountDatabase.Account) -> String {
    var path = ""
    var rest = written[...]
    while let character = rest.popFirst() {
      guard character == "%", let token = rest.popFirst() else {
        path.append(character)
        continue
      }
      switch token {
      case "%": path += "%"
      case "h": path += account.home
      case "u": path += account.name
      case "U": path += String(account.uid)
      default: path += "%\(token)"
      }
    }
    return path.hasPrefix("/") ? path : account.home + "/" + path
  }

  private static func realPath(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  /// sshd passes over a file that somebody else than root or the account could have written, itself or by a folder
  /// above it; of files below the home folder it looks up to that.
  private func isTrusted(_ path: String, _ account: AccountDatabase.Account, strictly: Bool) throws(HostError) -> Bool {
    let home = Self.realPath(account.home)
    var here = path
    var isFile = true
    while true {
      var status = stat()
      guard lstat(here, &status) == 0 else { throw .system(SystemError("stat", here)) }
      if isFile, status.st_mode & S_IFMT != S_IFREG { return false }
      isFile = false
      guard strictly else { return true }
      if status.st_uid != 0 && status.st_uid != account.uid || status.permissions & 0o022 != 0 { return false }
      if here == "/" || here == home { return true }
      let parent = here[..<(here.lastIndex(of: "/") ?? here.startIndex)]
      here = parent.isEmpty ? "/" : String(parent)
    }
  }

  /// sshd opens the file in the account's name.
  private func canRead(_ path: String, _ account: ProofAccount) -> Bool {
    let root = writ_open_host("/")
    guard root >= 0 else { return false }
    defer { close(root) }
    var answer: UInt8 = 0
    let rc = path.dropFirst().withCString { bytes in
      var question = writ_question(path: bytes, subject: UInt8(WRIT_TRY_FILE))
      return writ_try_as(
        account.uid, account.gid, account.groups, account.groups.count, root, &question, &answer, 1, Self.patience)
    }
    return rc == 0 && answer & UInt8(WRIT_MAY_READ) != 0
  }
}
