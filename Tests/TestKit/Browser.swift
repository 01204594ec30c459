import Audio
import Foundation
import Locking

/// A person at a browser (Debian's `chromium`, without a window): one page, and a microphone into which a tone is
/// spoken all the time, whether the page listens or not.
package final class Browser: Sendable {
  package typealias Value = BrowserDriver.Value

  /// How a page is opened.
  package struct Settings: Sendable {
    /// Whether the microphone may be used.
    package var mayUseMicrophone = true
    package var scheme = "light"
    /// JavaScript that runs before the page's own.
    package var script: String?
    package var width = 1280
    package var height = 800

    package init() {}
  }

  package let user: String
  private let driver: BrowserDriver
  /// By which the driver knows it.
  private let name: String
  private let folder = TemporaryFolder()

  /// Opens an address.
  /// - Parameters:
  ///   - tone: that the microphone picks up, Hz; nil: beeps of the browser's own.
  package init(_ user: String, at url: URL, saying tone: Double? = nil, _ settings: Settings = Settings())
    async throws
  {
    self.user = user
    driver = try BrowserDriver.shared.get()
    name = "\(user)-\(UUID().uuidString)"
    var command: [String: Value] = [
      "page": .text(name), "url": .text(url.absoluteString), "scheme": .text(settings.scheme),
      "permission": .bool(settings.mayUseMicrophone), "width": .number(Double(settings.width)),
      "height": .number(Double(settings.height)),
    ]
    if let tone {
      // A whole number of waves, because the browser plays it over and over.
      var source = ToneSource(frequency: tone, level: -20, sampleRate: 48_000)
      let file = folder.path + "/says.wav"
      try Data(WAVFile(sampleRate: 48_000, channels: 1, samples: source.samples(48_000 * 5)).bytes())
        .write(to: URL(filePath: file))
      command["says"] = .text(file)
    }
    if let script = settings.script { command["script"] = .text(script) }
    try await driver.run("open", command)
  }

  deinit {
    Task { [driver, name] in try? await driver.run("close", ["page": .text(name)]) }
  }

  @discardableResult
  package func run(_ command: String, _ members: [String: Value] = [:]) async throws(BrowserDriver.Failure)
    -> Value
  {
    do {
      return try await driver.run(command, members.merging(["page": .text(name)]) { _, new in new })
    } catch {
      let log = try? await driver.run("log", ["page": .text(name)])
      let lines = log?.list.compactMap(\.text).suffix(10).joined(separator: "\n") ?? ""
      throw BrowserDriver.Failure(description: "\(user)'s page, \(command) \(members): \(error)\n\(lines)")
    }
  }

  // MARK: Hands

  package func click(_ selector: String) async throws {
    try await run("click", ["selector": .text(selector)])
  }

  package func fill(_ selector: String, _ text: String) async throws {
    try await run("fill", ["selector": .text(selector), "text": .text(text)])
  }

  /// Presses a key and lets it go; its name as in `KeyboardEvent.key`.
  package func press(_ key: String) async throws { try await run("press", ["key": .text(key)]) }
  package func hold(_ key: String) async throws { try await run("hold", ["key": .text(key)]) }
  package func release(_ key: String) async throws { try await run("release", ["key": .text(key)]) }

  package func go(to url: URL) async throws { try await run("goto", ["url": .text(url.absoluteString)]) }
  package func reload() async throws { try await run("reload") }

  /// Closes the tab as a person does, and opens an empty one.
  package func closeTab() async throws { try await run("tab") }

  /// Ends the browser.
  package func close() async throws { try await run("close") }

  // MARK: Eyes

  /// Waits until something is there to be seen.
  package func see(_ selector: String) async throws { try await run("wait", ["selector": .text(selector)]) }

  /// Waits until nothing of the kind is there any more.
  package func seeNo(_ selector: String) async throws {
    try await run("wait", ["selector": .text(selector), "state": .text("hidden")])
  }

  /// Waits until an element has this text somewhere in it.
  package func see(_ selector: String, saying words: String) async throws {
    try await run(
      "until",
      [
        "expression": .text("([at, words]) => document.querySelector(at)?.innerText.includes(words)"),
        "argument": .list([.text(selector), .text(words)]),
      ])
  }

  package func text(_ selector: String) async throws -> String {
    try await run("text", ["selector": .text(selector)]).text ?? ""
  }

  package func count(_ selector: String) async throws -> Int {
    Int(try await run("count", ["selector": .text(selector)]).number ?? 0)
  }

  @discardableResult
  package func evaluate(_ expression: String, _ argument: Value = .null) async throws -> Value {
    try await run("evaluate", ["expression": .text(expression), "argument": argument])
  }

  /// Waits for the first value of a function that is true.
  @discardableResult
  package func until(_ expression: String, _ argument: Value = .null) async throws -> Value {
    try await run("until", ["expression": .text(expression), "argument": argument])
  }

  /// What breaks WCAG 2.2 AA on the page, by axe.
  package func accessibilityFaults() async throws -> [String] { try await run("axe").list.compactMap(\.text) }

  /// Keeps a picture of the page in `artifacts/`.
  package func screenshot(_ name: String) async throws {
    let file = BrowserDriver.project.appending(path: "artifacts/\(name).png").path
    try await run("screenshot", ["path": .text(file)])
  }

  package func setScheme(_ scheme: String) async throws { try await run("scheme", ["scheme": .text(scheme)]) }

  // MARK: Ears

  /// The speakers' tones that the page plays at present, measured four times in 400 ms.
  package func tonesHeard(of tones: Set<Double> = Floor.Tone.all) async throws -> Set<Double> {
    let frequencies = tones.sorted()
    let measured = try await evaluate(
      """
      async (frequencies) => {
        const sums = frequencies.map(() => 0);
        for (let round = 0; round < 4; round += 1) {
          const tones = window.earshot?.heard().tones(frequencies) ?? sums;
          tones.forEach((amplitude, index) => { sums[index] += amplitude / 4; });
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        return sums;
      }
      """, .list(frequencies.map(Value.number)))
    let amplitudes = measured.list.map { $0.number ?? 0 }
    return Set(zip(frequencies, amplitudes).filter { $0.1 >= Self.audible }.map(\.0))
  }

  /// Amplitude from which on a tone counts as heard: −45 dBFS, 25 dB below the voices, well over what an encoder adds.
  private static let audible = 0.0056

  /// Waits until the page hears just these tones, and then still does.
  /// - Returns: what it heard at last, for an expectation.
  package func hears(_ expected: Set<Double>, within limit: Duration = .seconds(10)) async throws -> Set<
    Double
  > {
    let deadline = ContinuousClock.now + limit
    while true {
      var heard = try await tonesHeard()
      if heard == expected {
        heard = try await tonesHeard()
        if heard == expected { return heard }
      }
      if ContinuousClock.now > deadline { return heard }
    }
  }

  // MARK: Network

  /// Cuts HTTP and WebSockets. The sound is cut by `BrowserNetwork`.
  package func setOffline(_ isOffline: Bool) async throws {
    try await run("offline", ["is_offline": .bool(isOffline)])
  }
}
