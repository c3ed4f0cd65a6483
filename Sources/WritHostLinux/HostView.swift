internal import CWritSys
internal import Glibc
internal import WritSystem

/// A host's files as its own programs would find them, for as long as something is asked of them.
///
/// For a folder that is laid out like a host's root that is a private root of one thread: the folder's own files over this
/// machine's programs, for reading only, without a network. It is gone with the thread. For the machine itself it is the
/// machine.
struct HostView {
  /// Where the private root is put together; what lies there is out of sight of this thread alone.
  private static let place = "/tmp"
  /// Folders of this machine that programs need.
  private static let programFolders = ["bin", "lib", "lib32", "lib64", "libx32", "sbin", "usr"]
  /// Made anew, whatever the host has under these names.
  private static let ownFolders: Set<String> = ["dev", "proc", "run", "sys", "tmp"]
  /// A key for `sshd -T`, which refuses to speak without one.
  static let hostKey = "/run/writ-host-key"

  private let root: HostRoot

  /// Calls `body` where absolute paths are the host's.
  ///
  /// - Throws: ``HostError`` when the view cannot be made, and what `body` throws.
  static func open<R>(_ root: HostRoot, _ body: () throws(HostError) -> R) throws(HostError) -> R {
    var result: Result<R, HostError>?
    onThreadOfItsOwn {
      do throws(HostError) {
        try HostView(root: root).enter()
        result = .success(try body())
      } catch { result = .failure(error) }
    }
    guard let result else { throw .refused(tool: "thread", complaint: "none could be started") }
    return try result.get()
  }

  private init(root: HostRoot) { self.root = root }

  private func enter() throws(HostError) {
    if root.isMachine {
      // sshd -T asks for this folder, which is there only while the service is.
      guard root.status("/run/sshd") == nil else { return }
      try check(writ_view_begin(), "unshare", "/")
      try check(writ_view_memory("/run"), "mount", "/run")
      return try makeFolder("/run/sshd")
    }
    try check(writ_view_begin(), "unshare", root.prefix)
    let folder = writ_open_host(root.prefix)
    guard folder >= 0 else { throw .system(SystemError("open", root.prefix)) }
    defer { close(folder) }
    // By descriptor: the folder itself may lie where the view is put together.
    let host = HostRoot("/proc/self/fd/\(folder)")
    try check(writ_view_memory(Self.place), "mount", Self.place)
    for name in Set(try host.names(in: "/") + Self.programFolders).sorted() where !Self.ownFolders.contains(name) {
      if name == "etc" { try makeSettings(host) } else { try show(name, host) }
    }
    for name in Self.ownFolders { try makeFolder("\(Self.place)/\(name)") }
    try makeFolder("\(Self.place)/run/sshd")
    try check(writ_view_bind("/proc", "\(Self.place)/proc"), "mount", "/proc")
    for device in ["null", "zero", "random", "urandom"] {
      try showFile("/dev/\(device)", at: "\(Self.place)/dev/\(device)")
    }
    try check(writ_view_enter(Self.place), "chroot", root.prefix)
    let made = try hostErrors {
      try Program("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", Self.hostKey]).run()
    }
    guard made.succeeded else { throw .refused(tool: "ssh-keygen", complaint: made.errorText.visible) }
  }

  /// One name below `/`: the host's, this machine's, or both as one folder.
  private func show(_ name: String, _ host: HostRoot) throws(HostError) {
    let machine = HostRoot("/")
    let own = host.status("/" + name)
    let other = Self.programFolders.contains(name) ? machine.status("/" + name) : nil
    let at = "\(Self.place)/\(name)"
    guard let status = own ?? other else { return }
    if status.st_mode & S_IFMT == S_IFLNK {
      return try copyLink(own == nil ? "/" + name : host.path("/" + name), at: at)
    }
    guard status.isFolder else { return }
    try makeFolder(at)
    if own == nil {
      try check(writ_view_bind("/" + name, at), "mount", at)
    } else if other?.isFolder == true {
      try check(writ_view_merge(host.path("/" + name), "/" + name, at), "mount", at)
    } else {
      try check(writ_view_bind(host.path("/" + name), at), "mount", at)
    }
  }

  /// `/etc` of the host, with the little added that programs of this machine want of it.
  private func makeSettings(_ host: HostRoot) throws(HostError) {
    let folder = "\(Self.place)/etc"
    try makeFolder(folder)
    let names = try host.names(in: "/etc")
    let hasPAM = ["sudo", "other"].contains { host.status("/etc/pam.d/" + $0) != nil }
    for name in names where !["passwd", "hosts"].contains(name) && (hasPAM || name != "pam.d") {
      guard let status = host.status("/etc/" + name) else { continue }
      let from = host.path("/etc/" + name)
      switch status.st_mode & S_IFMT {
      case S_IFLNK: try copyLink(from, at: "\(folder)/\(name)")
      case S_IFDIR:
        try makeFolder("\(folder)/\(name)")
        try check(writ_view_bind(from, "\(folder)/\(name)"), "mount", "/etc/\(name)")
      case S_IFREG: try showFile(from, at: "\(folder)/\(name)")
      default: continue
      }
    }
    var accounts = try host.contents(AccountDatabase.passwdPath) ?? []
    if !accounts.starts(with: "sshd:".utf8), !String(decoding: accounts, as: UTF8.self).contains("\nsshd:") {
      accounts += Array("sshd:x:65534:65534::/run/sshd:/usr/sbin/nologin\n".utf8)
    }
    try write(accounts, "\(folder)/passwd")
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let own = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try write(Array("127.0.0.1 localhost \(own)\n".utf8), "\(folder)/hosts")
    if !hasPAM {
      // sudo begins a PAM session even to list. The account's end is looked at by other means.
      try makeFolder("\(folder)/pam.d")
      let lines = ["auth", "account", "session", "password"].map { "\($0) required pam_permit.so\n" }
      try write(Array(lines.joined().utf8), "\(folder)/pam.d/other")
    }
  }

  private func showFile(_ from: String, at: String) throws(HostError) {
    try write([], at)
    try check(writ_view_bind(from, at), "mount", at)
  }

  private func write(_ bytes: [UInt8], _ path: String) throws(HostError) {
    do { try FileContents.replace(path, with: bytes, mode: 0o644) } catch { throw .system(error) }
  }

  private func copyLink(_ from: String, at: String) throws(HostError) {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard readlink(from, &buffer, buffer.count - 1) > 0, symlink(buffer, at) == 0 else {
      throw .system(SystemError("link", at))
    }
  }

  private func makeFolder(_ path: String) throws(HostError) {
    guard mkdir(path, 0o755) == 0, chmod(path, 0o755) == 0 else { throw .system(SystemError("mkdir", path)) }
  }

  private func check(_ rc: Int32, _ what: String, _ path: String) throws(HostError) {
    if rc != 0 { throw .system(SystemError(what, path)) }
  }

  // MARK: the thread

  private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// Waits until `body` has run; where no thread can be started it does not run.
  private static func onThreadOfItsOwn(_ body: () -> Void) {
    withoutActuallyEscaping(body) { body in
      let work = Work(body)
      withExtendedLifetime(work) {
        var thread = pthread_t()
        let started = pthread_create(
          &thread, nil,
          { raw in
            if let raw { Unmanaged<Work>.fromOpaque(raw).takeUnretainedValue().body() }
            return nil
          }, Unmanaged.passUnretained(work).toOpaque())
        if started == 0 { pthread_join(thread, nil) }
      }
    }
  }
}
