internal import Glibc
internal import WritSystem

/// The umask that PAM gives sessions: pam_umask(8) in the two files that services include one of (pam-auth-update(8)).
struct SessionUmask {
  static let folder = "/etc/pam.d"
  static let files = ["common-session", "common-session-noninteractive"]
  static func path(_ file: String) -> String { "\(folder)/\(file)" }

  /// How deep includes of services are followed; PAM itself stops at 32.
  static let depthLimit = 32

  var root: HostRoot

  // MARK: before it is written

  /// - Throws: ``HostError`` where PAM's modules lie on this host and `pam_umask` is not among them. A folder that is laid out
  ///   like a host and has none at all cannot tell.
  func check() throws(HostError) {
    var hasModules = false
    for folder in try moduleFolders() {
      if root.status("\(folder)/pam_umask.so") != nil { return }
      hasModules = hasModules || root.status(folder) != nil
    }
    if hasModules { throw .refused(tool: "PAM", complaint: "pam_umask.so is not installed") }
  }

  private func moduleFolders() throws(HostError) -> [String] {
    var folders: [String] = []
    for library in ["/lib", "/usr/lib", "/lib64", "/usr/lib64"] {
      folders.append("\(library)/security")
      // Debian's folders by architecture: x86_64-linux-gnu.
      if root.status(library)?.isFolder != true { continue }
      folders += try root.names(in: library).filter { $0.contains("-linux-") }.map { "\(library)/\($0)/security" }
    }
    return folders
  }

  // MARK: what beats it

  struct Notices {
    /// About sessions in general.
    var general: [String] = []
    /// By account.
    var accounts: [(account: String, text: String)] = []
  }

  /// What makes sessions come out with another umask.
  ///
  /// - Parameter ids: uids that belong to people.
  func notices(_ database: AccountDatabase?, ids: ClosedRange<UInt32>) -> Notices {
    var notices = Notices()
    let services = self.services()
    let past = services.filter { $0.value.opensSessions && !$0.value.isCovered }.keys.sorted()
    if !past.isEmpty {
      notices.general.append("sessions of \(past.joined(separator: ", ").visible) do not come by here (\(Self.folder))")
    }
    for (name, service) in services.sorted(by: { $0.key < $1.key }) where service.hasOwnMask {
      notices.general.append("\(Self.path(name).visible) has a pam_umask of its own")
    }
    for (uid, name) in (database?.accountNames ?? [:]).sorted(by: { $0.key < $1.key }) where ids.contains(uid) {
      guard let gecos = database?.account(name)?.gecos,
        let own = gecos.split(separator: ",").first(where: { $0.hasPrefix("umask=") })
      else { continue }
      notices.accounts.append((name, "its comment field says \(String(own).visible), which beats the host's umask"))
    }
    return notices
  }

  private struct Service {
    var opensSessions = false
    /// Whether it includes one of the two files.
    var isCovered = false
    var hasOwnMask = false
  }

  /// Of a folder that cannot be read nothing is known, and nothing is said.
  private func services() -> [String: Service] {
    var services: [String: Service] = [:]
    for name in (try? root.names(in: Self.folder)) ?? [] where !name.hasPrefix("common-") {
      var service = Service()
      follow(name, into: &service, depth: 0)
      services[name] = service
    }
    return services
  }

  private func follow(_ name: String, into service: inout Service, depth: Int) {
    guard depth < Self.depthLimit, !name.contains("/"), let bytes = try? root.contents(Self.path(name)) else { return }
    for line in Self.lines(bytes) {
      if line[0] == "@include", line.count > 1 {
        include(line[1], into: &service, depth)
      } else if line.count > 2, line[0] == "session" || line[0] == "-session" {
        if line[1] == "include" || line[1] == "substack" {
          include(line[2], into: &service, depth)
          continue
        }
        service.opensSessions = true
        if line.contains(where: { $0.hasSuffix("pam_umask.so") }) { service.hasOwnMask = true }
      }
    }
  }

  private func include(_ name: String, into service: inout Service, _ depth: Int) {
    if Self.files.contains(name) {
      service.isCovered = true
      service.opensSessions = true
    } else {
      follow(name, into: &service, depth: depth + 1)
    }
  }

  /// The words of each line that says something; a backslash at its end joins it to the next one (pam.conf(5)).
  private static func lines(_ bytes: [UInt8]) -> [[String]] {
    var lines: [[String]] = []
    var joined: [UInt8] = []
    for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
      let text = line.prefix { $0 != UInt8(ascii: "#") }
      if text.last == UInt8(ascii: "\\") {
        joined += text.dropLast() + [32]
        continue
      }
      joined += text
      let words = String(decoding: joined, as: UTF8.self).split { $0 == " " || $0 == "\t" }.map(String.init)
      if !words.isEmpty { lines.append(words) }
      joined = []
    }
    return lines
  }
}
