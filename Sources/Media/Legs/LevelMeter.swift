import Audio

/// How loud a leg has been since it was last asked. A plain value of its state; counts only while somebody looks.
struct LevelMeter {
  var isOn = false
  private var energy: UInt64 = 0
  private var samples = 0

  mutating func add(_ sound: UnsafePointer<Int16>, count: Int) {
    var sum: UInt64 = 0
    for index in 0..<count {
      let sample = Int32(sound[index])
      sum &+= UInt64(truncatingIfNeeded: sample &* sample)
    }
    energy &+= sum
    samples &+= count
  }

  /// dBFS (-127 … 0) since the last time.
  mutating func take() -> Float {
    defer { (energy, samples) = (0, 0) }
    guard samples > 0, energy > 0 else { return -127 }
    let amplitude = (2 * Double(energy) / Double(samples)).squareRoot()
    return Float(min(max(Level.decibels(amplitude: amplitude), -127), 0))
  }
}
