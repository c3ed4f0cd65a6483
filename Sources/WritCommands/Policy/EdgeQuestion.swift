internal import ArgumentParser
internal import WritPolicy

/// A question about one access: the arguments that `can` and `why` share.
struct EdgeQuestion: ParsableArguments {
  @OptionGroup var reading: ReadingOptions
  @Argument(help: "A person or service account.") var principal: String
  @Argument(help: "resource:operation") var permission: String

  /// The policy that is asked, and the access asked about.
  func read() throws -> (found: Workspace.Reading, key: EdgeKey) {
    let found = try reading.read()
    let names = Names(policy: found.policy)
    let who = try names.principal(principal)
    return (found, EdgeKey(who, try names.permission(permission, of: who)))
  }
}
