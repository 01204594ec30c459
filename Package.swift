// swift-tools-version: 6.2
import PackageDescription

// Arrows go down the page only; the compiler enforces it (see Docs/Architecture.md and the
// `--explicit-target-dependency-import-check error` of every build in the Makefile).

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

/// A Debian library that Swift sees through a module map and a header of shims.
func library(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(
    name: "C\(name)", path: "Sources/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestKit"], exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "earshot",
  products: [
    .executable(name: "earshot", targets: ["earshot"]),
    .library(name: "allocation-counter", type: .dynamic, targets: ["AllocationCounter"]),
  ],
  targets: [
    // C
    .systemLibrary(name: "CLinux", path: "Sources/C/Linux"),
    library("Sofia", pkgConfig: "sofia-sip-ua", apt: "libsofia-sip-ua-dev"),
    library("WebSockets", pkgConfig: "libwebsockets", apt: "libwebsockets-dev"),
    library("SQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    library("OpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
    library("Opus", pkgConfig: "opus", apt: "libopus-dev"),
    library("SpanDSP", pkgConfig: "spandsp", apt: "libspandsp-dev"),
    library("SpeexDSP", pkgConfig: "speexdsp", apt: "libspeexdsp-dev"),

    // pure
    target("Locking"),
    target("Supervision"),
    target("RTP"),
    target("Audio"),

    // adapters: siblings that never import one another
    target("Configuration", ["Supervision"]),
    target("Signalling", ["Locking", "Supervision", "CSofia", "COpenSSL", "CLinux"]),
    target(
      "Media",
      ["Locking", "Supervision", "RTP", "Audio", "CLinux", "COpenSSL", "COpus", "CSpanDSP", "CSpeexDSP"]),
    target("Storage", ["Locking", "Supervision", "CSQLite", "COpenSSL", "CLinux"]),

    // control
    target("CallControl", ["Locking", "Supervision"]),

    // edge
    target("API", ["Locking", "Supervision", "CallControl", "CWebSockets", "COpenSSL", "CLinux"]),

    // run
    target("Phones", ["Locking", "Signalling", "RTP", "Audio", "CLinux", "COpenSSL"]),
    .executableTarget(
      name: "earshot",
      dependencies: [
        "Locking", "Supervision", "RTP", "Audio", "Configuration", "Signalling", "Media", "Storage",
        "CallControl", "API", "Phones", "CLinux",
      ],
      swiftSettings: strict),

    // preloaded into the server that the bench measures
    .target(name: "AllocationCounter", path: "Benchmarks/AllocationCounter"),

    // test
    .systemLibrary(name: "CAllocations", path: "Tests/C/Allocations"),
    .target(
      name: "TestKit",
      dependencies: [
        "Locking", "Supervision", "RTP", "Audio", "Configuration", "Signalling", "Media", "Storage",
        "CallControl", "API", "Phones", "CLinux",
      ],
      path: "Tests/TestKit", swiftSettings: strict),
    tests("LockingTests", ["Locking"]),
    tests("SupervisionTests", ["Supervision"]),
    tests("RTPTests", ["RTP"]),
    tests("AudioTests", ["Audio"]),
    tests("ConfigurationTests", ["Configuration", "Supervision"]),
    tests("SignallingTests", ["Locking", "Signalling", "Supervision"], exclude: ["Torture"]),
    tests(
      "MediaTests",
      ["Locking", "Media", "Supervision", "RTP", "Audio", "CLinux", "COpenSSL", "CAllocations"]),
    tests("StorageTests", ["Locking", "Storage", "Supervision", "CSQLite"]),
    tests("CallControlTests", ["Locking", "CallControl", "Supervision"]),
    tests("PhonesTests", ["Phones", "RTP", "Audio"]),
    tests("APITests", ["Locking", "API", "CallControl", "Supervision"]),
    tests("CommandTests", ["Locking", "earshot", "Configuration", "API", "Phones", "Supervision"]),
    tests(
      "ScenarioTests",
      [
        "Locking", "Supervision", "RTP", "Audio", "Configuration", "Signalling", "Media", "Storage",
        "CallControl", "API", "Phones", "CLinux",
      ], exclude: ["SIPp"]),
  ]
)
