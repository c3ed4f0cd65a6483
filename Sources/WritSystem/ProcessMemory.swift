internal import CWritSys

/// How this process gets its memory.
public enum ProcessMemory {
  /// For a process that soon ends: what it gives back it keeps for itself, since it will want it again.
  public static func keep() { writ_keep_memory() }

  /// For bytes that are about to be filled: a fault for each small page of a large file takes longer than the reading.
  static func preferLargePages(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
    writ_large_pages(bytes.baseAddress, bytes.count)
  }

  /// For a thread that will make many small things: its arena grows at once and not by a call for each page. Nothing of it is
  /// touched, so it costs addresses and no memory. Of no use without ``keep()``.
  public static func reserve() { writ_reserve_memory() }
}
