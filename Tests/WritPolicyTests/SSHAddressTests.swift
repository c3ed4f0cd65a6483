import Testing
import WritPolicy

@Suite struct SSHAddressTests {
  @Test(
    arguments: [
      ("ssh://writ@gpu02", "gpu02", nil), ("ssh://root@gpu02.example.com:2222", "gpu02.example.com", 2222),
      ("ssh://writ@10.1.2.3:1", "10.1.2.3", 1), ("ssh://writ@[2001:db8::7]", "2001:db8::7", nil),
      ("ssh://writ@[::1]:65535", "::1", 65535),
    ] as [(String, String, Int?)])
  func `an address is read, and written as it was`(text: String, host: String, port: Int?) throws {
    let address = try #require(SSHAddress(validating: text))
    #expect(address.host == host && address.port == port && address.text == text)
    #expect(address.changing(user: "admin")?.text == text.replacing(address.user + "@", with: "admin@"))
  }

  @Test(arguments: [
    "ssh://gpu02", "ssh://@gpu02", "ssh://writ@", "ssh://writ@-oProxyCommand=id", "ssh://-l@gpu02", "ssh://writ@gpu 02",
    "ssh://writ:secret@gpu02", "ssh://writ@a@b", "ssh://writ@gpu02/", "ssh://writ@gpu02:0", "ssh://writ@gpu02:65536",
    "ssh://writ@gpu02:", "ssh://writ@gpu02:022", "ssh://writ@gpu02:2x", "ssh://writ@::1", "ssh://writ@[10.0.0.1]",
    "ssh://writ@[::1", "ssh://writ@[::1]x", "ssh://writ@[::/0]", "ssh://Writ@gpu02", "ssh://writ@gpu%30", "ssh:gpu02",
    "ssh://writ@gpu02;id", "ssh://writ@gpu02\n", "SSH://writ@gpu02", "ssh://writ@\(String(repeating: "a", count: 254))",
  ])
  func `what could mean something else is none`(text: String) {
    #expect(SSHAddress(validating: text) == nil)
  }
}
