import WritHistory
import WritPlan
import WritPolicy
import WritSyntax
import WritSystem
import WritYAML

@testable import WritPlan

/// A policy text as plan tests use it: parsed, decoded, evaluated.
struct Sample {
  let policy: Policy
  let access: Access

  init(_ text: String) throws {
    let file = SourceFile(path: "policies/test.yaml", bytes: Array(text.utf8))
    let sources = SourceTable([file])
    let parsed = YAML.parse(file, id: SourceID(index: 0))
    let decoded = Policy.decode(
      files: parsed.root.map { [(SourceID(index: 0), $0)] } ?? [], sources: sources, zones: SystemZones())
    let errors = (parsed.findings + decoded.findings).filter { $0.severity == .error }
    guard errors.isEmpty else { throw Invalid(findings: errors.map { "\($0.slug.rawValue): \($0.message)" }) }
    policy = decoded.policy
    access = effectiveAccess(of: policy)
  }

  struct Invalid: Error { var findings: [String] }

  func host(_ name: String = "gpu01", at instant: Instant) -> DesiredState {
    HostName(validating: name).map { .host($0, policy: policy, access: access, at: instant) } ?? DesiredState()
  }
}

/// A target made of values: what a perfect one would hold after each change.
struct SimulatedTarget {
  var objects: [ObjectID: ObjectState] = [:]

  func live(_ scope: some Sequence<ObjectID>) -> LiveState {
    var live = LiveState()
    for id in scope { live.objects[id] = objects[id].map(Observed.present) ?? .absent }
    return live
  }

  /// Does exactly what a change says, and checks that it found what the change expected.
  mutating func apply(_ change: Change) -> Bool {
    var matched = true
    if let before = change.before {
      for (name, value) in before.attributes where objects[change.object]?[name] != value { matched = false }
    } else if objects[change.object] != nil {
      matched = false
    }
    objects[change.object] = change.after
    return matched
  }
}

func instant(_ text: String) throws -> Instant {
  struct NoInstant: Error { var text: String }
  guard let instant = Instant(rfc3339: text) else { throw NoInstant(text: text) }
  return instant
}
