/// What can be done with a resource. Which operations a resource has follows from its kind (design §4).
public struct Operation: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let text: String

  /// Operations are names too: `external` resources declare their own.
  public init?(validating text: String) {
    guard let name = Identifier<OperationTag>(validating: text) else { return nil }
    self.text = name.text
  }

  private enum OperationTag {}
  private init(known: String) { text = known }

  public static let read = Operation(known: "read")
  public static let write = Operation(known: "write")
  public static let use = Operation(known: "use")
  public static let manage = Operation(known: "manage")
  public static let run = Operation(known: "run")
  public static let ssh = Operation(known: "ssh")
  public static let member = Operation(known: "member")
  public static let connect = Operation(known: "connect")

  public var description: String { text }
  public static func < (a: Operation, b: Operation) -> Bool { a.text < b.text }
}

/// The exact thing a permission is about: a resource, or one person's folder below an `{account}` tree.
public struct Object: Hashable, Sendable, Comparable, CustomStringConvertible {
  public var resource: ResourceName
  /// Whose folder, for a tree with `{account}` in its path; nil for every other resource.
  public var folder: PrincipalName?

  public init(_ resource: ResourceName, folder: PrincipalName? = nil) {
    self.resource = resource
    self.folder = folder
  }

  /// `base-weights`, `outputs/sun.hao`.
  public var description: String { folder.map { "\(resource)/\($0)" } ?? resource.text }

  public static func < (a: Object, b: Object) -> Bool {
    if a.resource != b.resource { return a.resource < b.resource }
    switch (a.folder, b.folder) {
    case (nil, nil), (.some, nil): return false
    case (nil, .some): return true
    case (.some(let x), .some(let y)): return x < y
    }
  }
}

/// `resource:operation`, e.g. `base-weights:read` or `outputs/sun.hao:write`.
public struct Permission: Hashable, Sendable, Comparable, CustomStringConvertible {
  public var object: Object
  public var operation: Operation

  public init(_ object: Object, _ operation: Operation) {
    self.object = object
    self.operation = operation
  }

  public var description: String { "\(object):\(operation)" }

  /// Reads what ``description`` writes; nil when it is none.
  public init?(_ text: String) {
    let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard halves.count == 2, let operation = Operation(validating: String(halves[1])) else { return nil }
    let names = halves[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let resource = ResourceName(validating: String(names[0])) else { return nil }
    if names.count == 2 {
      guard let folder = PrincipalName(validating: String(names[1])) else { return nil }
      self.init(Object(resource, folder: folder), operation)
    } else {
      self.init(Object(resource), operation)
    }
  }

  public static func < (a: Permission, b: Permission) -> Bool {
    a.object != b.object ? a.object < b.object : a.operation < b.operation
  }
}
