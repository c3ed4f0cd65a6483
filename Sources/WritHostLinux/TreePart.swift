internal import Synchronization

/// A folder whose names several walks share: it is left once the last of them, and all that is below it, is done.
///
/// Made when a walk first gives names away, for the folder and all above it; what nobody shares has none. Parts do not hold one
/// another, since a tree may be deeper than a thread has stack for letting go of a chain: the frames do.
final class TreePart: Sendable {
  /// The folder as the walk that entered it left it behind.
  struct Ending: Sendable {
    /// Down to the folder itself; the descriptor is the ending's own.
    var frames: [TreeWalkFrame]
  }

  /// What ``finish(_:)`` says.
  enum Standing {
    /// Somebody is still at work below the folder.
    case open
    /// Nobody is; the folder is to be left, if anybody wanted that.
    case done(Ending?)
  }

  private struct State {
    /// Walks and folders below that are not done.
    var open = 1
    var ending: Ending?
  }

  private let state = Mutex(State())

  /// One more is at work here, or below in a folder that has a part of its own.
  func join() { state.withLock { $0.open += 1 } }

  /// One fewer is.
  ///
  /// - Parameter ending: by the walk that entered the folder, where the visitor wants to leave it.
  func finish(_ ending: Ending?) -> Standing {
    state.withLock { state in
      if let ending { state.ending = ending }
      state.open -= 1
      guard state.open == 0 else { return .open }
      // Its frames hold this object.
      defer { state.ending = nil }
      return .done(state.ending)
    }
  }
}
