/// Port: reads the files of commits that a walk has yet to come to, while it works on those before.
public protocol PolicyFilesAhead<Failure>: AnyObject {
  associatedtype Failure: Error

  /// With fewer commits than this to come nobody reads ahead.
  var fewest: Int { get }

  /// Begins anew from there, as ``PolicyFiles/walk(_:_:_:give:)`` does; what was read before is no longer wanted.
  func begin(_ files: PolicyFiles, _ commits: [HistoryCommit])
  /// The next step, once it is there; nil after the last one and where nobody reads.
  func next() -> Result<PolicyFileStep, Failure>?
  func stop()
}

/// What one source has of a reader ahead. It foresees that every policy holds together; where one did not, what was read
/// after it is dropped, and the more often that happens the longer nothing is foreseen.
struct AheadOfSource<Failure: Error> {
  /// The line, from the commit that is asked for next.
  var commits: ArraySlice<HistoryCommit> = []
  private let reader: any PolicyFilesAhead<Failure>
  private var isReading = false
  /// Steps until it begins again, and how many those will be the next time.
  private var pause = 0
  private var nextPause = 1

  private static var longestPause: Int { 64 }

  init(_ reader: any PolicyFilesAhead<Failure>) { self.reader = reader }

  func stop() { reader.stop() }

  /// nil: it was not foreseen, or could not be read, which whoever reads it now will see.
  mutating func step(to commit: HistoryCommit, from files: PolicyFiles) -> PolicyFileStep? {
    while let first = commits.first, first != commit { commits.removeFirst() }
    if !isReading {
      if pause > 0 {
        pause -= 1
        return nil
      }
      guard commits.count >= reader.fewest else { return nil }
      reader.begin(files, Array(commits))
      isReading = true
    }
    if case .success(let step)? = reader.next(), step.commit == commit, step.base == files.commit { return step }
    reader.stop()
    isReading = false
    pause = nextPause
    nextPause = min(nextPause * 2, Self.longestPause)
    return nil
  }
}
