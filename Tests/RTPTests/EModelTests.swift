import RTP
import Testing

@Suite("E-model")
struct EModelTests {
  private func model(_ codec: EModel.Codec = .g711, loss: Double = 0, delay: Double = 0) -> EModel {
    EModel(codec: codec, loss: loss, delay: delay)
  }

  @Test(
    "M11 from rating to score: G.107, table B.1, and its ends",
    arguments: [
      (100, 4.5), (120, 4.5), (93.2, 4.41), (90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58),
      (5, 1),
      (0, 1), (-10, 1),
    ])
  func score(rating: Double, published: Double) {
    #expect(abs(EModel.meanOpinionScore(rating: rating) - published) < 0.01)
  }

  @Test(
    "M11 what loss costs G.711 with concealment: the planning values of G.113 for random loss",
    arguments: [(0, 0), (1, 5), (2, 7), (3, 10), (5, 15), (7, 20), (10, 25), (15, 35), (20, 45)])
  func loss(percent: Double, published: Double) {
    #expect(abs(EModel.bestRating - model(loss: percent).rating - published) < 3)
  }

  /// The ratings are those of the whole of G.107's equations with all but the delay at its default.
  @Test(
    "M11 what delay costs: the whole model, within the error of its short form",
    arguments: [
      (0, 93.2, 0.1), (50, 91.8, 1), (100, 90.7, 1), (150, 89.5, 1), (200, 85.8, 1), (250, 79.2, 1),
      (300, 72.7, 1), (400, 62.2, 3.5),
    ])
  func delay(milliseconds: Double, whole: Double, tolerance: Double) {
    #expect(abs(model(delay: milliseconds).rating - whole) < tolerance)
  }

  @Test("M11 other codecs: as good as G.711 without loss, G.722 bears less of it")
  func codecs() {
    for codec in [EModel.Codec.g711, .g722, .opus] {
      #expect(abs(model(codec).meanOpinionScore - 4.41) < 0.01)
    }
    #expect(model(.g722, loss: 3).meanOpinionScore < model(.opus, loss: 3).meanOpinionScore)
    // G.729 A, by G.113: Ie 11, Bpl 19; its well-known 4.1 without loss.
    let narrow = EModel.Codec(impairment: 11, robustness: 19)
    #expect(abs(model(narrow).meanOpinionScore - 4.1) < 0.05)
  }

  @Test("M11 delay is half the round trip and what a receiver's queue holds; nonsense stays on the scale")
  func inputs() {
    #expect(EModel(codec: .g711, loss: 1, roundTrip: 100, jitter: 10) == model(loss: 1, delay: 70))
    #expect(model(loss: -3, delay: -1).rating == EModel.bestRating)
    #expect(model(loss: 400).rating < 20 && model(loss: 400).meanOpinionScore >= 1)
    #expect(model(delay: 1e9).meanOpinionScore == 1)
    for loss in stride(from: 0.0, to: 100, by: 5) {
      #expect(model(loss: loss + 5).meanOpinionScore <= model(loss: loss).meanOpinionScore)
    }
  }
}
