internal import CLibgit2

// libgit2's types all import as OpaquePointer; each is wrapped at once, so that no commit is taken for a tree, and freed once.

struct CommitHandle: ~Copyable {
  let pointer: OpaquePointer

  /// - Throws: ``GitError/missingObject(_:)`` when there is no such commit.
  init(_ repository: OpaquePointer, _ id: GitObjectID) throws(GitError) {
    var oid = id.oid
    var found: OpaquePointer?
    let code = git_commit_lookup(&found, repository, &oid)
    guard code == 0, let found else {
      throw code == GIT_ENOTFOUND.rawValue ? .missingObject(id) : Libgit2.failure(code, "read commit")
    }
    pointer = found
  }

  deinit { git_commit_free(pointer) }
}

struct TreeHandle: ~Copyable {
  let pointer: OpaquePointer

  init(_ repository: OpaquePointer, _ id: GitObjectID) throws(GitError) {
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

struct BlobHandle: ~Copyable {
  let pointer: OpaquePointer

  init(_ repository: OpaquePointer, _ id: GitObjectID) throws(GitError) {
    var oid = id.oid
    var found: OpaquePointer?
    let code = git_blob_lookup(&found, repository, &oid)
    guard code == 0, let found else {
      throw code == GIT_ENOTFOUND.rawValue ? .missingObject(id) : Libgit2.failure(code, "read blob")
    }
    pointer = found
  }

  deinit { git_blob_free(pointer) }
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
