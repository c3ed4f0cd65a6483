import WritSystem
import WritTestSupport

/// Key pairs that all worlds share, made once and kept in memory: making them anew for each would cost more than most tests.
enum ThrowAwayKeys {
  struct Pair: Sendable {
    var identity: [UInt8]
    /// `ssh-ed25519 BASE64 NAME`
    var publicLine: [UInt8]
  }

  static let names = ["ann", "bob", "cas", "dan", "eve", "fay"]

  static let all: [String: Pair] = {
    var all: [String: Pair] = [:]
    guard let scratch = try? Scratch() else { return all }
    for name in names {
      let path = scratch.path + "/" + name
      _ = try? Program("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path]).run()
      if let identity = try? FileContents.read(path), let line = try? FileContents.read(path + ".pub") {
        all[name] = Pair(identity: identity, publicLine: line)
      }
    }
    return all
  }()

  /// `ssh-ed25519 BASE64`; empty for a name without a key.
  static func text(_ name: String) -> String {
    String(decoding: all[name]?.publicLine ?? [], as: UTF8.self).split(separator: " ").prefix(2).joined(separator: " ")
  }
}
