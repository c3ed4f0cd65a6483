internal import Glibc

/// A folder for one test, removed with everything in it at the end.
public final class Scratch {
  public let path: String

  public init() throws {
    var template = Array("/tmp/writ-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ScratchError(code: errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  public struct ScratchError: Error { public var code: Int32 }

  deinit { removeTree(path) }
}

/// Removes a file or folder whatever it holds; symbolic links are removed, not followed.
public func removeTree(_ path: String) {
  var status = stat()
  guard lstat(path, &status) == 0 else { return }
  if status.st_mode & S_IFMT == S_IFDIR {
    chmod(path, 0o700)
    if let folder = opendir(path) {
      var names: [String] = []
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
      }
      closedir(folder)
      for name in names { removeTree(path + "/" + name) }
    }
    rmdir(path)
  } else {
    unlink(path)
  }
}
