public import WritSyntax

/// What every session on some hosts has, whoever it is: an entry of `host-baselines` (design §2, §6).
///
/// What is nil is not spoken of, so several baselines of one host add up; where two say different things the policy is wrong.
public struct HostBaseline: Sendable {
  /// How Jupyter servers start where nobody says otherwise.
  public struct Jupyter: Sendable {
    /// Which addresses they listen on.
    public enum Bind: String, Sendable, Hashable, CaseIterable {
      /// Only this machine, and no remote access.
      case loopback
    }

    public var bind: Located<Bind>
    public var port: Located<Int>?

    public init(bind: Located<Bind>, port: Located<Int>? = nil) {
      self.bind = bind
      self.port = port
    }
  }

  public var name: Located<BaselineName>
  /// Host names or labels, as written.
  public var hosts: [Located<HostName>] = []
  /// The bits that new files do not get.
  public var umask: Located<UInt16>?
  public var jupyter: Jupyter?

  public init(name: Located<BaselineName>) { self.name = name }
}

extension Policy {
  /// The baselines of a host, in the order of their names.
  public func baselines(of host: HostName) -> [HostBaseline] {
    baselines.values.filter { hosts(matching: $0.hosts).contains(host) }.sorted { $0.name.value < $1.name.value }
  }
}

extension UInt16 {
  /// Three octal digits, as umask(1) writes a mask.
  public var octalMask: String {
    let digits = String(self, radix: 8)
    return String(repeating: "0", count: Swift.max(0, 3 - digits.count)) + digits
  }
}
