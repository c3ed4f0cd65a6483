internal import Glibc
internal import WritDigest
internal import WritSystem

/// The rules of egress in the kernel of this machine, by way of nft(8), which replaces a table in one step or not at all.
struct EgressKernel {
  enum Loaded: Equatable {
    case absent
    case rules(EgressRules)
    /// A table of writ's name that is not as writ makes it, and why.
    case other(String)
  }

  static let nft = "/usr/sbin/nft"
  private static let unshare = "/usr/bin/unshare"

  /// Whether nft takes the whole file; nothing is loaded.
  ///
  /// - Parameter apart: in a network namespace of its own: of a folder laid out like a host it says nothing what this machine
  ///   has loaded.
  func check(_ bytes: [UInt8], apart: Bool) throws(HostError) {
    let words = ["-c", "-f", "-"]
    try run(
      apart ? Program(Self.unshare, ["-n", Self.nft] + words, input: bytes) : Program(Self.nft, words, input: bytes))
  }

  func load(_ bytes: [UInt8]) throws(HostError) { try run(Program(Self.nft, ["-f", "-"], input: bytes)) }

  /// Takes the table out of the kernel, whether or not it is there.
  func remove() throws(HostError) { try load(Array(EgressRules.removal.utf8)) }

  /// Holds one more account back; nothing else changes.
  func deny(_ uid: UInt32) throws(HostError) {
    let words = ["add", "element", EgressRules.family, EgressRules.table, EgressRules.set, "{ \(uid) }"]
    try run(Program(Self.nft, words))
  }

  /// - Throws: ``HostError`` when the kernel cannot be asked; that it has no such table is no error.
  func loaded() throws(HostError) -> Loaded {
    let tables = try listing(["tables"])
    let isThere = tables["nftables"]?.array?.contains {
      $0["table"]?["family"] == .string(EgressRules.family) && $0["table"]?["name"] == .string(EgressRules.table)
    }
    guard let isThere else { throw .refused(tool: "nft", complaint: "it lists no tables") }
    guard isThere else { return .absent }
    let listed = try listing(["table", EgressRules.family, EgressRules.table])
    do throws(EgressRules.Otherwise) { return .rules(try EgressRules(listing: listed)) } catch {
      return .other(error.reason)
    }
  }

  private func listing(_ words: [String]) throws(HostError) -> JSONValue {
    let output = try run(Program(Self.nft, ["-j", "list"] + words))
    do throws(JSONFault) { return try JSONValue(foreign: output) } catch {
      throw .refused(tool: "nft", complaint: "its listing is no JSON that writ can read")
    }
  }

  @discardableResult private func run(_ program: Program) throws(HostError) -> [UInt8] {
    guard access(Self.nft, X_OK) == 0 else { throw .refused(tool: Self.nft, complaint: "it is not installed") }
    let result = try hostErrors { try program.run() }
    guard result.succeeded else {
      let lines = result.errorText.split(separator: "\n").prefix(3).map { String($0).visible }
      throw .refused(tool: "nft", complaint: lines.joined(separator: "; "))
    }
    return result.output
  }
}

extension EgressRules {
  /// Makes the table and deletes it in one step, so that it does not matter whether it is there.
  static let removal = "table \(family) \(table)\ndelete table \(family) \(table)\n"
}
