internal import WritSyntax

/// How the operations of one resource include one another (design §2, "Permissions").
struct OperationLadder {
  /// Smallest first where they include one another.
  let operations: [Operation]
  /// Whether each operation includes those before it.
  let isLadder: Bool

  init(of kind: Resource.Kind) {
    switch kind {
    case .tree: self.init(operations: [.read, .write], isLadder: true)
    case .command: self.init(operations: [.run], isLadder: false)
    case .login: self.init(operations: [.ssh], isLadder: false)
    case .unixGroup: self.init(operations: [.member], isLadder: false)
    case .egress: self.init(operations: [.connect], isLadder: false)
    case .external(_, let operations):
      self.init(operations: Set(operations.map(\.value)).sorted(), isLadder: false)
    }
  }

  private init(operations: [Operation], isLadder: Bool) {
    self.operations = operations
    self.isLadder = isLadder
  }

  static let sharingGroup = OperationLadder(operations: [.use, .read, .write, .manage], isLadder: true)

  /// What allowing `written` gives: itself and what it includes. Empty when the resource has no such operation.
  func allowed(by written: PermissionRule.Operations) -> ArraySlice<Operation> {
    switch written {
    case .all: return operations[...]
    case .one(let operation):
      guard let rung = operations.firstIndex(of: operation) else { return [] }
      return isLadder ? operations[...rung] : operations[rung...rung]
    }
  }

  /// What denying `written` takes: itself and what includes it.
  func denied(by written: PermissionRule.Operations) -> ArraySlice<Operation> {
    switch written {
    case .all: return operations[...]
    case .one(let operation):
      guard let rung = operations.firstIndex(of: operation) else { return [] }
      return isLadder ? operations[rung...] : operations[rung...rung]
    }
  }

  /// Exactly what is written, as tests mean it.
  func named(by written: PermissionRule.Operations) -> ArraySlice<Operation> {
    switch written {
    case .all: return operations[...]
    case .one(let operation): return operations.contains(operation) ? [operation] : []
    }
  }
}

extension Policy {
  /// Nil when there is no such resource or sharing group.
  func ladder(of name: ResourceName) -> OperationLadder? {
    if let resource = resources[name] { return OperationLadder(of: resource.kind) }
    return sharingGroups[name] == nil ? nil : .sharingGroup
  }

  /// Whether the resource is a tree with one folder for each account.
  func isPersonal(_ name: ResourceName) -> Bool {
    if case .tree(let tree)? = resources[name]?.kind { tree.isPersonal } else { false }
  }
}
