internal import WritCommands

@main
enum Writ {
  static func main() { WritMain.run() }
}
