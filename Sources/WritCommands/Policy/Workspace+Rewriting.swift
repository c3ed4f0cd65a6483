internal import WritPolicy
internal import WritSyntax
internal import WritSystem

extension Workspace {
  /// Writes files of the working tree anew, all of them or none: what was judged is what is replaced, and when one cannot be
  /// written those before it get back what they held.
  ///
  /// - Parameter judged: every policy file as it was read.
  /// - Throws: ``CommandFailure`` when any of those is another by now, `SystemError` when one cannot be written.
  func rewrite(_ changed: [Renewal.ChangedFile], judgedWith judged: [SourceFile]) throws {
    func texts(_ files: [SourceFile]) -> [String: [UInt8]] {
      Dictionary(files.map { ($0.path, $0.bytes) }) { first, _ in first }
    }
    guard texts(try files(.workingTree)) == texts(judged) else {
      throw CommandFailure(
        "the policy files were changed while this ran, so nothing was written", hint: "run it again")
    }
    var written: [Renewal.ChangedFile] = []
    do {
      for file in changed {
        try FileContents.rewrite(path(inWorkingTree: file.path), from: file.old, to: file.new)
        written.append(file)
      }
    } catch {
      for file in written.reversed() {
        do { try FileContents.rewrite(path(inWorkingTree: file.path), from: file.new, to: file.old) } catch {
          Terminal.message(
            "warning: \(visible(file.path)) could not be put back: \(visible(String(describing: error)))")
        }
      }
      throw error
    }
  }
}
