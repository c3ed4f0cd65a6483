public import WritSyntax

/// The findings of one run, in order, ready to be written in any of the formats.
///
/// Equal findings over equal files give equal bytes, whatever the order they were found in.
public struct FindingReport: Sendable {
  public let findings: [Finding]
  let sources: SourceTable

  public init(_ findings: [Finding], in sources: SourceTable) {
    self.findings = findings.inOrder()
    self.sources = sources
  }

  /// `3 errors, 1 warning`; `no findings` when there are none.
  public var summary: String {
    let parts = Severity.allCases.compactMap { severity -> String? in
      let count = findings.count { $0.severity == severity }
      return count == 0 ? nil : "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
    }
    return parts.isEmpty ? "no findings" : parts.joined(separator: ", ")
  }
}
