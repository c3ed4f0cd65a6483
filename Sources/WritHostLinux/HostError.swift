public import WritSystem

/// Why a host could not be read or worked on as a whole, or why one of its files could not be put in place.
public enum HostError: Error, Sendable, Hashable, CustomStringConvertible {
  case system(SystemError)
  case program(Program.Failure)
  /// The policy says which machine is meant, and this is another one.
  case wrongMachine(String)
  /// A folder given as `root:` that `writ init` never marked as a host's root.
  case notMarked(path: String)
  /// A file that does not read as what it should be; with the line, where one is at fault.
  case illFormed(path: String, line: Int?, reason: String)
  /// Somebody else holds the account files.
  case locked(path: String, holder: String)
  /// One of the host's own tools refuses what would be put in place.
  case refused(tool: String, complaint: String)

  public var description: String {
    switch self {
    case .system(let error): error.description
    case .program(let failure): "\(failure)"
    case .wrongMachine(let reason): reason
    case .notMarked(let path): "\(path) is not marked as a host's root"
    case .illFormed(let path, let line, let reason): path + (line.map { ":\($0)" } ?? "") + ": " + reason
    case .locked(let path, let holder): "\(path) is held by \(holder)"
    case .refused(let tool, let complaint): "\(tool) refuses it: \(complaint)"
    }
  }
}

/// Runs `body` and turns what the system module throws into ``HostError``.
func hostErrors<R>(_ body: () throws -> R) throws(HostError) -> R {
  do {
    return try body()
  } catch let error as HostError {
    throw error
  } catch let error as SystemError {
    throw .system(error)
  } catch let failure as Program.Failure {
    throw .program(failure)
  } catch {
    throw .refused(tool: "system", complaint: "\(error)")
  }
}

extension String {
  /// The text with control characters and bidirectional overrides written as `\u{…}`, for one line of output.
  var visible: String {
    var out = ""
    for scalar in unicodeScalars {
      switch scalar.value {
      case 0..<0x20, 0x7f..<0xa0, 0x200b...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff:
        out += "\\u{\(String(scalar.value, radix: 16))}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
