internal import ArgumentParser
internal import Glibc
internal import WritHostLinux
internal import WritPolicy
internal import WritRender
internal import WritSSHSignature
internal import WritSyntax
internal import WritSystem

/// New policy text out of what a host has, which is to become a file of its own.
struct DraftFile {
  let yaml: String

  /// What findings call it.
  private static let name = "(import).yaml"

  /// The policy together with the draft.
  ///
  /// - Parameter edited: the other policy files, where they are to be edited as well.
  /// - Throws: ``CommandFailure`` with status 3 when it would be invalid; the findings are printed first.
  func checked(
    _ workspace: Workspace, _ reading: Workspace.Reading, edited: [SourceFile]? = nil, hint: String
  ) throws -> Workspace.Reading {
    let file = SourceFile(path: workspace.options.policies + "/" + Self.name, bytes: Array(yaml.utf8))
    let loaded = workspace.loader.load((edited ?? reading.policy.sources.files) + [file], at: reading.instant)
    if let found = Workspace.Reading(loaded, .workingTree, at: reading.instant) { return found }
    Terminal.message(
      FindingReport(loaded.findings.filter { $0.severity == .error }, in: loaded.policy.sources)
        .text(width: Terminal.width, style: Terminal.errorStyle))
    throw CommandFailure(
      .invalidPolicy, "the policy would be invalid with what was found, so nothing was written", hint: hint)
  }

  func write(to path: String) throws {
    // O_EXCL: a file that is there is never written over, and a link never followed.
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else {
      if errno == EEXIST { throw CommandFailure("`\(visible(path))` is there already, and stays as it is") }
      throw CommandFailure(visible(SystemError("create", path).description))
    }
    close(descriptor)
    try FileContents.replace(path, with: Array(yaml.utf8), mode: 0o644)
  }
}

extension Workspace {
  /// A host as it is looked at from within: a folder, or the machine that this runs on.
  ///
  /// - Throws: ``CommandFailure`` for another machine.
  func localHost(_ host: Host, _ reading: Reading) throws -> LinuxHost {
    // What others reach by ssh is looked at from within.
    let isHere = try LinuxHost.thisMachine(holds: host.hostKeys.map(\.value))
    let name = host.name.value
    let factory = TargetFactory(
      workspace: self, policy: reading.policy, commit: nil,
      applier: try Applier(ApplierOptions.parse([]), in: self),
      signers: try .init([]), now: reading.instant, here: isHere ? name : nil)
    guard let target = factory.target(.host(name)) as? LinuxHost else {
      throw CommandFailure("`\(name)` is another machine, and what is there is written down by writ on it")
    }
    return target
  }
}
