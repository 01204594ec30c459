import Foundation
import Phones

/// What a call takes of memory: signalling with media legs, without sound.
extension Bench {
  func plainMemory() async throws -> [BenchFigure] {
    [try await slope("plain", "memory per call, plain", must: 100, supervised: false)]
  }

  func supervisedMemory() async throws -> [BenchFigure] {
    [try await slope("supervised", "memory per call, supervised", must: 160, supervised: true)]
  }

  static var mute: EndpointSettings {
    var settings = EndpointSettings()
    settings.memory = 0
    settings.isMute = true
    settings.sendsReports = false
    return settings
  }

  private func slope(
    _ id: String, _ figure: String, must: Double, supervised: Bool
  ) async throws -> BenchFigure {
    var calls: [BenchFloor.Call] = []
    var supervisors: [PhoneCall] = []
    var points: [Plot.Point] = []
    for count in settings.memorySteps {
      let more = try await floor.calls(count - calls.count, customer: Self.mute, agent: Self.mute)
      calls += more
      if supervised {
        supervisors += try await floor.supervise(more, code: "*31", password: password, settings: Self.mute)
      }
      try await Task.sleep(for: .seconds(2))
      guard let bytes = server.residentBytes else { throw BenchError("the server's memory can't be read") }
      points.append(.init(x: Double(count), y: bytes / 1_048_576))
      note("\(count) calls\(supervised ? ", each listened to" : ""): \(Self.text(bytes / 1_048_576, 1)) MiB")
    }
    try await floor.hangUp(supervisors)
    try await floor.hangUp(calls.map(\.customer))
    guard let low = points.dropFirst().first, let high = points.last, high.x > low.x else {
      throw BenchError("fewer than three steps")
    }
    let kilobytes = (high.y - low.y) * 1_048_576 / (high.x - low.x) / 1_000
    return BenchFigure(
      id: "memory-\(id)", figure: "\(figure), slope from \(Int(low.x)) to \(Int(high.x)) calls",
      must: "< \(Int(must)) kB", measured: "\(Self.text(kilobytes, 0)) kB", isMet: kilobytes < must,
      value: kilobytes,
      plot: Plot(
        title: figure, xLabel: "calls at once", yLabel: "MiB resident",
        lines: [.init(name: supervised ? "all listened to" : "plain", points: points)], must: nil))
  }
}
