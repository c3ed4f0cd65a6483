import WritPolicy
import WritSyntax
import WritYAML

/// Policy files in which `«…»` shows what the findings must underline, and `$KEY1` stands for an ssh key.
struct MarkedText {
  var files: [SourceFile] = []
  /// Where the marks stood, sorted as spans sort.
  var marks: [SourceSpan] = []

  /// Files are set apart by lines of `---`; they are named `0.yaml`, `1.yaml`, …
  init(_ text: String) {
    let parts = text.split(separator: "\n---\n", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      var plain = ""
      var line: UInt32 = 1
      var column: UInt32 = 1
      var open: [SourcePosition] = []
      for scalar in Self.withKeys(String(part)).unicodeScalars {
        let here = SourcePosition(line: line, column: column)
        switch scalar {
        case "«": open.append(here)
        case "»":
          if let start = open.popLast() {
            marks.append(SourceSpan(source: SourceID(index: UInt32(index)), start: start, end: here))
          }
        case "\n":
          plain.unicodeScalars.append(scalar)
          line += 1
          column = 1
        default:
          plain.unicodeScalars.append(scalar)
          column += 1
        }
      }
      files.append(SourceFile(path: "\(index).yaml", bytes: Array(plain.utf8)))
    }
    marks.sort()
  }

  private static func withKeys(_ text: String) -> String {
    guard text.contains("$KEY") else { return text }
    var pieces = text.split(separator: "$KEY", omittingEmptySubsequences: false).map(String.init)
    for index in pieces.indices.dropFirst() {
      let digit = pieces[index].removeFirst()
      pieces[index] = testKey(UInt8(digit.wholeNumberValue ?? 0)) + pieces[index]
    }
    return pieces.joined()
  }

  func decoded() -> (policy: Policy, findings: [Finding]) {
    let sources = SourceTable(files)
    var findings: [Finding] = []
    var roots: [(SourceID, Node)] = []
    for id in sources.ids {
      let parsed = YAML.parse(sources[id], id: id)
      findings += parsed.findings
      if let root = parsed.root { roots.append((id, root)) }
    }
    let decoded = Policy.decode(files: roots, sources: sources, zones: TestZones())
    return (decoded.policy, (findings + decoded.findings).inOrder())
  }
}

struct TestZones: ZoneCatalogue {
  func rules(named name: String) -> (any ZoneRules)? {
    switch name {
    case "Asia/Shanghai": TableZone.shanghai
    case "Europe/Berlin": TableZone.berlin
    default: nil
    }
  }
}

/// A well-formed ed25519 key; different numbers give different keys.
func testKey(_ number: UInt8) -> String {
  "ssh-ed25519 " + base64(sshString("ssh-ed25519".utf8) + sshString([UInt8](repeating: number, count: 32)))
}

func sshString(_ bytes: some Collection<UInt8>) -> [UInt8] {
  let count = UInt32(bytes.count)
  return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } + Array(bytes)
}

func base64(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    let number = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
    for place in 0..<4 {
      text.append(place <= group.count ? alphabet[Int(number >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
    }
  }
  return String(decoding: text, as: UTF8.self)
}
