/// What `plan` and `drift` find on a target that no change of writ's mends.
extension Slug.Explanation {
  static let openListener = Self(
    meaning: "A process of a person's account waits for connections from other machines.",
    reason: """
      The host's baseline keeps Jupyter to this machine, and whoever reaches such a server works as the account that \
      started it. Settings below somebody's home, or on the command line, beat those of the host.
      """,
    mend: "End the process, and start it on 127.0.0.1; reach it through `ssh -L`. writ ends no process.",
    example: """
      jupyter lab --ip 0.0.0.0        # everybody on the network
      jupyter lab                     # instead, and from elsewhere: ssh -L 8888:127.0.0.1:8888 gpu01
      """)
}
