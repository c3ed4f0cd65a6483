internal import Glibc
internal import WritHostLinux

/// `tree-probe scan|mend|narrow HOST PATH OWNER GROUP DIRECTORIES FILES WRITERS [THREADS]`: one tree, in a process of its own.
///
/// Prints what was found, and the most memory it took in KiB. Exit status 0: seen whole, or mended; 1: not.
@main
struct TreeProbe {
  static func main() {
    let words = CommandLine.arguments
    guard words.count == 9 || words.count == 10, let owner = UInt32(words[4]), let group = UInt32(words[5]),
      let directories = UInt16(words[6], radix: 8), let files = UInt16(words[7], radix: 8)
    else { exit(64) }
    let rule = TreeRule(
      path: words[3], owner: owner, group: group, directories: directories, files: files,
      writers: words[8].split(separator: ",").compactMap { UInt32($0) })
    do throws(TreeError) {
      let engine = try TreeEngine(try TreeHostRoot(words[2]), rules: [rule])
      let walks = words.count == 10 ? Int(words[9]) : nil
      let status =
        words[1] == "scan" ? try look(engine, rule) : try mend(engine, rule, narrowOnly: words[1] == "narrow", walks)
      print("memory: \(mostMemory())")
      exit(status)
    } catch {
      print("refused: \(error)")
      exit(1)
    }
  }

  private static func look(_ engine: TreeEngine, _ rule: TreeRule) throws(TreeError) -> Int32 {
    guard let report = try engine.scan()[rule.path]?.get() else { return 1 }
    for line in report.lines() { print(line) }
    for obstacle in report.obstacles { print("obstacle: \(obstacle.text)") }
    for notice in report.notices { print("notice: \(notice.text)") }
    return report.isComplete ? 0 : 1
  }

  private static func mend(
    _ engine: TreeEngine, _ rule: TreeRule, narrowOnly: Bool, _ walks: Int?
  ) throws(TreeError) -> Int32 {
    let mending = try engine.mend(rule.path, narrowOnly: narrowOnly, walks: walks)
    print("changed: \(mending.changed)")
    for failure in mending.failures { print("failure: \(failure.path): \(failure.reason)") }
    for obstacle in mending.obstacles { print("obstacle: \(obstacle.text)") }
    return mending.isDone ? 0 : 1
  }

  /// KiB at the most so far: proc(5), `VmHWM`. What getrusage(2) says counts whoever started this as well.
  private static func mostMemory() -> String {
    guard let file = fopen("/proc/self/status", "r") else { return "" }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, file) != nil {
      let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split {
        $0 == " " || $0 == "\t"
      }
      if words.first == "VmHWM:", words.count > 1 { return String(words[1]) }
    }
    return ""
  }
}
