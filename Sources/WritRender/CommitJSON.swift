public import WritDigest
public import WritHistory
internal import WritPolicy

/// A commit as the published JSON forms have it (design §10).
public enum CommitJSON {
  public static func value(_ commit: CommitRef) -> JSONValue {
    [
      "commit": .string(commit.id), "time": .string(Instant(seconds: commit.time).rfc3339),
      "author": .string(commit.author), "committer": .string(commit.committer),
      "signer": commit.signer.map { .string($0) } ?? .null,
      "approvers": .array(commit.approvers.map { .string($0) }),
      "pull_request": commit.pullRequest.map { .integer($0) } ?? .null, "subject": .string(commit.subject),
    ]
  }
}
