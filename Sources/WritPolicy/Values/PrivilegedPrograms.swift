/// Programs that do, or let their user do, anything as the account they run as.
public enum PrivilegedPrograms {
  /// What kind of program the path names, as a message says it; nil for any other program.
  ///
  /// The name decides, without a version (`python3.11`) or variant (`vim.basic`): a policy knows no more. A program under
  /// a name of its own that starts a shell is not found, so this is a reminder, not a boundary.
  public static func kind(of path: String) -> String? {
    let file = path.split(separator: "/").last.map(String.init) ?? ""
    if let kind = kinds[file] { return kind }
    var name = Substring(file)
    if let dot = name.firstIndex(of: ".") { name = name[..<dot] }
    while let last = name.utf8.last, last == UInt8(ascii: "-") || (0x30...0x39).contains(last) {
      name = name.dropLast()
    }
    return kinds[String(name)]
  }

  private static let kinds: [String: String] = {
    let lists: [(String, String)] = [
      ("a shell", "sh bash rbash dash zsh ksh mksh fish csh tcsh ash busybox pwsh xonsh elvish"),
      (
        "an editor",
        "vi vim view vimdiff rvim rview nvim nano rnano pico emacs emacsclient ed red ex joe jed mcedit mg micro ne "
          + "helix hx kak editor sensible-editor sudoedit visudo vipw vigr sed awk gawk mawk nawk"
      ),
      ("a pager", "less more most pager sensible-pager lesspipe man zless zmore bat journalctl info"),
      (
        "an interpreter",
        "python pypy ipython jupyter perl ruby irb node nodejs deno bun lua luajit php tclsh wish expect guile R Rscript "
          + "julia java jshell groovy scala ghci erl elixir iex octave sqlite mysql psql gdb lldb bc dc m4"
      ),
      (
        "a program that starts any other",
        "env sudo su doas runuser setpriv chroot unshare nsenter setsid systemd-run systemctl script screen tmux xargs "
          + "find nice ionice nohup timeout time stdbuf strace ltrace watch flock taskset parallel make ssh scp sftp "
          + "rsync git crontab at batch docker podman nerdctl ctr runc lxc kubectl"
      ),
      (
        "a program that writes any file",
        "cp mv ln dd tee install chmod chown chgrp chattr setfacl setcap mount umount tar cpio unzip zip dpkg apt apt-get "
          + "snap pip pip3 useradd usermod passwd chpasswd gpasswd"
      ),
    ]
    var kinds: [String: String] = [:]
    for (kind, names) in lists { for name in names.split(separator: " ") { kinds[String(name)] = kind } }
    return kinds
  }()
}
