internal import WritPolicy
internal import WritSyntax

extension HostStateBuilder {
  /// What the baselines of this host say together; the policy was checked, so no two say different things.
  mutating func addBaselines() {
    var jupyter: (value: HostBaseline.Jupyter, causes: [Cause])?
    for baseline in policy.baselines(of: host) {
      let cause = Cause(
        .required, "host baseline \(baseline.name.value)", place: policy.sources.place(of: baseline.name.span))
      if let umask = baseline.umask {
        for file in Self.sessionFiles { add(ObjectID(.umask, file), lines: [Self.pamLine(umask.value)], cause) }
      }
      if let own = baseline.jupyter {
        jupyter = (
          HostBaseline.Jupyter(bind: own.bind, port: jupyter?.value.port ?? own.port),
          (jupyter?.causes ?? []) + [cause]
        )
      }
    }
    guard let jupyter else { return }
    for (name, program) in [("server", "ServerApp"), ("notebook", "NotebookApp")] {
      for cause in jupyter.causes {
        add(ObjectID(.jupyter, name), lines: Self.lines(of: jupyter.value, for: program), cause)
      }
    }
  }

  private mutating func add(_ id: ObjectID, lines: [String], _ cause: Cause) {
    if objects[id] == nil {
      add(id, ObjectState(["lines": .lines(lines)]), causes: [cause])
    } else {
      objects[id]?.causes.append(cause)
    }
  }

  /// What every service of PAM that opens sessions includes one of: with a terminal, and without (pam-auth-update(8)).
  private static let sessionFiles = ["common-session", "common-session-noninteractive"]

  /// Without `nousergroups` an account whose group has its own name, as every one of writ's has, would get 007 for 027.
  private static func pamLine(_ mask: UInt16) -> String {
    "session optional pam_umask.so umask=\(mask.octalMask) nousergroups"
  }

  /// In Python, as Jupyter reads it.
  private static func lines(of jupyter: HostBaseline.Jupyter, for program: String) -> [String] {
    var lines: [String] = []
    switch jupyter.bind.value {
    case .loopback:
      lines += ["c.\(program).ip = \"127.0.0.1\"", "c.\(program).allow_remote_access = False"]
    }
    if let port = jupyter.port { lines.append("c.\(program).port = \(port.value)") }
    return lines + ["c.\(program).open_browser = False"]
  }
}
