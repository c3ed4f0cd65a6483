import Glibc
import Testing
import WritSystem
import WritTestSupport

@Suite("Reading whole files") struct FileContentsReadTests {
  let scratch: Scratch
  var path: String { scratch.path + "/file" }

  init() throws { scratch = try Scratch() }

  private func failure(_ path: String, limit: Int = 64 << 20) -> Int32? {
    do throws(SystemError) {
      _ = try FileContents.read(path, limit: limit)
      return nil
    } catch { return error.code }
  }

  @Test(arguments: [0, 1, 2, 4095, 4096, 65_535, 65_536, 65_537, 300_000])
  func `gives every byte up to the limit, and none over it`(size: Int) throws {
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    try FileContents.replace(path, with: bytes, mode: 0o600)
    #expect(try FileContents.read(path) == bytes)
    #expect(try FileContents.read(path, limit: size) == bytes)
    if size > 0 { #expect(failure(path, limit: size - 1) == EFBIG) }
  }

  // The kernel says that these files are empty.
  @Test func `reads what is longer than it says`() throws {
    let text = String(decoding: try FileContents.read("/proc/self/status"), as: UTF8.self)
    #expect(text.hasPrefix("Name:\t"))
    #expect(text.contains("\nThreads:\t") && text.hasSuffix("\n"))
    #expect(failure("/proc/self/status", limit: 16) == EFBIG)
  }

  @Test func `follows no link and waits for no pipe`() {
    symlink("/proc/self/status", path)
    #expect(failure(path) == ELOOP)
    mkfifo(scratch.path + "/pipe", 0o600)
    #expect(failure(scratch.path + "/pipe") == EINVAL)
    #expect(failure(scratch.path + "/nothing") == ENOENT)
    #expect(failure(scratch.path) == EINVAL)
  }
}
