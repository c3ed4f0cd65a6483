internal import Glibc
internal import WritApply
internal import WritHostLinux
internal import WritPlan
internal import WritPolicy

/// Says of what drifted who changed it, where the host's audit log knows.
struct DriftNames {
  /// Who is meant by a uid is for these to say, the first first, and never for the host.
  let policies: [Policy]

  /// The plan with the people behind each difference among its causes, and with a remark where the log has gaps.
  func named(_ plan: TargetPlan, of target: any Target, _ since: Instant) -> TargetPlan {
    let drifted = Set(plan.changes.filter { $0.difference != .change }.map(\.object))
    guard !drifted.isEmpty, let host = target as? LinuxHost,
      let traces = host.traces(of: drifted.sorted(), since: since, besides: Self.ownPrograms)
    else { return plan }
    var plan = plan
    for index in plan.changes.indices where plan.changes[index].difference != .change {
      let events = traces.events[plan.changes[index].object.description] ?? []
      plan.changes[index].causes += events.map { Cause(.drift, text($0)) }
    }
    plan.remarks += traces.gaps.map { "who made the changes may not be told: \($0)" }
    return plan
  }

  /// `sun.hao (login uid 20014) with /usr/bin/vim at 2026-11-20T09:00:00Z, audit event 4711`
  private func text(_ event: AuditEvent) -> String {
    let who: String
    if let login = event.login {
      who = "\(principal(login) ?? "somebody whom the policy does not name") (login uid \(login))"
    } else {
      who = "nobody who logged in"
    }
    return "\(who) with \(event.program) at \(event.time.rfc3339), audit event \(event.serial)"
  }

  private func principal(_ uid: UInt32) -> String? {
    if uid == 0 { return "root" }
    return policies.lazy.compactMap { policy in policy.principals.first { policy.uid(of: $0) == uid }?.text }.first
  }

  /// writ and the agent beside it, as they are called here.
  private static let ownPrograms: Set<String> = {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { return [] }
    let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    return [path, folder + "/writ-agent"]
  }()
}
