internal import Glibc
internal import WritSystem

/// Where Jupyter reads its settings: `/etc/jupyter` first, and what comes after it counts instead.
struct JupyterSettings {
  static let folder = "/etc/jupyter"
  private static let names = ["server": "jupyter_server_config", "notebook": "jupyter_notebook_config"]

  /// nil for a program that is neither `server` nor `notebook`.
  static func path(_ program: String) -> String? { names[program].map { "\(folder)/\($0).py" } }

  /// Settings that say where a server listens and who may come in.
  private static let settings = ["ip", "port", "allow_remote_access", "allow_origin", "open_browser", "sock"]
  /// Read after `/etc/jupyter`, as `jupyter --paths` lists them: of each folder `.py`, then `.json`.
  private static let systemFiles = [
    "/etc/jupyter/NAME.json", "/usr/local/etc/jupyter/NAME.py", "/usr/local/etc/jupyter/NAME.json",
  ]
  private static let personalFiles = [".jupyter/NAME.py", ".jupyter/NAME.json"]
  /// Largest file that is looked at; settings of one's own are short.
  static let sizeLimit = 1 << 20

  var root: HostRoot

  // MARK: what counts instead

  /// Files for the whole host that set something again, by program.
  func overrides(of program: String) -> [String] {
    guard let name = Self.names[program] else { return [] }
    return Self.systemFiles.map { $0.replacing("NAME", with: name) }.compactMap { path in
      guard let bytes = try? FileContents.read(root.path(path), limit: Self.sizeLimit) else { return nil }
      return Self.text(path, Self.settings(in: bytes))
    }
  }

  /// Files below somebody's home that set something again.
  ///
  /// The home is theirs, so no link is followed in it, and only a file of their own is read.
  func overrides(of account: AccountDatabase.Account) -> [String] {
    Self.names.values.sorted().flatMap { name in
      Self.personalFiles.map { $0.replacing("NAME", with: name) }.compactMap { file in
        let path = "\(account.home)/\(file)"
        switch OwnFile(root: root, path: path, uid: account.uid).read(limit: Self.sizeLimit) {
        case .absent: return nil
        case .refused(let reason): return "\(path.visible) was not looked at: \(reason)"
        case .bytes(let bytes): return Self.text(path, Self.settings(in: bytes))
        }
      }
    }
  }

  private static func text(_ path: String, _ settings: [String]) -> String? {
    settings.isEmpty ? nil : "\(path.visible) sets \(settings.joined(separator: ", ")) instead"
  }

  /// Those of the settings that a file names outside comments: `c.ServerApp.ip = …`, or `"ip": …`.
  static func settings(in bytes: [UInt8]) -> [String] {
    var found: Set<String> = []
    for line in bytes.split(separator: 10) {
      let text = String(decoding: line, as: UTF8.self)
      if text.drop(while: { $0 == " " || $0 == "\t" }).hasPrefix("#") { continue }
      for setting in settings where text.contains(".\(setting)") || text.contains("\"\(setting)\"") {
        // `port` is no `port_retries`.
        let rest = text.firstRange(of: ".\(setting)").map { text[$0.upperBound...] } ?? ""
        if rest.first?.isLetter != true, rest.first != "_" { found.insert(setting) }
      }
    }
    return settings.filter(found.contains)
  }
}

/// A file in a folder that somebody else rules: reached step by step, no link followed, and read only if it is theirs.
struct OwnFile {
  enum Content: Equatable {
    case absent
    case bytes([UInt8])
    /// Something stands in the way, or it is not theirs.
    case refused(String)
  }

  var root: HostRoot
  /// Absolute on the host.
  var path: String
  var uid: UInt32

  func read(limit: Int) -> Content {
    let components = path.split(separator: "/").map(String.init)
    guard let name = components.last, !components.contains(".."), !components.contains(".") else {
      return .refused("not a path below /")
    }
    var folder = open(root.path("/"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return Self.failure() }
    defer { close(folder) }
    for component in components.dropLast() {
      let next = openat(folder, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard next >= 0 else { return Self.failure() }
      close(folder)
      folder = next
    }
    let file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return Self.failure() }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { return Self.failure() }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == uid else {
      return .refused("it is not a file of theirs")
    }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var count = 0
    while count < bytes.count {
      let more = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress.map { $0 + count }, $0.count - count) }
      if more < 0, errno == EINTR { continue }
      guard more >= 0 else { return Self.failure() }
      if more == 0 { return .bytes(Array(bytes[..<count])) }
      count += more
    }
    return .refused("it is longer than \(limit) bytes")
  }

  private static func failure() -> Content {
    let code = errno
    // No folder on the way is no file either.
    return code == ENOENT || code == ENOTDIR ? .absent : .refused(String(cString: strerror(code)))
  }
}
