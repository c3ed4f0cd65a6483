public import WritPlan
public import WritPolicy
internal import WritSyntax

/// What a host has, as policy to be reviewed: a file of YAML, and in words whatever the language has no place for.
///
/// Pure and deterministic. Every text of the host's own is a name that was validated, a number, a key that was read, or quoted.
/// What cannot be said without giving more than the host gives now is not written but listed.
public struct PolicyDraft {
  public internal(set) var yaml = ""
  /// In order; each one line, with nothing hidden in it.
  public internal(set) var remarks: [String] = []

  let host: HostName
  let owner: PrincipalName?
  let names: [String: PrincipalName]
  /// Days since 1970 (UTC).
  let today: Int
  var known: Known

  /// What the policy has already, and the draft as it grows.
  struct Known {
    var principals: Set<String>
    var accounts: Set<String>
    var uids: Set<UInt32>
    var resources: Set<String>
    var roles: Set<String>
  }

  struct Principal {
    var name: String
    var account: HostInventory.Account
    var isService: Bool
    var keys: [String] = []
    var roles: [String] = []
  }

  /// By account name.
  var principals: [String: Principal] = [:]
  var order: [String] = []
  var roles: [(name: String, allow: String)] = []
  var resources: [(name: String, body: String)] = []

  /// - Parameters:
  ///   - owner: who answers for the service accounts; without one they are listed and not written.
  ///   - now: accounts whose end is past are left as they are.
  ///   - names: who has an account, where that is known; all others are named as their accounts.
  public init(
    _ inventory: HostInventory, host: HostName, policy: Policy, owner: PrincipalName?, now: Instant,
    names: [String: PrincipalName] = [:]
  ) {
    self.host = host
    self.names = names
    self.owner = owner
    today = Int(now.seconds / 86400)
    known = Known(
      principals: Set(policy.principals.map(\.text)), accounts: Set(policy.principals.map { policy.account(of: $0) }),
      uids: Set(policy.principals.compactMap { policy.uid(of: $0) }),
      resources: Set(policy.resources.keys.map(\.text)).union(policy.sharingGroups.keys.map(\.text)),
      roles: Set(policy.roles.keys.map(\.text)))
    remarks = inventory.oddities
    for account in inventory.accounts { add(account, inventory) }
    addLogin()
    let placed = addTrees(inventory)
    addGroups(inventory, except: placed)
    for rule in inventory.rules { add(rule) }
    compareAccounts()
    write()
  }

  mutating func remark(_ text: String) { remarks.append(visible(text)) }

  /// A name that nothing has yet: `base`, `base-2`, …
  static func unique(_ base: String, _ taken: inout Set<String>) -> String {
    let base = String(base.prefix(56))
    var name = base
    var number = 2
    while !taken.insert(name).inserted {
      name = "\(base)-\(number)"
      number += 1
    }
    return name
  }

  /// The characters of a name that a name of the policy may have.
  static func part(_ text: String) -> String {
    String(
      text.lowercased().unicodeScalars.map {
        $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0)) ? Character($0) : "-"
      })
  }

  mutating func give(_ accounts: [String], _ resource: String, _ operation: String) {
    let role = Self.unique(resource, &known.roles)
    roles.append((role, "\(resource): \(operation)"))
    for account in accounts { principals[account]?.roles.append(role) }
  }

  // MARK: accounts

  mutating func add(_ account: HostInventory.Account, _ inventory: HostInventory) {
    let name = names[account.name]?.text ?? String(account.name.drop { $0 == "_" })
    let what = "account \(account.name) (uid \(account.uid))"
    guard LinuxName.isValid(account.name), PrincipalName(validating: name) != nil else {
      return remark("\(what): the policy takes no such name")
    }
    guard account.uid >= 1000 else { return remark("\(what): below 1000 are the system's accounts") }
    guard !known.accounts.contains(account.name), !known.uids.contains(account.uid), !known.principals.contains(name)
    else {
      return remark("\(what): the policy has that name or number already")
    }
    if inventory.accounts.contains(where: { $0.uid == account.uid && $0.name != account.name }) {
      return remark("\(what): another account has the same uid")
    }
    if account.password == "locked" || account.password.hasPrefix("!") {
      return remark("\(what): it is locked, and stays as it is")
    }
    if let day = Int(account.expires), day <= today { return remark("\(what): it has expired, and stays as it is") }
    var principal = Principal(name: name, account: account, isService: false)
    for line in account.keys {
      do throws(PublicKeyText.Problem) {
        let key = try PublicKeyText(line.text).text
        if !principal.keys.contains(key) { principal.keys.append(key) }
      } catch {
        remark("\(line.place): a key of \(account.name) that the policy cannot hold (\(error.message))")
      }
    }
    let hasShell = !account.shell.hasSuffix("/nologin") && !account.shell.hasSuffix("/false")
    principal.isService = !hasShell && principal.keys.isEmpty
    if principal.isService, owner == nil {
      return remark("\(what): nobody logs in as it, so it is a service account; `--owner NAME` says who answers for it")
    }
    if !hasShell, !principal.keys.isEmpty {
      remark("\(what): it has keys and the shell \(account.shell); with the policy it gets a shell for its login")
    }
    known.principals.insert(name)
    known.accounts.insert(account.name)
    known.uids.insert(account.uid)
    principals[account.name] = principal
    order.append(account.name)
  }

  mutating func addLogin() {
    let people = order.filter { principals[$0]?.keys.isEmpty == false }
    guard !people.isEmpty else { return }
    let name = Self.unique("\(host)-login", &known.resources)
    resources.append((name, "hosts: [\(host)], login: ssh"))
    give(people, name, "ssh")
    remark(
      "with a login in the policy sshd lets in its people, and otherwise only the groups that `keep-login` of /etc/writ/limits names"
    )
  }
}
