import Glibc
import Testing
import WritGit
import WritSystem
import WritTestSupport

@Suite struct `A damaged repository` {
  /// Puts the stored form of one object in the place of another's, which zlib's own checksum does not notice.
  private func replace(_ victim: String, by other: String, in made: ScratchRepository) throws {
    func path(_ id: String) -> String { "\(made.path)/.git/objects/\(id.prefix(2))/\(id.dropFirst(2))" }
    chmod(path(victim), 0o644)
    try FileContents.replace(path(victim), with: FileContents.read(path(other)), mode: 0o444)
  }

  @Test func `is noticed at every kind of object, and named`() throws {
    let made = try ScratchRepository()
    let first = try made.commit("first", ["p/a.yaml": "one"])
    let second = try made.commit("second", ["p/a.yaml": "two"])
    try made.git("tag", "-a", "-m", "of the first", "v1", first)
    try made.git("tag", "-a", "-m", "of the second", "v2", second)
    func id(_ text: String) throws -> String { try made.git("rev-parse", text) }
    let (blob, tree, tag) = (try id("HEAD:p/a.yaml"), try id("HEAD:p"), try id("v2"))
    let (commitID, treeID, blobID) = (
      try #require(GitObjectID(hex: second)), try #require(GitObjectID(hex: tree)), try #require(GitObjectID(hex: blob))
    )
    func damaged(_ hex: String) throws -> GitError { .damagedObject(try #require(GitObjectID(hex: hex))) }

    try replace(blob, by: id("HEAD~:p/a.yaml"), in: made)
    #expect(throws: try damaged(blob)) {
      try Repository(containing: made.path).contents(of: blobID, limit: 1 << 20)
    }
    let older = try id("HEAD~:p")
    try replace(tree, by: older, in: made)
    #expect(throws: try damaged(tree)) {
      try Repository(containing: made.path).files(below: treeID, folder: "p") { _ in true }
    }
    #expect(throws: try damaged(tree)) {
      let repository = try Repository(containing: made.path)
      _ = try TreeComparison(repository, folder: "p") { _ in true }.changes(from: nil, to: treeID)
    }
    try replace(tag, by: id("v1"), in: made)
    #expect(throws: try damaged(tag)) { try Repository(containing: made.path).resolve("v2") }
    #expect(try Repository(containing: made.path).resolve("v1").hex == first)
    try replace(second, by: first, in: made)
    #expect(throws: try damaged(second)) { try Repository(containing: made.path).commit(commitID) }
    #expect(throws: try damaged(second)) { try Repository(containing: made.path).signature(of: commitID) }
    #expect(throws: try damaged(second)) { try Repository(containing: made.path).line(from: commitID, folder: "p") }
    #expect(throws: try damaged(second)) {
      try Repository(containing: made.path).commits(of: commitID, without: nil, limit: 10)
    }
  }
}
