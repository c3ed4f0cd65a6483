import WritHistory
import WritPolicy
import WritSyntax
import WritYAML

/// A history of policy files in memory: no git, so that many random ones are quick.
struct MemoryHistory: PolicyFileReader {
  struct Commit {
    var time: Int64
    var files: [String: String]
  }

  var commits: [Commit] = []
  var isCut = false

  func line() throws(Never) -> HistoryLine {
    HistoryLine(
      commits.indices.map { HistoryCommit(id: "c\($0)", time: commits[$0].time, policyTree: tree($0)) }, isCut: isCut)
  }

  func reference(to commit: HistoryCommit) throws(Never) -> CommitRef {
    CommitRef(id: commit.id, time: commit.time, author: "a", committer: "b", subject: "s")
  }

  func files(of commit: HistoryCommit) throws(Never) -> [File] {
    let position = commits.indices.first { "c\($0)" == commit.id } ?? 0
    return commits[position].files.map { ($0.key, $0.value) }
  }

  func contents(of blob: String) throws(Never) -> [UInt8]? { Array(blob.utf8) }

  /// Equal files, equal id.
  private func tree(_ position: Int) -> String? {
    let files = commits[position].files
    return files.isEmpty ? nil : files.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined()
  }

  func source() -> PolicyFileSource<MemoryHistory> { PolicyFileSource(self, zones: OnlyUTC(), parse: YAML.parse) }

  func index() -> HistoryIndex { HistoryIndex(source()) }
}

struct OnlyUTC: ZoneCatalogue {
  func rules(named name: String) -> (any ZoneRules)? { UTCRules() }
}

func key(_ principal: String, _ permission: String) -> EdgeKey {
  guard let name = PrincipalName(validating: principal), let permission = Permission(permission) else {
    preconditionFailure("no edge: \(principal) \(permission)")
  }
  return EdgeKey(name, permission)
}

/// Seconds after the time that these tests begin at.
func at(_ seconds: Int64) -> Instant { Instant(seconds: start + seconds) }

/// 2026-01-01T00:00:00Z
let start: Int64 = 1_767_225_600

extension Blame {
  /// `c1 [0,50) date c1`; times as seconds after the beginning, `*` for none.
  var lines: [String] {
    periods.map { period in
      let end = period.interval.end == .distantFuture ? "*" : "\(period.interval.end.seconds - start)"
      let from = period.interval.start == .distantPast ? "*" : "\(period.interval.start.seconds - start)"
      let how =
        switch period.end {
        case .open: "open"
        case .date(let commit): "date \(commit.id)"
        case .commit(let commit): "commit \(commit.id)"
        }
      return "\(period.since.id) [\(from),\(end)) \(how)"
    }
  }
}
