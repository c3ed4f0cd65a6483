/// A member that is missing or not what the format says.
public struct JSONShapeFault: Error, Sendable, Hashable, CustomStringConvertible {
  /// Where: `targets/0/changes/3/phase`.
  public var path: String
  /// What should be there: `a text`, `one of create, update`.
  public var expected: String

  public init(path: String, expected: String) {
    self.path = path
    self.expected = expected
  }

  public var description: String { "\(path) is not \(expected)" }
}

/// The members of one JSON object, each asked for by name and by what it must be.
public struct JSONMembers: Sendable {
  public let all: [String: JSONValue]
  private let place: Place

  /// Where an object stands, put together only when it is asked for: most are read without a fault.
  private indirect enum Place: Sendable {
    case written(String)
    case member(String, of: Place)
    case element(Int, of: String, Place)

    var path: String {
      switch self {
      case .written(let path): path
      case .member(let name, let outer): outer.path(of: name)
      case .element(let index, let name, let outer): outer.path(of: "\(name)/\(index)")
      }
    }

    func path(of name: String) -> String {
      let path = path
      return path.isEmpty ? name : "\(path)/\(name)"
    }
  }

  public var path: String { place.path }

  /// - Throws: ``JSONShapeFault`` when `value` is no object.
  public init(_ value: JSONValue, path: String = "") throws(JSONShapeFault) {
    try self.init(value, at: .written(path))
  }

  private init(_ value: JSONValue, at place: Place) throws(JSONShapeFault) {
    guard let all = value.object else { throw JSONShapeFault(path: place.path, expected: "an object") }
    self.place = place
    self.all = all
  }

  public func fault(_ name: String, _ expected: String) -> JSONShapeFault {
    JSONShapeFault(path: place.path(of: name), expected: expected)
  }

  public func optionalText(_ name: String) throws(JSONShapeFault) -> String? {
    guard let value = all[name] else { return nil }
    guard let text = value.string else { throw fault(name, "a text") }
    return text
  }

  public func text(_ name: String) throws(JSONShapeFault) -> String {
    guard let text = try optionalText(name) else { throw fault(name, "a text") }
    return text
  }

  public func integer(_ name: String) throws(JSONShapeFault) -> Int {
    guard let number = all[name]?.integer else { throw fault(name, "an integer") }
    return number
  }

  /// Absent means false.
  public func flag(_ name: String) throws(JSONShapeFault) -> Bool {
    guard let value = all[name] else { return false }
    guard let flag = value.bool else { throw fault(name, "true or false") }
    return flag
  }

  /// What `read` makes of the text; `expected` says what that is.
  @inlinable
  public func value<T>(_ name: String, _ expected: String, _ read: (String) -> T?) throws(JSONShapeFault) -> T {
    guard let value = read(try text(name)) else { throw fault(name, expected) }
    return value
  }

  @inlinable
  public func optionalValue<T>(
    _ name: String, _ expected: String, _ read: (String) -> T?
  ) throws(JSONShapeFault) -> T? {
    guard let text = try optionalText(name) else { return nil }
    guard let value = read(text) else { throw fault(name, expected) }
    return value
  }

  /// `sha256:` and 64 digits.
  public func digest(_ name: String) throws(JSONShapeFault) -> Digest {
    try value(name, "a digest") { Digest(prefixed: $0) }
  }

  public func texts(_ name: String) throws(JSONShapeFault) -> [String] {
    var texts: [String] = []
    for element in try elements(name) {
      guard let text = element.string else { throw fault(name, "a list of texts") }
      texts.append(text)
    }
    return texts
  }

  /// Elements of an array; absent means none.
  public func elements(_ name: String) throws(JSONShapeFault) -> [JSONValue] {
    guard let value = all[name] else { return [] }
    guard let elements = value.array else { throw fault(name, "a list") }
    return elements
  }

  /// Elements of an array of objects; absent means none.
  public func objects(_ name: String) throws(JSONShapeFault) -> [JSONMembers] {
    var objects: [JSONMembers] = []
    for (index, element) in try elements(name).enumerated() {
      objects.append(try JSONMembers(element, at: .element(index, of: name, place)))
    }
    return objects
  }

  public func object(_ name: String) throws(JSONShapeFault) -> JSONMembers {
    guard let value = all[name] else { throw fault(name, "an object") }
    return try JSONMembers(value, at: .member(name, of: place))
  }

  public func optionalObject(_ name: String) throws(JSONShapeFault) -> JSONMembers? {
    all[name] == nil ? nil : try object(name)
  }

  /// Members of a mapping, in key order; absent means none.
  public func mapping(_ name: String) throws(JSONShapeFault) -> [(key: String, value: JSONMembers)] {
    guard let members = try optionalObject(name) else { return [] }
    var pairs: [(key: String, value: JSONMembers)] = []
    for (key, value) in members.all.sorted(by: { $0.key < $1.key }) {
      pairs.append((key, try JSONMembers(value, at: .member(key, of: members.place))))
    }
    return pairs
  }
}

extension Digest {
  /// Reads what ``description`` writes: `sha256:` and 64 lower-case hexadecimal digits.
  public init?(prefixed text: String) {
    guard text.utf8.starts(with: "sha256:".utf8) else { return nil }
    self.init(digits: text.utf8.dropFirst(7))
  }
}

extension JSONValue {
  /// An object of the members that are there: what is nil is left out, never null.
  public static func members(_ members: [String: JSONValue?]) -> JSONValue {
    .object(members.compactMapValues { $0 })
  }
}
