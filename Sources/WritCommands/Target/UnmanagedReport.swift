internal import WritApply
internal import WritDigest
internal import WritHostLinux
internal import WritPlan
internal import WritPolicy
internal import WritSyntax

/// What `drift --unmanaged` prints: what gives access on each host and nobody manages.
struct UnmanagedReport {
  private enum Answer {
    case found([UnmanagedAccess])
    case failed(String)
  }

  private var hosts: [(target: TargetName, answer: Answer)] = []

  init(_ session: PlanningSession, _ state: LedgerState) {
    for case let host as LinuxHost in session.targets {
      let desired = Planning.desired(host.name, in: session.reading)
      let owned = (state.owned[host.name] ?? []).union(desired.objects.keys)
      do {
        hosts.append((host.name, .found(try host.unmanaged(owned: owned))))
      } catch {
        let reason = CommandFailure.from(error)?.message ?? visible(String(describing: error))
        hosts.append((host.name, .failed(reason)))
      }
    }
  }

  /// - Throws: `ExitCode` when a host could not be read whole.
  func write(_ format: OutputFormat) throws {
    switch format {
    case .json: Terminal.writeLine(json.canonicalText)
    default: Terminal.write(text)
    }
    for (_, answer) in hosts {
      if case .failed = answer { throw CommandFailure(.failed, "a host could not be read whole") }
    }
  }

  private var text: String {
    hosts.map { target, answer in
      switch answer {
      case .failed(let reason): "\(target)\n  ? unreadable  \(reason)\n"
      case .found(let items):
        "\(target): \(items.count) unmanaged\n"
          + items.map { "  \($0.kind.rawValue) \(visible($0.name)): \(visible($0.detail))\n" }.joined()
      }
    }.joined()
  }

  private var json: JSONValue {
    let targets: [JSONValue] = hosts.map { target, answer in
      switch answer {
      case .failed(let reason): ["target": .string(target.description), "failed": .string(reason)]
      case .found(let items):
        [
          "target": .string(target.description),
          "unmanaged": .array(
            items.map {
              ["kind": .string($0.kind.rawValue), "name": .string($0.name), "detail": .string($0.detail)]
            }),
        ]
      }
    }
    return ["format_version": 1, "targets": .array(targets)]
  }
}
