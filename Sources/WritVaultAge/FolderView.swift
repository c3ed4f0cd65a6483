internal import Glibc
internal import WritDigest
internal import WritSSHSignature
internal import WritSystem

/// What stands in one folder of the vault, before anybody judges it.
struct FolderView {
  enum File {
    case bytes([UInt8], Digest, AgeHeader?)
    /// No regular file, or over the size limit.
    case irregular

    var bytes: [UInt8]? { if case .bytes(let bytes, _, _) = self { bytes } else { nil } }
    var digest: Digest? { if case .bytes(_, let digest, _) = self { digest } else { nil } }
    var header: AgeHeader? { if case .bytes(_, _, let header) = self { header } else { nil } }
  }

  static let recipientsName = ".age-recipients"

  /// Of `.age-recipients`; nil when it is missing.
  var recipients: [UInt8]?
  /// By secret.
  var files: [String: File] = [:]
  /// Files that end in `.age` and are named as no secret can be.
  var misnamed: [String] = []
  /// Left by a writer that was killed.
  var leftovers: [String] = []

  /// Nothing that anybody would miss.
  var isEmpty: Bool { recipients == nil && files.isEmpty }

  init() {}

  init(_ folder: StoreFolder) throws(SystemError) {
    recipients = try folder.read(Self.recipientsName, limit: AgeProgram.fileLimit)
    for name in try folder.names() {
      if name.hasPrefix(".writ-"), name.hasSuffix(".tmp") { leftovers.append(name) }
      guard name.hasSuffix(".age"), !name.hasPrefix("."), !folder.isFolder(name) else { continue }
      let secret = String(name.dropLast(4))
      guard FolderPath.isComponent(secret) else {
        misnamed.append(name)
        continue
      }
      do {
        guard let bytes = try folder.read(name, limit: AgeProgram.fileLimit) else { continue }
        files[secret] = .bytes(bytes, Digest(of: bytes), AgeHeader(bytes))
      } catch {
        guard [ELOOP, EINVAL, EFBIG, ENXIO].contains(error.code) else { throw error }
        files[secret] = .irregular
      }
    }
  }

  /// Keys that `.age-recipients` lists, comments passed over; a line that is no ssh key comes as it is.
  var listedKeys: Set<String> {
    var keys: Set<String> = []
    for line in String(decoding: recipients ?? [], as: UTF8.self).split(whereSeparator: \.isNewline) {
      let text = line.drop { $0 == " " || $0 == "\t" }
      if text.isEmpty || text.hasPrefix("#") { continue }
      keys.insert(PublicKey(text, comment: true)?.description ?? visible(String(text.prefix(200))))
    }
    return keys
  }
}
