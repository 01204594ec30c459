/// How good speech is that comes over a network, as ITU-T G.107 estimates it: from codec, loss and delay to a rating R,
/// and from that to a mean opinion score.
///
/// The short form of the model: everything beside codec, loss and delay is at its default (G.107, table 2), which leaves
/// `R = 93.2 − Id − Ie,eff`. On the narrow-band scale, so that calls of different codecs can be compared: what is
/// better than G.711 without loss counts as that.
package struct EModel: Hashable, Sendable {
  /// What a codec costs, and how well it bears loss.
  package struct Codec: Hashable, Sendable {
    /// `Ie`: impairment without loss.
    package var impairment: Double
    /// `Bpl`: robustness against packet loss, per cent.
    package var robustness: Double

    package init(impairment: Double, robustness: Double) {
      self.impairment = impairment
      self.robustness = robustness
    }

    /// G.113, appendix I: with the concealment of G.711, appendix I; random loss. What conceals here, and in phones of
    /// today, is of that kind.
    package static let g711 = Codec(impairment: 0, robustness: 25.1)

    /// G.113 rates G.722 on the wide-band scale only, where it lies above G.711: hence no impairment here. It gives no
    /// robustness for the concealment that phones use, of which the simplest leaves the decoder's state behind; 10 is
    /// taken, between G.711 without concealment (4.3) and with it.
    package static let g722 = Codec(impairment: 0, robustness: 10)

    /// G.113 has no values for Opus. At the rates of telephony it is transparent on the narrow-band scale, and its
    /// concealment, helped by redundancy in the packets, is no worse than that of G.711, whose value is taken.
    package static let opus = Codec(impairment: 0, robustness: 25.1)
  }

  /// G.107's rating with all at its default.
  package static let bestRating = 93.2

  package var codec: Codec
  /// Packets that don't come in time, per cent. They are taken as lost at random (`BurstR` is 1).
  package var loss: Double
  /// From mouth to ear, ms.
  package var delay: Double

  package init(codec: Codec, loss: Double, delay: Double) {
    self.codec = codec
    self.loss = min(max(loss, 0), 100)
    self.delay = max(delay, 0)
  }

  /// - Parameters:
  ///   - roundTrip: of the network, ms; 0 where it isn't known.
  ///   - jitter: RFC 3550 A.8, ms. A receiver's queue holds about twice as much.
  package init(codec: Codec, loss: Double, roundTrip: Double, jitter: Double) {
    self.init(codec: codec, loss: loss, delay: roundTrip / 2 + 2 * jitter)
  }

  /// `R`, 0 … 93.2.
  package var rating: Double {
    min(max(Self.bestRating - delayImpairment - lossImpairment, 0), Self.bestRating)
  }

  /// `MOS-CQE`, 1.0 … 4.5 (G.107, annex B).
  package var meanOpinionScore: Double { Self.meanOpinionScore(rating: rating) }

  package static func meanOpinionScore(rating: Double) -> Double {
    guard rating > 0 else { return 1 }
    guard rating < 100 else { return 4.5 }
    // Below R = 6.5 the curve dips under the scale's end.
    return max(1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6, 1)
  }

  /// `Id`, as two straight lines: the fit of Cole and Rosenbluth (2001) to G.107 with its default echo. Off by 1 point at
  /// most up to 300 ms, and 3 too low at 400.
  private var delayImpairment: Double { 0.024 * delay + 0.11 * max(delay - 177.3, 0) }

  /// `Ie,eff` (G.107, equation 7-29).
  private var lossImpairment: Double {
    codec.impairment + (95 - codec.impairment) * loss / (loss + codec.robustness)
  }
}
