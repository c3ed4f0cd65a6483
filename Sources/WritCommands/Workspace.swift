internal import WritGit
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem

/// The repository a command works in, and its policy at a commit or as it lies in the working tree.
struct Workspace {
  /// What is judged: a commit, or files that nobody committed.
  enum Basis: Equatable {
    case commit(String)
    case workingTree
  }

  /// A policy without errors, evaluated.
  struct Reading {
    var policy: Policy
    var access: Access
    var basis: Basis
    /// When it is evaluated.
    var instant: Instant
    var findings: [Finding]

    var commit: String? { if case .commit(let id) = basis { id } else { nil } }
  }

  let options: RepositoryOptions
  let repository: Repository
  let loader = PolicyLoader()

  init(options: RepositoryOptions) throws {
    self.options = options
    repository = try Repository(containing: options.repository)
  }

  /// Loads the policy and evaluates it.
  ///
  /// - Throws: ``CommandFailure`` with status 3 when the policy has errors; they are printed first.
  func read(_ basis: Basis, at instant: Instant) throws -> Reading {
    let loaded = loader.load(try files(basis), at: instant)
    guard let access = loaded.access else {
      let errors = loaded.findings.filter { $0.severity == .error }
      let report = FindingReport(errors, in: loaded.policy.sources)
      Terminal.message(report.text(width: Terminal.width, style: Terminal.errorStyle))
      throw CommandFailure(
        .invalidPolicy, "the policy is invalid, so nothing can be said of it",
        hint: "`writ explain \(errors.first?.slug.rawValue ?? "")` says more")
    }
    return Reading(
      policy: loaded.policy, access: access, basis: basis, instant: instant, findings: loaded.findings)
  }
}
