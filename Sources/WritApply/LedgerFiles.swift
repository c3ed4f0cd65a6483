/// The files of one version of the ledger, wherever they come from: a commit, a folder, an archive.
///
/// All paths are listed; the contents of some may not have been read.
struct LedgerFiles: Sendable {
  /// Every path with the name of its content in git's store, empty where there is none.
  var listing: [String: String] = [:]
  /// Paths that are no plain file.
  var irregular: [String] = []
  var contents: [String: [UInt8]] = [:]

  init() {}

  /// Files that are all at hand.
  init(contents: [String: [UInt8]]) {
    self.contents = contents
    listing = contents.mapValues { _ in "" }
  }

  subscript(path: String) -> [UInt8]? { contents[path] }

  /// How many entries are listed.
  var entryCount: Int {
    listing.keys.reduce(0) { $0 + ($1.hasPrefix("entries/") && $1.hasSuffix(".json") ? 1 : 0) }
  }
}

extension LedgerGit {
  /// Lists the files of a commit.
  func files(of commit: String) throws(LedgerError) -> LedgerFiles {
    var files = LedgerFiles()
    let listing = try run(["ls-tree", "-r", "-z", "--full-tree", commit])
    for line in listing.split(separator: 0) {
      // `100644 blob OID<TAB>PATH`
      guard let tab = line.firstIndex(of: UInt8(ascii: "\t")) else { continue }
      let fields = line[..<tab].split(separator: UInt8(ascii: " "))
      let path = String(decoding: line[(tab + 1)...], as: UTF8.self)
      guard fields.count == 3 else { continue }
      files.listing[path] = String(decoding: fields[2], as: UTF8.self)
      if !fields[0].elementsEqual("100644".utf8) { files.irregular.append(path) }
    }
    return files
  }

  /// Reads the contents of the chosen files.
  func load(_ files: inout LedgerFiles, where isWanted: (String) -> Bool) throws(LedgerError) {
    // In the order of their names entries that follow one another, which git stores as differences, are read together.
    let wanted = files.listing.filter { isWanted($0.key) && files.contents[$0.key] == nil }.sorted { $0.key < $1.key }
    files.contents.reserveCapacity(files.contents.count + wanted.count)
    try read(wanted) { files.contents[$0] = $1 }
  }

  /// The same files with the contents of these alone; what is not listed is left out.
  func contents(_ paths: [String], of listed: LedgerFiles) throws(LedgerError) -> LedgerFiles {
    var files = listed
    files.contents = [:]
    files.contents.reserveCapacity(paths.count)
    var wanted: [(key: String, value: String)] = []
    for path in paths {
      if let name = listed.listing[path] { wanted.append((path, name)) }
    }
    try read(wanted) { files.contents[$0] = $1 }
    return files
  }

  /// Reads blobs in one process.
  ///
  /// - Parameter wanted: paths with the names of their contents.
  private func read(
    _ wanted: [(key: String, value: String)], _ take: (String, [UInt8]) -> Void
  ) throws(LedgerError) {
    guard !wanted.isEmpty else { return }
    let output = try run(
      ["cat-file", "--batch", "--buffer"], input: Array(wanted.map { $0.value + "\n" }.joined().utf8))
    var position = 0
    for (path, name) in wanted {
      // `OID blob SIZE<LF>CONTENT<LF>`
      guard let end = output[position...].firstIndex(of: UInt8(ascii: "\n")) else {
        throw .git(command: "cat-file", reason: "output cut short")
      }
      let fields = output[position..<end].split(separator: UInt8(ascii: " "))
      guard fields.count == 3, fields[0].elementsEqual(name.utf8), fields[1].elementsEqual("blob".utf8),
        let size = Int(String(decoding: fields[2], as: UTF8.self)), end + 1 + size < output.count
      else { throw .git(command: "cat-file", reason: "no blob for \(path)") }
      take(path, Array(output[(end + 1)..<(end + 1 + size)]))
      position = end + 2 + size
    }
  }
}
