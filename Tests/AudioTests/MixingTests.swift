import Audio
import TestKit
import Testing

@Suite("Mixing")
struct MixingTests {
  private func mix(_ sources: [([Int16], Gain, Gain)]) -> [Int32] {
    let count = sources.first?.0.count ?? 0
    var sum = [Int32](repeating: -1, count: count)
    Mixing.clear(&sum, count: count)
    for (source, from, to) in sources {
      Mixing.add(source, into: &sum, count: count, from: from, to: to)
    }
    return sum
  }

  private func clip(_ sum: [Int32]) -> [Int16] {
    var output = [Int16](repeating: 1, count: sum.count)
    Mixing.clip(sum, count: sum.count, into: &output)
    return output
  }

  @Test("M9 unity gain passes every sample unchanged, silence adds nothing")
  func unity() {
    let source = (Int(Int16.min)...Int(Int16.max)).map { Int16($0) }
    #expect(clip(mix([(source, .unity, .unity)])) == source)
    #expect(mix([(source, .silence, .silence)]).allSatisfy { $0 == 0 })
  }

  @Test("M9 loud voices are summed whole and clipped once")
  func clipping() {
    let loud = [Int16](repeating: 30_000, count: 8)
    let opposite = [Int16](repeating: -30_000, count: 8)
    #expect(
      clip(mix([(loud, .unity, .unity), (loud, .unity, .unity)])) == Array(repeating: 32_767, count: 8))
    #expect(
      clip(mix([(opposite, .unity, .unity), (opposite, .unity, .unity)]))
        == Array(repeating: -32_768, count: 8))
    // Had the first sum been clipped, 2,767 would be left.
    #expect(
      clip(mix([(loud, .unity, .unity), (loud, .unity, .unity), (opposite, .unity, .unity)])) == loud)
  }

  @Test("M9 a gain change runs in a straight line, without a step between blocks")
  func ramp() {
    let source = [Int16](repeating: 10_000, count: 160)
    let low = Gain(decibels: -12)
    let down = mix([(source, .unity, low)])
    let stay = mix([(source, low, low)])
    #expect(down[0] == 10_000)
    let steps = zip(down + stay, (down + stay).dropFirst()).map { $0 - $1 }
    #expect(steps.allSatisfy { (0...48).contains($0) }, "at most 7,490 / 160, rounded")
    #expect(stay.allSatisfy { $0 == 2_512 })
  }

  @Test("M9 any gain on any sample is within one unit of exact, at every block length of 10 to 60 ms")
  func exactness() {
    var random = SeededGenerator(seed: 9)
    for count in [80, 160, 240, 320, 400, 480] {
      let from = Gain(q15: .random(in: 0...65_535, using: &random))
      let to = Gain(q15: .random(in: 0...65_535, using: &random))
      var source = (0..<count).map { _ in Int16.random(in: .min ... .max, using: &random) }
      source[0] = .min
      source[count - 1] = .max
      let sum = mix([(source, from, to)])
      for index in 0..<count {
        let gain = Double(from.q15) + Double(to.q15 - from.q15) * Double(index) / Double(count)
        let exact = Double(source[index]) * gain / 32_768
        #expect(abs(Double(sum[index]) - exact) <= 2, "sample \(index) of \(count)")
      }
    }
  }

  @Test("M9 the greatest gain on the greatest samples does not overflow")
  func greatest() {
    let source: [Int16] = [.min, .max]
    let greatest = Gain(q15: .max)
    #expect(greatest.q15 == 65_535)
    #expect(mix([(source, greatest, greatest)]) == [-65_535, 65_533])
  }

  @Test("M9 gains in dB")
  func gain() {
    #expect(Gain(decibels: 0) == .unity)
    #expect(Gain(decibels: -.infinity) == .silence)
    #expect(Gain(decibels: 40).q15 == 65_535)
    #expect(abs(Gain(decibels: -12).decibels + 12) < 0.01)
    #expect(Gain(q15: -5) == .silence)
  }
}
