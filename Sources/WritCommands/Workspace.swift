internal import WritGit
internal import WritHistory
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
    guard let reading = Reading(loaded, basis, at: instant) else {
      let errors = loaded.findings.filter { $0.severity == .error }
      let report = FindingReport(errors, in: loaded.policy.sources)
      Terminal.message(report.text(width: Terminal.width, style: Terminal.errorStyle))
      throw CommandFailure(
        .invalidPolicy, "the policy is invalid, so nothing can be said of it",
        hint: "`writ explain \(errors.first?.slug.rawValue ?? "")` says more")
    }
    return reading
  }

  /// Loads the policy of a commit that was good once, perhaps for an earlier version of writ.
  ///
  /// - Returns: nil with the reason when this version finds it wrong, or when there is none.
  func readIfGood(_ commit: String, at instant: Instant) throws -> (reading: Reading?, problem: String) {
    let loaded: PolicyLoader.Loaded
    do { loaded = loader.load(try files(.commit(commit)), at: instant) } catch let failure as CommandFailure
      where failure.status == .invalidPolicy
    {
      return (nil, failure.message)
    }
    let error = loaded.findings.first { $0.severity == .error }
    return (
      Reading(loaded, .commit(commit), at: instant), error.map { "\($0.slug.rawValue): \($0.message)" } ?? ""
    )
  }
}

extension Workspace {
  /// The policy of the accepted commit as far as it says which branch is applied. One that this version finds wrong
  /// elsewhere must not keep a leaver's access alive.
  func branchPolicy(of accepted: String) throws -> Policy {
    do { return loader.load(try files(.commit(accepted)), at: .distantPast).policy } catch let failure as CommandFailure
      where failure.status == .invalidPolicy
    {
      // No policy where it is looked for, as after the folder moved: then the default branch counts.
      return Policy(sources: SourceTable())
    }
  }
}

extension Workspace.Reading {
  /// Nil when the policy has errors.
  init?(_ loaded: PolicyLoader.Loaded, _ basis: Workspace.Basis, at instant: Instant) {
    guard let access = loaded.access else { return nil }
    self.init(policy: loaded.policy, access: access, basis: basis, instant: instant, findings: loaded.findings)
  }

  var snapshot: Snapshot { Snapshot(policy: policy, access: access) }
}
