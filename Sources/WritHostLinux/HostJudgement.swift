/// The account files and limits of a host as one look found them, so that many changes are judged without reading them for each.
///
/// For judging before the account files are locked: whoever changes them reads again under the lock, and refuses there what
/// somebody else changed meanwhile.
struct HostJudgement {
  let root: HostRoot

  init(_ root: HostRoot) { self.root = root }

  /// The host's limits, or why they cannot be relied on.
  private(set) lazy var limits: Result<HostLimits, HostError> = {
    do throws(HostError) { return .success(try HostLimits.read(root)) } catch { return .failure(error) }
  }()

  /// nil when they cannot be read.
  private(set) lazy var accounts: AccountDatabase? = try? AccountDatabase(root)

  /// nil when it cannot be read.
  private(set) lazy var record: IDRecord? = try? IDRecord(root)
}
