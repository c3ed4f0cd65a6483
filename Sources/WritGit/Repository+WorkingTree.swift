internal import CLibgit2
internal import Glibc
internal import WritSystem

/// Files as they lie in the working tree now.
public struct WorkingFiles: Sendable {
  public struct File: Sendable {
    /// Relative to the repository's root.
    public var path: String
    public var bytes: [UInt8]
  }

  /// In the order of their bytes.
  public var files: [File] = []
  public var skipped: [SkippedEntry] = []
}

extension Repository {
  /// Reads the plain files below a folder of the working tree. No symbolic link is followed, the folder's own path included.
  /// A folder that does not exist has no files.
  ///
  /// - Parameter limit: bytes of one file.
  /// - Throws: ``GitError/bare(_:)``, ``GitError/tooManyEntries(_:)``, ``GitError/fileTooLarge(_:limit:)``,
  ///   ``GitError/system(_:)``.
  public func workingFiles(
    below folder: String, limit: Int, where wanted: (String) -> Bool = isPolicyFile
  ) throws(GitError) -> WorkingFiles {
    guard let root = workingTree else { throw .bare(gitDirectory) }
    var walk = WorkingTreeWalk(root: root, limit: limit)
    var path = ""
    for component in Self.components(of: folder) {
      path += path.isEmpty ? component : "/" + component
      switch try walk.kind(of: path) {
      case .folder: continue
      case nil: return WorkingFiles()
      case .link:
        return WorkingFiles(skipped: [SkippedEntry(path: path, kind: .symbolicLink)])
      default: throw .notAFolder(path)
      }
    }
    try walk.list(path, 0, wanted)
    walk.found.files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    return walk.found
  }

  /// Paths below the folder where the working tree says something else than `commit`: tracked files that are changed or gone,
  /// and policy files that the commit does not have, ignored ones among them because reading the working tree would take them
  /// for policy. Sorted.
  ///
  /// The bytes are compared as they are. git's own answer could run filter programs that the repository's configuration names,
  /// and sees staged but not what is ignored.
  public func changes(inWorkingTreeBelow folder: String, against commit: GitObjectID) throws(GitError) -> [String] {
    var then: [String: GitObjectID] = [:]
    if let tree = try tree(at: commit, folder: folder) {
      for file in try files(below: tree, folder: folder).files { then[file.path] = file.blob }
    }
    let now = try workingFiles(below: folder, limit: 64 << 20) { isPolicyFile($0) || then[$0] != nil }
    var changed = Set(then.keys)
    for file in now.files {
      if then[file.path] == Self.blobID(of: file.bytes) { changed.remove(file.path) } else { changed.insert(file.path) }
    }
    return changed.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

private struct WorkingTreeWalk {
  enum Kind { case file, folder, link, special }

  let root: String
  let limit: Int
  var found = WorkingFiles()
  var count = 0

  init(root: String, limit: Int) {
    self.root = root
    self.limit = limit
  }

  /// Nil when nothing is there.
  func kind(of path: String) throws(GitError) -> Kind? {
    var status = stat()
    guard lstat(root + "/" + path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw .system(SystemError("stat", path))
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    case S_IFLNK: return .link
    default: return .special
    }
  }

  mutating func list(_ folder: String, _ depth: Int, _ wanted: (String) -> Bool) throws(GitError) {
    let names = try names(in: folder)
    count += names.count
    guard count <= Repository.entryLimit, depth <= Repository.depthLimit else { throw .tooManyEntries(folder) }
    for (name, isReadable, known) in names {
      let path = folder.isEmpty ? name : folder + "/" + name
      if !isReadable {
        found.skipped.append(SkippedEntry(path: path, kind: .unreadableName))
        continue
      }
      let entry: Kind? = if let known { known } else { try kind(of: path) }
      switch entry {
      case .file:
        if wanted(path) {
          do throws(SystemError) {
            found.files.append(.init(path: path, bytes: try FileContents.read(root + "/" + path, limit: limit)))
          } catch { throw error.code == EFBIG ? .fileTooLarge(path, limit: limit) : .system(error) }
        }
      case .folder:
        if name == ".git" { continue }
        // Another repository inside this one: git records a commit there, not files.
        if try kind(of: path + "/.git") != nil {
          found.skipped.append(SkippedEntry(path: path, kind: .submodule))
        } else {
          try list(path, depth + 1, wanted)
        }
      case .link: found.skipped.append(SkippedEntry(path: path, kind: .symbolicLink))
      case .special: found.skipped.append(SkippedEntry(path: path, kind: .special))
      case nil: continue
      }
    }
  }

  /// What an entry of a folder is, where the file system says so in the folder itself: asking again for every file costs
  /// as much as opening it. Nil where it does not.
  private static func kind(_ type: UInt8) -> Kind? {
    switch Int(type) {
    case DT_REG: .file
    case DT_DIR: .folder
    case DT_LNK: .link
    case DT_UNKNOWN: nil
    default: .special
    }
  }

  private func names(in folder: String) throws(GitError) -> [(name: String, isReadable: Bool, kind: Kind?)] {
    let descriptor = open(root + "/" + folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(SystemError("open", folder)) }
    guard let stream = fdopendir(descriptor) else {
      let failure = SystemError("open", folder)
      close(descriptor)
      throw .system(failure)
    }
    defer { closedir(stream) }
    var names: [(String, Bool, Kind?)] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw .system(SystemError("list", folder)) }
        return names.sorted { $0.0 < $1.0 }
      }
      let (name, isReadable) = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) {
          (String(cString: $0), String(validatingCString: $0) != nil)
        }
      }
      if name != ".", name != ".." { names.append((name, isReadable, Self.kind(entry.pointee.d_type))) }
    }
  }
}
