import API
import Foundation
import Phones
import Supervision

/// The floor's people at their browsers.
extension Floor {
  /// Opens the sign-in page, signs in, and waits for the page that is his.
  /// - Parameter server: nil: Earshot itself; otherwise a proxy before it.
  package func browser(
    as user: String, saying tone: Double? = nil, at server: URL? = nil, _ settings: Browser.Settings = .init()
  ) async throws -> Browser {
    let address = (server ?? api).appending(path: "sign-in")
    let browser = try await Browser(user, at: address, saying: tone, settings)
    try await browser.signIn()
    return browser
  }

  /// A call whose every packet is kept at both ends.
  package func recordedCall(agent: Phone) async throws -> (customer: PhoneCall, agent: PhoneCall) {
    var settings = PhoneCallSettings()
    settings.endpoint.packetsKept = 20_000
    return try await connect(agent: agent, settings: settings)
  }

  /// Packets that `listener` got which aren't, one by one, what `speaker` sent, as far as both were kept.
  package func strangePackets(from speaker: PhoneCall, at listener: PhoneCall) async -> [Int] {
    let got = await listener.packets().received
    let sent = await speaker.packets().sent
    guard let first = got.first, let offset = sent.firstIndex(where: first.isSameSound) else {
      return [-1]
    }
    let pairs = zip(got, sent[offset...]).enumerated()
    return pairs.filter { !$0.element.0.isSameSound(as: $0.element.1) }.map(\.offset)
  }

  /// Waits until a supervisor's voice is open in the call, or closed.
  package func talks(_ talks: Bool, by user: String) async throws {
    _ = try await call {
      $0.sessions.contains { $0.supervisor == user && $0.phase == "live" && $0.talks == talks }
    }
  }

  /// Waits until nobody supervises.
  package func unsupervised() async throws {
    _ = try await call { $0.sessions.allSatisfy { $0.phase == "ended" } }
  }
}

extension Browser {
  package func signIn() async throws {
    try await fill("[data-test=name]", user)
    try await fill("[data-test=password]", "secret-\(user)")
    try await click("[data-test=sign-in-submit]")
    try await see("[data-test=sign-out]")
  }

  /// Clicks Listen in the list and waits for sound of the connection.
  package func listen() async throws {
    try await click("[data-test=listen]")
    try await see("[data-test=leave]")
  }

  /// Presses a mode's button, confirms where that is asked, and waits until the page is in that mode.
  package func choose(_ mode: SupervisionMode) async throws {
    try await ask(for: mode)
    try await see("[data-test=mode-\(mode.rawValue)][aria-pressed=true]")
  }

  /// The same, without waiting for what comes of it.
  package func ask(for mode: SupervisionMode) async throws {
    try await click("[data-test=mode-\(mode.rawValue)]")
    if mode == .barge || mode == .takeover { try await click("[data-test=\(mode.rawValue)-accept]") }
  }

  /// Packets of sound that this page has sent on all of its connections.
  package func packetsSent() async throws -> Int {
    let sum = try await evaluate(
      """
      async () => {
        let sum = 0;
        for (const connection of window.connectionsOfTest) {
          if (connection.signalingState === 'closed') continue;
          for (const entry of (await connection.getStats()).values()) {
            if (entry.type === 'outbound-rtp') sum += entry.packetsSent ?? 0;
          }
        }
        return sum;
      }
      """)
    return Int(sum.number ?? -1)
  }
}
