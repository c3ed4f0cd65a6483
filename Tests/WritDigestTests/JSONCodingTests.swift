import Testing
import WritDigest

/// What is encoded reads back as it was, through canonical bytes, and nothing else is taken for it.
@Suite struct JSONCodingTests {
  enum Kind: String, Codable { case tree, group }

  enum Answer: Codable, Equatable {
    case nothing
    case some(Int, text: String?)
    case many([Item])
  }

  struct Item: Codable, Equatable {
    var name: String
    var kind: Kind
    var flag: Bool
    var number: Int64
    var seed: UInt64
    var missing: String?
    var names: Set<String>
    var table: [String: [Int]]
    var answer: [Answer]
    var digest: Digest
  }

  static let item = Item(
    name: "a \"quoted\" \u{1b} name", kind: .tree, flag: true, number: .min, seed: .max, missing: nil,
    names: ["a", "b"], table: ["x": [1, -2], "": []],
    answer: [.nothing, .some(3, text: nil), .some(0, text: ""), .many([])], digest: Digest(of: "x"))

  @Test func `what is encoded reads back`() throws {
    let bytes = try JSONValue(encoding: Self.item).canonical
    #expect(try JSONValue(canonical: bytes).decoded(as: Item.self) == Self.item)
    for number in [
      0, 1, -1, JSONValue.integerLimit - 1, JSONValue.integerLimit, JSONValue.integerLimit + 1, .max, .min,
    ] {
      #expect(try JSONValue(canonical: JSONValue(encoding: [number]).canonical).decoded(as: [Int].self) == [number])
    }
  }

  @Test func `a value of another shape is refused, and so is a fraction`() throws {
    let good = try #require(try JSONValue(encoding: Self.item).object)
    let spoilt: [(String, JSONValue?)] = [
      ("name", nil), ("name", 3), ("kind", "file"), ("flag", "true"), ("number", "9223372036854775808"),
      ("seed", -1), ("names", "a"), ("table", ["x": ["y"]]), ("answer", [["other": [:]]]), ("digest", "sha256:00"),
    ]
    for (member, value) in spoilt {
      var members = good
      members[member] = value
      #expect(throws: DecodingError.self, "\(member)") { try JSONValue.object(members).decoded(as: Item.self) }
    }
    #expect(throws: EncodingError.self) { try JSONValue(encoding: [1.5]) }
  }

  @Test func `a fault says where it is, however deep`() throws {
    let value: JSONValue = ["a": [["b": ["c": "x"]], ["b": ["c": 1]], 3], "m": ["k": ["l": ["x"]]]]
    let top = try JSONMembers(value)
    let elements = try #require(value.object?["a"]?.array)
    func fault(_ read: () throws(JSONShapeFault) -> Void) -> String {
      do throws(JSONShapeFault) { try read() } catch { return error.description }
      return "none"
    }
    let second = try JSONMembers(elements[1], path: "a/1").object("b")
    #expect(second.path == "a/1/b")
    #expect(fault { () throws(JSONShapeFault) in _ = try second.text("c") } == "a/1/b/c is not a text")
    #expect(fault { () throws(JSONShapeFault) in _ = try top.objects("a") } == "a/2 is not an object")
    #expect(
      fault { () throws(JSONShapeFault) in _ = try top.mapping("m")[0].value.integer("l") }
        == "m/k/l is not an integer")
    #expect(fault { () throws(JSONShapeFault) in _ = try top.object("none") } == "none is not an object")
  }
}
