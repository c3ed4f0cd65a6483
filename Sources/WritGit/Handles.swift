internal import CLibgit2

// libgit2's types all import as OpaquePointer; each is wrapped at once, so that no commit is taken for a tree, and freed once.

struct TreeHandle: ~Copyable {
  let pointer: OpaquePointer

  init(_ repository: OpaquePointer, _ id: GitObjectID) throws(GitError) {
    try StoredObject.check(repository, id)
    var oid = id.oid
    var found: OpaquePointer?
    let code = git_tree_lookup(&found, repository, &oid)
    guard code == 0, let found else {
      throw code == GIT_ENOTFOUND.rawValue ? .missingObject(id) : Libgit2.failure(code, "read tree")
    }
    pointer = found
  }

  deinit { git_tree_free(pointer) }
}

/// The store of objects, asked by id. Replace refs play no part in it.
struct ObjectStore: ~Copyable {
  let pointer: OpaquePointer

  init(_ repository: OpaquePointer) throws(GitError) {
    var found: OpaquePointer?
    let code = git_repository_odb(&found, repository)
    guard code == 0, let found else { throw Libgit2.failure(code, "open object store") }
    pointer = found
  }

  deinit { git_odb_free(pointer) }
}

/// One object's bytes as stored, compared with its id: what git took in by itself it compared then, but a disk may fail since.
struct StoredObject: ~Copyable {
  let pointer: OpaquePointer

  /// The size is asked before anything is read: one object may be larger than the memory there is.
  ///
  /// - Throws: ``GitError/missingObject(_:)``, also where the object is of another kind; ``GitError/tooLarge(_:bytes:limit:)``.
  init(_ repository: OpaquePointer, _ id: GitObjectID, _ kind: git_object_t, limit: Int) throws(GitError) {
    let store = try ObjectStore(repository)
    var oid = id.oid
    var size = 0
    var found: OpaquePointer?
    var stored = kind
    var code = git_odb_read_header(&size, &stored, store.pointer, &oid)
    if code == GIT_ENOTFOUND.rawValue || (code == 0 && stored != kind) { throw .missingObject(id) }
    try Libgit2.check(code, "look up object")
    guard size <= limit else { throw .tooLarge(id, bytes: size, limit: limit) }
    code = git_odb_read(&found, store.pointer, &oid)
    guard code == 0, let found else { throw Libgit2.failure(code, "read object") }
    guard Self.isNamed(found, id) else {
      git_odb_object_free(found)
      throw .damagedObject(id)
    }
    pointer = found
  }

  private static func isNamed(_ object: OpaquePointer, _ id: GitObjectID) -> Bool {
    GitObjectID(named: bytes(of: object), git_odb_object_type(object)) == id
  }

  private static func bytes(of object: OpaquePointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object))
  }

  /// Compares an object with its id where libgit2 is about to read it for itself.
  ///
  /// - Throws: ``GitError/missingObject(_:)``, ``GitError/damagedObject(_:)``.
  static func check(_ repository: OpaquePointer, _ id: GitObjectID) throws(GitError) {
    let store = try ObjectStore(repository)
    var oid = id.oid
    var found: OpaquePointer?
    let code = git_odb_read(&found, store.pointer, &oid)
    if code == GIT_ENOTFOUND.rawValue { throw .missingObject(id) }
    guard code == 0, let found else { throw Libgit2.failure(code, "read object") }
    defer { git_odb_object_free(found) }
    guard isNamed(found, id) else { throw .damagedObject(id) }
  }

  var bytes: UnsafeRawBufferPointer { Self.bytes(of: pointer) }

  deinit { git_odb_object_free(pointer) }
}

/// A walk over the graph of commits.
struct WalkHandle: ~Copyable {
  let pointer: OpaquePointer

  init(_ repository: OpaquePointer) throws(GitError) {
    var found: OpaquePointer?
    let code = git_revwalk_new(&found, repository)
    guard code == 0, let found else { throw Libgit2.failure(code, "walk commits") }
    pointer = found
  }

  deinit { git_revwalk_free(pointer) }
}

/// Any object, as a revision names it.
struct ObjectHandle: ~Copyable {
  let pointer: OpaquePointer
  init(owning pointer: OpaquePointer) { self.pointer = pointer }
  deinit { git_object_free(pointer) }
}

struct ReferenceHandle: ~Copyable {
  let pointer: OpaquePointer
  init(owning pointer: OpaquePointer) { self.pointer = pointer }
  deinit { git_reference_free(pointer) }
}

struct RemoteHandle: ~Copyable {
  let pointer: OpaquePointer
  init(owning pointer: OpaquePointer) { self.pointer = pointer }
  deinit { git_remote_free(pointer) }
}

struct ConfigurationHandle: ~Copyable {
  let pointer: OpaquePointer
  init(owning pointer: OpaquePointer) { self.pointer = pointer }
  deinit { git_config_free(pointer) }
}

struct MailmapHandle: ~Copyable {
  let pointer: OpaquePointer
  init(owning pointer: OpaquePointer) { self.pointer = pointer }
  deinit { git_mailmap_free(pointer) }
}

/// Text or bytes that libgit2 allocates.
struct BufferHandle: ~Copyable {
  var buffer = git_buf()

  var bytes: [UInt8] {
    guard let start = buffer.ptr else { return [] }
    return start.withMemoryRebound(to: UInt8.self, capacity: buffer.size) {
      Array(UnsafeBufferPointer(start: $0, count: buffer.size))
    }
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  deinit {
    var copy = buffer
    git_buf_dispose(&copy)
  }
}
