internal import WritSystem

extension Ledger {
  /// How an export is packed.
  public enum Archive: String, Sendable, Hashable, CaseIterable {
    case zip, tar
  }

  /// Where everything lies in the archive.
  static let exportFolder = "writ-ledger/"

  /// The version that `state` was read from, as an archive that verifies itself without writ: all files of the ledger, with
  /// `verify.sh` and a README beside them.
  ///
  /// `git archive` packs it, and equal versions give equal bytes: times are those of the ledger's commit.
  public func exported(_ state: LedgerState, as archive: Archive) throws(LedgerError) -> [UInt8] {
    // Before the prefix: whether that counts for added files depends on git's version.
    try clone.git.run([
      "archive", "--format=\(archive.rawValue)", Self.added("verify.sh", PackageResources.verify_sh),
      Self.added("README.md", PackageResources.README_md), "--prefix=\(Self.exportFolder)", state.commit,
    ])
  }

  private static func added(_ name: String, _ content: [UInt8]) -> String {
    "--add-virtual-file=\(exportFolder)\(name):" + String(decoding: content, as: UTF8.self)
  }
}
