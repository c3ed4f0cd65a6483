// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target of our own: no warning is let through, and a module says what it imports.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func module(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], embedded: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, exclude: exclude, resources: embedded.map { .embedInCode($0) },
    swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "writ",
  products: [
    .executable(name: "writ", targets: ["writ"]),
    .executable(name: "writ-agent", targets: ["writ-agent"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  ],
  targets: [
    // The outside in C. Debian's packages: libgit2-dev, libyaml-dev, libssl-dev.
    .systemLibrary(name: "CLibgit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
    .systemLibrary(name: "CLibyaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CWritSys", cSettings: [.define("_GNU_SOURCE")]),
    .target(name: "CWritGit"),

    // Pure modules: no files, clock, environment or printing.
    module("WritDigest", ["CLibcrypto"]),
    module("WritSyntax", []),
    module("WritPolicy", ["WritSyntax", "WritDigest"]),
    module("WritHistory", ["WritSyntax", "WritPolicy", "WritDigest"]),
    module("WritPlan", ["WritSyntax", "WritPolicy", "WritHistory", "WritDigest"]),
    module("WritRender", ["WritSyntax", "WritPolicy", "WritHistory", "WritPlan", "WritDigest"]),

    // Adapters: each knows one part of the outside.
    module("WritSystem", ["CWritSys", "WritPolicy"]),
    module("WritYAML", ["CLibyaml", "WritSyntax"]),
    module("WritGit", ["CLibgit2", "CLibcrypto", "CWritGit", "WritSystem"]),
    module("WritSSHSignature", ["CLibcrypto", "WritSystem"]),

    // Targets, and what applies a plan to them.
    module(
      "WritApply",
      ["WritDigest", "WritSyntax", "WritPolicy", "WritHistory", "WritPlan", "WritSystem", "WritSSHSignature"],
      embedded: ["Export/verify.sh", "Export/README.md"]),
    module(
      "WritHostLinux", ["CWritSys", "WritDigest", "WritSyntax", "WritPolicy", "WritPlan", "WritApply", "WritSystem"]),
    module(
      "WritVaultAge",
      ["WritDigest", "WritSyntax", "WritPolicy", "WritPlan", "WritApply", "WritSystem", "WritSSHSignature"]),

    module(
      "WritCommands",
      [
        "WritDigest", "WritSyntax", "WritPolicy", "WritHistory", "WritPlan", "WritRender", "WritSystem",
        "WritYAML", "WritGit", "WritSSHSignature", "WritApply", "WritHostLinux", "WritVaultAge",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "writ", dependencies: ["WritCommands"], swiftSettings: strict),
    .executableTarget(
      name: "writ-agent",
      dependencies: [
        "WritHostLinux", "WritSystem", "WritPolicy", "WritSyntax",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    // Looks at or mends one tree, so that tests can trace it, stop it and run it as somebody else.
    .executableTarget(
      name: "tree-probe", dependencies: ["WritHostLinux"], path: "Tests/TreeProbe", swiftSettings: strict),
    // A whole host, for the same reasons.
    .executableTarget(
      name: "host-probe", dependencies: ["WritHostLinux", "WritApply", "WritPlan", "WritPolicy"],
      path: "Tests/HostProbe", swiftSettings: strict),
    // Writes big ledgers for `make bench`.
    .executableTarget(
      name: "ledger-maker", dependencies: ["WritApply", "WritPlan", "WritPolicy", "WritDigest", "WritTestSupport"],
      path: "Tests/LedgerMaker", swiftSettings: strict),
    .target(
      name: "WritTestSupport", dependencies: ["WritPolicy", "WritSyntax", "WritSystem", "CLibcrypto"],
      path: "Tests/WritTestSupport",
      swiftSettings: strict),
    tests("WritDigestTests", ["WritDigest", "WritTestSupport"]),
    tests("WritSyntaxTests", ["WritSyntax", "WritTestSupport"]),
    tests("WritYAMLTests", ["WritYAML", "WritSyntax", "WritTestSupport"]),
    tests("WritPolicyTests", ["WritPolicy", "WritSyntax", "WritYAML", "WritDigest", "WritTestSupport"]),
    tests(
      "WritHistoryTests",
      [
        "WritHistory", "WritRender", "WritPolicy", "WritSyntax", "WritDigest", "WritYAML", "WritGit", "WritSystem",
        "WritTestSupport",
      ]),
    tests(
      "WritPlanTests",
      [
        "WritPlan", "WritSystem", "WritHistory", "WritPolicy", "WritSyntax", "WritYAML", "WritDigest",
        "WritTestSupport",
      ]),
    tests(
      "WritRenderTests",
      ["WritRender", "WritPlan", "WritHistory", "WritPolicy", "WritSyntax", "WritDigest", "WritTestSupport"]),
    tests("WritSystemTests", ["WritSystem", "WritPolicy", "WritTestSupport"]),
    tests("WritSSHSignatureTests", ["WritSSHSignature", "WritSystem", "WritTestSupport"]),
    tests("WritGitTests", ["WritGit", "WritSystem", "WritTestSupport"]),
    tests(
      "WritApplyTests",
      [
        "WritApply", "WritPlan", "WritHistory", "WritPolicy", "WritSyntax", "WritDigest", "WritSystem",
        "WritSSHSignature", "WritTestSupport",
      ]),
    tests(
      "WritHostLinuxTests",
      [
        "WritHostLinux", "WritApply", "WritPlan", "WritPolicy", "WritSyntax", "WritDigest", "WritSystem", "CWritSys",
        "WritTestSupport", "tree-probe", "host-probe", "writ-agent",
      ]),
    tests(
      "WritVaultAgeTests",
      [
        "WritVaultAge", "WritApply", "WritPlan", "WritPolicy", "WritSyntax", "WritDigest", "WritSystem",
        "WritSSHSignature", "WritTestSupport",
      ]),
    tests(
      "WritCommandTests",
      ["writ", "writ-agent", "WritSystem", "WritDigest", "WritSyntax", "WritYAML", "WritTestSupport"],
      exclude: ["fleet.sh"]),
  ],
  swiftLanguageModes: [.v6]
)
