internal import WritSystem

extension AllowedSigners {
  /// Verifies that `principal` signed `message` for `namespace`.
  ///
  /// `ssh-keygen -Y verify` does the arithmetic, against a list that holds one name and one key; who, which key and which namespace are
  /// compared here, so its exit status alone never decides. The dates of the list count only when `seconds` (POSIX time)
  /// is given: in the ledger the position decides, not a date.
  ///
  /// - Throws: ``SignatureError``.
  @discardableResult
  public func verify(
    _ message: [UInt8], signature: [UInt8], principal: String, namespace: String, at seconds: Int64? = nil
  ) throws(SignatureError) -> SSHSignature {
    let parsed = try SSHSignature(armour: signature)
    guard parsed.namespace == namespace else { throw .wrongNamespace(wanted: namespace, found: parsed.namespace) }
    let listed = entries(of: principal)
    guard !listed.isEmpty else { throw .unknownPrincipal(principal) }
    guard let entry = listed.first(where: { $0.key == parsed.key }) else {
      throw .foreignKey(principal: principal, key: parsed.key)
    }
    if let namespaces = entry.namespaces, !namespaces.contains(namespace) {
      throw .namespaceNotAllowed(principal: principal, namespace: namespace)
    }
    let list = entry.line(principals: [principal], namespaces: [namespace], dates: seconds != nil) + "\n"
    let result = try Self.run(list: list, message: message, signature: signature, principal, namespace, seconds)
    guard result.succeeded, result.outputText.hasPrefix("Good \"\(namespace)\" signature for \(principal) with ") else {
      throw .notGood(SSHKeygen.complaint(result))
    }
    return parsed
  }

  private static func run(
    list: String, message: [UInt8], signature: [UInt8], _ principal: String, _ namespace: String, _ seconds: Int64?
  ) throws(SignatureError) -> Program.Result {
    let signers = try memoryFile(Array(list.utf8))
    let proof = try memoryFile(signature)
    var arguments = ["-Y", "verify", "-f", signers.path, "-I", principal, "-n", namespace, "-s", proof.path]
    if let seconds { arguments.append("-Overify-time=\(timestamp(seconds))") }
    return try SSHKeygen.run(arguments, input: message)
  }

  private static func memoryFile(_ bytes: [UInt8]) throws(SignatureError) -> MemoryFile {
    do { return try MemoryFile(bytes) } catch { throw .system(error) }
  }

  /// `YYYYMMDDHHMMSSZ` (civil date from days: Howard Hinnant's algorithm).
  static func timestamp(_ seconds: Int64) -> String {
    var second = seconds % 86400
    var day = seconds / 86400
    if second < 0 {
      second += 86400
      day -= 1
    }
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func padded(_ number: Int64, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return padded(year, 4) + padded(month, 2) + padded(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1, 2)
      + padded(second / 3600, 2) + padded(second / 60 % 60, 2) + padded(second % 60, 2) + "Z"
  }
}
