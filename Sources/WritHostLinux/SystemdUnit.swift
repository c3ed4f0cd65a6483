internal import Glibc
internal import WritSystem

/// A unit file of systemd that writ keeps, with the link by which it is enabled.
struct SystemdUnit {
  static let folder = "/etc/systemd/system"
  private static let systemctl = "/usr/bin/systemctl"

  var root: HostRoot
  /// `writ-expire.timer`
  var name: String
  var lines: [String]
  /// The unit that wants it at boot; nil: it is started by another one.
  var wantedBy: String?

  var path: String { "\(Self.folder)/\(name)" }
  private var wants: String? { wantedBy.map { "\(Self.folder)/\($0).wants" } }
  private var link: String? { wants.map { "\($0)/\(name)" } }
  private var file: ManagedFile { ManagedFile(root: root, path: path, mode: 0o644) }

  /// Whether systemd is what starts and stops things here, so that it must be told.
  static func isRunning(_ root: HostRoot) -> Bool { root.isMachine && access("/run/systemd/system", F_OK) == 0 }

  var isThere: Bool { root.status(path) != nil || link.map { root.status($0) != nil } == true }

  /// Whether the file stands there as writ writes it, and is enabled.
  var isInPlace: Bool { file.read() == .own(lines) && (link == nil || target == path) }

  /// Puts file and link in place; systemd is told by ``tell(_:_:)``.
  func install(header: [String]) throws(HostError) {
    if isInPlace { return }
    try root.makeFolder(Self.folder)
    try file.write(lines, header: header)
    guard let wants, let link, target != path else { return }
    try root.makeFolder(wants)
    try dropLink()
    // Absolute, as `systemctl enable` writes it.
    guard symlink(path, root.path(link)) == 0 else { throw .system(SystemError("symlink", root.path(link))) }
    try syncLink()
  }

  func remove() throws(HostError) {
    try dropLink()
    try file.write(nil, header: [])
  }

  private func dropLink() throws(HostError) {
    guard let link else { return }
    guard unlink(root.path(link)) == 0 || errno == ENOENT else {
      throw .system(SystemError("unlink", root.path(link)))
    }
    try syncLink()
  }

  private func syncLink() throws(HostError) {
    guard let wants, root.status(wants) != nil else { return }
    try hostErrors { try FileContents.syncFolder(root.path(wants)) }
  }

  /// What the link names; nil where there is none.
  private var target: String? {
    guard let link else { return nil }
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(root.path(link), &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  /// Whether a systemd that runs has started it.
  static func isActive(_ name: String) -> Bool {
    (try? Program(systemctl, ["--quiet", "is-active", name]).run())?.succeeded == true
  }

  /// Tells a systemd that runs; elsewhere nothing is to be told.
  static func tell(_ root: HostRoot, _ commands: [String]...) throws(HostError) {
    guard isRunning(root) else { return }
    for words in commands {
      let result = try hostErrors { try Program(systemctl, ["--quiet", "--no-ask-password"] + words).run() }
      guard result.succeeded else { throw .refused(tool: "systemctl \(words[0])", complaint: result.errorText.visible) }
    }
  }
}
