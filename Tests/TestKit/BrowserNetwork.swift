import Foundation

/// The UDP network between browsers and Earshot, which a test can cut and change: a relay in whose place a router with
/// address translation stands in the world. The pages' own code isn't touched: the description that they are answered
/// names the relay's port instead of Earshot's.
package final class BrowserNetwork: Sendable {
  private let driver: BrowserDriver
  private let name = UUID().uuidString
  /// The port that browsers send to.
  package let port: Int
  private let target: Int

  /// - Parameter target: Earshot's port of browsers' sound (`media.browserPort`).
  package init(to target: Int) async throws {
    self.target = target
    driver = try BrowserDriver.shared.get()
    let command: [String: BrowserDriver.Value] = [
      "relay": .text(name), "host": .text("127.0.0.1"), "port": .number(Double(target)),
    ]
    port = Int(try await driver.run("relay", command).number ?? 0)
  }

  deinit {
    Task { [driver, name] in try? await driver.run("end-relay", ["relay": .text(name)]) }
  }

  /// For `Browser.Settings.script`.
  package var script: String {
    """
    {
      const real = RTCPeerConnection.prototype.setRemoteDescription;
      RTCPeerConnection.prototype.setRemoteDescription = function (description) {
        const sdp = description.sdp.replace(
          /^(a=candidate:.*? )\(target)( typ host)/gm, (_, before, after) => before + '\(port)' + after);
        return real.call(this, { type: description.type, sdp });
      };
    }
    """
  }

  /// Datagrams of browsers that went through.
  package var passed: Int {
    get async throws { Int(try await driver.run("passed", ["relay": .text(name)]).number ?? 0) }
  }

  /// Nothing goes through any more, either way; or everything again.
  package func setCut(_ isCut: Bool) async throws {
    try await driver.run("cut", ["relay": .text(name), "is_cut": .bool(isCut)])
  }

  /// What browsers send comes from new ports from now on, as after a change of networks.
  package func move() async throws { try await driver.run("move", ["relay": .text(name)]) }
}
