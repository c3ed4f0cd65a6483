public import WritSystem

/// Why a tree could not be looked at, or not be worked on at all.
public enum TreeError: Error, Sendable, Hashable {
  /// Not absolute, or with an empty, `.` or `..` component.
  case badPath(String)
  /// A folder that no rule may cover whole.
  case forbiddenRoot(String)
  /// Two rules for one path.
  case twoRules(String)
  /// A component of the path to the tree's root is a symbolic link.
  case symbolicLink(String)
  case notADirectory(String)
  /// A folder above the tree's root can be changed by somebody who is neither root nor the tree's owner, who could put
  /// another folder in the tree's place.
  case writableParent(String, owner: UInt32, group: UInt32, mode: UInt16)
  /// The kernel does not tell mount ids (Linux before 5.8): a bind mount could not be told from a folder.
  case mountsUnknown(String)
  /// No rule of this name was given.
  case noRule(String)
  case system(SystemError)
}

extension TreeError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .badPath(let path): "\(visible(path)) is not a plain absolute path"
    case .forbiddenRoot(let path): "\(visible(path)) is no place for a tree"
    case .twoRules(let path): "two rules for \(visible(path))"
    case .symbolicLink(let path): "\(visible(path)) is a symbolic link"
    case .notADirectory(let path): "\(visible(path)) is not a directory"
    case .writableParent(let path, let owner, let group, let mode):
      "\(visible(path)) (owner \(owner), group \(group), mode \(octal(mode))) can be changed by others than root and the tree's owner"
    case .mountsUnknown(let path): "the kernel does not tell which mount \(visible(path)) belongs to"
    case .noRule(let path): "no rule for \(visible(path))"
    case .system(let error): "\(error.operation) \(visible(error.path)): \(error.reason)"
    }
  }
}
