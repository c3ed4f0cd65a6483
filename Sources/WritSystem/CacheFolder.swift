internal import Glibc

/// Files that save work and may be deleted at any time: nothing that goes wrong with one is an error.
///
/// A file appears whole or not at all, so readers need no lock, and writers at the same time leave the last one's. Nothing is forced
/// to disk; whoever reads a file has to see by its content that it is whole.
public struct CacheFolder {
  /// Bytes of all files together, beyond which the oldest go.
  public static let totalLimit = 256 << 20
  /// Bytes of one file.
  public static let fileLimit = 128 << 20
  private static let suffix = ".cache"

  private let path: String

  /// - Parameter path: made when something is first kept there.
  public init(_ path: String) { self.path = path }

  /// Nil for one that is not there or cannot be read.
  public func read(_ name: String) -> [UInt8]? {
    try? FileContents.read("\(path)/\(name)\(Self.suffix)", limit: Self.fileLimit)
  }

  /// Keeps the bytes where that is possible; a read-only repository works without.
  public func write(_ name: String, _ bytes: [UInt8]) {
    guard bytes.count <= Self.fileLimit, let folder = open() else { return }
    defer { close(folder) }
    let temporary = ".\(name)-\(getpid())-\(UInt64.random(in: .min ... .max))\(Self.suffix)"
    let descriptor = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return }
    let isWhole = Self.put(bytes, to: descriptor)
    close(descriptor)
    if !isWhole || renameat(folder, temporary, folder, name + Self.suffix) != 0 { unlinkat(folder, temporary, 0) }
    trim(folder)
  }

  /// The folder itself is no link: what is removed from it must be a cache's.
  private func open() -> Int32? {
    if let slash = path.lastIndex(of: "/") { mkdir(String(path[..<slash]), 0o755) }
    mkdir(path, 0o700)
    let folder = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    return folder >= 0 ? folder : nil
  }

  private static func put(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }

  /// Removes the oldest files beyond the limit, and what killed writers left.
  private func trim(_ folder: Int32) {
    guard let listing = opendir(path) else { return }
    defer { closedir(listing) }
    var files: [(name: String, size: Int, time: Int)] = []
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      var status = stat()
      guard name.hasSuffix(Self.suffix), fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0,
        status.st_mode & S_IFMT == S_IFREG
      else { continue }
      files.append((name, Int(status.st_size), status.st_mtim.tv_sec))
    }
    files.sort { ($1.time, $0.name) < ($0.time, $1.name) }
    var total = 0
    let now = time(nil)
    for file in files {
      total += file.size
      let isLeftOver = file.name.hasPrefix(".") && file.time < now - 3600
      if total > Self.totalLimit || isLeftOver { unlinkat(folder, file.name, 0) }
    }
  }
}
