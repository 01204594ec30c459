/// RFC 3339, UTC, milliseconds: `2026-05-04T09:08:07.006Z`.
package enum Timestamp {
  /// - Parameter milliseconds: since 1970-01-01T00:00Z.
  package static func text(_ milliseconds: Int64) -> String {
    let (days, rest) = milliseconds.flooredQuotientAndRemainder(by: 86_400_000)
    let (year, month, day) = date(ofDay: days)
    let parts = [
      pad(year, 4), "-", pad(month, 2), "-", pad(day, 2), "T", pad(rest / 3_600_000, 2), ":",
      pad(rest / 60_000 % 60, 2), ":", pad(rest / 1000 % 60, 2), ".", pad(rest % 1000, 3), "Z",
    ]
    return parts.joined()
  }

  /// - Returns: milliseconds since 1970; nil if it is no such time. Offsets (`+02:00`) and any number of decimals are taken.
  package static func milliseconds(_ text: String) -> Int64? {
    guard
      let match = text.wholeMatch(
        of: /(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+\- ])(\d\d):(\d\d))/)
    else { return nil }
    let fields = match.output
    guard let year = Int64(fields.1), let month = Int64(fields.2), (1...12).contains(month),
      let day = Int64(fields.3), (1...daysIn(month, of: year)).contains(day),
      let hour = Int64(fields.4), hour < 24, let minute = Int64(fields.5), minute < 60,
      let second = Int64(fields.6), second < 61
    else { return nil }
    let decimals = fields.7.map { Int64(($0 + "00").prefix(3)) ?? 0 } ?? 0
    // A '+' that was not percent-encoded in a query has become a space.
    let sign: Int64 = fields.8 == "-" ? -1 : 1
    let offset = sign * ((fields.9.flatMap { Int64($0) } ?? 0) * 60 + (fields.10.flatMap { Int64($0) } ?? 0))
    let minutes = (dayNumber(year, month, day) * 24 + hour) * 60 + minute - offset
    return (minutes * 60 + second) * 1000 + decimals
  }

  private static func pad(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private static func daysIn(_ month: Int64, of year: Int64) -> Int64 {
    let next = month == 12 ? dayNumber(year + 1, 1, 1) : dayNumber(year, month + 1, 1)
    return next - dayNumber(year, month, 1)
  }

  /// Days since 1970-01-01 in the Gregorian calendar, counted in eras of 400 years that begin in March.
  private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shifted.flooredQuotientAndRemainder(by: 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (day + 719_468).flooredQuotientAndRemainder(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }
}

extension Int64 {
  /// Rounded towards negative infinity, so that the remainder is never negative.
  fileprivate func flooredQuotientAndRemainder(by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
