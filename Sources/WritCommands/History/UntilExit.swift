/// What a process holds until it ends: to give back a history object by object takes longer than to print what it says.
enum UntilExit {
  private final class Kept<Value> {
    let value: Value
    init(_ value: Value) { self.value = value }
  }

  static func keep(_ value: some Any) { _ = Unmanaged.passRetained(Kept(value)) }
}
