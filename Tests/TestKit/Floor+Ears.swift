import Phones
import Supervision

extension Floor {
  /// The tones at each of these ears, listened to at the same time.
  package func ears(_ calls: PhoneCall...) async -> [Set<Double>] {
    await withTaskGroup { group in
      for (index, call) in calls.enumerated() {
        group.addTask { (index, await self.ear(call).tones(of: Array(Tone.all))) }
      }
      var heard = Array(repeating: Set<Double>(), count: calls.count)
      for await (index, tones) in group { heard[index] = tones }
      return heard
    }
  }

  /// Waits until a session is live.
  package func live(_ session: String) async throws {
    _ = try await call { $0.sessions.contains { $0.id == session && $0.phase == "live" } }
  }

  /// Waits until that supervisor is live in that mode.
  package func live(_ mode: SupervisionMode, by user: String) async throws {
    _ = try await call {
      $0.sessions.contains { $0.supervisor == user && $0.mode == mode.rawValue && $0.phase == "live" }
    }
  }
}
