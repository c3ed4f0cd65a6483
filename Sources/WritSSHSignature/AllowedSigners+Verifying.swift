extension AllowedSigners {
  /// Verifies that `principal` signed `message` for `namespace`.
  ///
  /// In this process, by libcrypto. The dates of the list count only when `seconds` (POSIX time) is given: in the ledger
  /// the position decides, not a date.
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
    if let seconds, !entry.isValid(at: seconds) { throw .notGood("the key was not valid at the time asked for") }
    try parsed.prove(message)
    return parsed
  }
}
