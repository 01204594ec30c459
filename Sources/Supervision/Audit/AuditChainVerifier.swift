/// A row as it is read back: the link, and the payload unless retention has erased it.
package struct AuditRow: Hashable, Sendable {
  package var link: AuditLink
  package var payload: [UInt8]?

  package init(link: AuditLink, payload: [UInt8]?) {
    self.link = link
    self.payload = payload
  }
}

/// What a signed checkpoint says of one chain.
package struct AuditAttestation: Hashable, Sendable {
  package var checkpoint: UInt64
  package var sequence: UInt64
  package var hash: AuditDigest

  package init(checkpoint: UInt64, sequence: UInt64, hash: AuditDigest) {
    self.checkpoint = checkpoint
    self.sequence = sequence
    self.hash = hash
  }
}

/// The outcome for one chain.
package struct AuditChainReport: Hashable, Sendable {
  package var name: AuditChainName
  package var rows: UInt64
  /// Of the last row, and its hash: worth noting down outside, since nothing inside can prove what came after the last
  /// checkpoint.
  package var last: UInt64
  package var head: AuditDigest
  /// Payloads up to this row are erased; 0 if none is.
  package var erasedThrough: UInt64
  /// In the order of their rows.
  package var faults: [AuditChainFault]
}

/// Reads a chain once, row by row, and names what is wrong with it (U2).
///
/// Rows come in the order of their stated sequence, which is below 2^63. A row whose own hash fits its fields is *sound*; one that isn't is
/// a suspect, and it is asked at the end at which place its hash would fit: so a row that was moved is told from one
/// that was changed.
package struct AuditChainVerifier: Sendable {
  private let name: AuditChainName
  private let hash: AuditHash
  private let attested: [UInt64: AuditAttestation]
  private let lastAttested: AuditAttestation?

  private var faults: Set<AuditChainFault> = []
  private var rows: UInt64 = 0
  private var last: UInt64 = 0
  private var head: AuditDigest
  private var erasedThrough: UInt64 = 0
  private var contentSeen = false
  /// Stated sequence by the first bytes of the hash; enough to name a copy, and small for long chains.
  private var seen: [UInt64: UInt64] = [:]
  /// The last sound row, and whether the row read just now was it.
  private var sound: (sequence: UInt64, hash: AuditDigest)
  private var followsSound = true
  private var gaps: [ClosedRange<UInt64>] = []
  private var suspects: [AuditLink] = []
  private var alteredContents: [UInt64: (actual: AuditDigest, stated: AuditDigest)] = [:]

  package init(_ name: AuditChainName, attested: [AuditAttestation] = [], hash: @escaping AuditHash) {
    self.name = name
    self.hash = hash
    self.attested = Dictionary(attested.map { ($0.sequence, $0) }, uniquingKeysWith: { first, _ in first })
    self.lastAttested = attested.max { $0.sequence < $1.sequence }
    head = AuditChain.genesis(of: name, by: hash)
    sound = (0, head)
  }

  package mutating func examine(_ row: AuditRow) {
    let link = row.link
    rows += 1
    last = max(last, link.sequence)
    head = link.hash
    examineContent(row)
    let fits = hash(of: link, at: link.sequence) == link.hash
    if fits, let attestation = attested[link.sequence], attestation.hash != link.hash {
      faults.insert(.contradicted(link.sequence, checkpoint: attestation.checkpoint))
    }
    guard isFirstOfItsKind(link, fits: fits) else { return }
    guard fits else {
      suspects.append(link)
      followsSound = false
      return
    }
    if link.sequence > sound.sequence + 1 {
      gaps.append(sound.sequence + 1...link.sequence - 1)
    } else if followsSound, link.previous != sound.hash {
      faults.insert(.brokenLink(link.sequence))
    }
    sound = (link.sequence, link.hash)
    followsSound = true
  }

  package consuming func finish() -> AuditChainReport {
    nameContents()
    let written = placesOfSuspects()
    nameMoves(written)
    nameDrops(written)
    if let lastAttested, lastAttested.sequence > last {
      faults.insert(
        .truncated(
          after: last, attested: lastAttested.sequence, checkpoint: lastAttested.checkpoint))
    }
    return AuditChainReport(
      name: name, rows: rows, last: last, head: head, erasedThrough: erasedThrough,
      faults: faults.sorted { ($0.sequence, $0.description) < ($1.sequence, $1.description) })
  }

  // MARK: one row

  private mutating func examineContent(_ row: AuditRow) {
    let sequence = row.link.sequence
    guard let payload = row.payload else {
      if contentSeen { faults.insert(.contentMissing(sequence)) } else { erasedThrough = sequence }
      return
    }
    contentSeen = true
    let actual = hash(payload)
    if actual != row.link.payloadHash { alteredContents[sequence] = (actual, row.link.payloadHash) }
  }

  /// Names copies. False if this row is one; of two alike, the one that doesn't fit its place is the copy.
  private mutating func isFirstOfItsKind(_ link: AuditLink, fits: Bool) -> Bool {
    let key = UInt64(bigEndianBytes: link.hash.bytes.prefix(8)) ?? 0
    if let other = seen[key] {
      guard fits, let copy = suspects.firstIndex(where: { $0.hash == link.hash }) else {
        faults.insert(.doubled(link.sequence, of: other))
        return false
      }
      faults.insert(.doubled(suspects.remove(at: copy).sequence, of: link.sequence))
    }
    seen[key] = link.sequence
    if fits, link.sequence <= sound.sequence {
      faults.insert(.doubled(link.sequence, of: sound.sequence))
      return false
    }
    return true
  }

  private func hash(of link: AuditLink, at sequence: UInt64) -> AuditDigest {
    AuditLink.hash(previous: link.previous, sequence: sequence, payloadHash: link.payloadHash, by: hash)
  }

  // MARK: at the end

  private mutating func nameContents() {
    let places = Dictionary(
      alteredContents.map { ($0.value.stated, $0.key) }, uniquingKeysWith: { first, _ in first })
    for (sequence, content) in alteredContents {
      if let other = places[content.actual], alteredContents[other]?.actual == content.stated {
        faults.insert(.swapped(min(sequence, other), max(sequence, other)))
      } else {
        faults.insert(.changed(sequence, .content))
      }
    }
  }

  /// How far a search for a moved row's place goes.
  private static let reach: Int64 = 1000

  /// The place at which each suspect's hash fits; nil if there is none within reach.
  private func placesOfSuspects() -> [(stated: UInt64, written: UInt64?)] {
    let exhaustive = suspects.count <= Int(Self.reach)
    let stated = exhaustive ? suspects.map(\.sequence) : []
    var offset: Int64 = 0
    var failures = 0
    return suspects.map { link in
      let fits = { (place: UInt64) -> Bool in hash(of: link, at: place) == link.hash }
      let stands = Int64(link.sequence)
      var place: UInt64?
      let likely = UInt64(max(1, stands &+ offset))
      if fits(likely) {
        place = likely
      } else if let other = stated.first(where: fits) {
        place = other
      } else if failures < Self.reach {
        place = Self.neighbours(of: stands).first(where: fits)
      }
      if let place { offset = Int64(place) - stands } else { failures += 1 }
      return (link.sequence, place)
    }
  }

  /// The places around one, the nearest first.
  private static func neighbours(of place: Int64) -> some Sequence<UInt64> {
    let distances = (1...reach).lazy.flatMap { (distance: Int64) -> [Int64] in [distance, -distance] }
    return distances.compactMap { (distance: Int64) -> UInt64? in
      let neighbour = place &+ distance
      return neighbour > 0 ? UInt64(neighbour) : nil
    }
  }

  private mutating func nameMoves(_ suspects: [(stated: UInt64, written: UInt64?)]) {
    let written = Dictionary(
      suspects.map { ($0.stated, $0.written) }, uniquingKeysWith: { first, _ in first })
    var run: (rows: ClosedRange<UInt64>, by: Int64)?
    for (stated, place) in suspects {
      guard let place else {
        faults.insert(.changed(stated, .link))
        continue
      }
      if written[place] == stated {
        faults.insert(.swapped(min(stated, place), max(stated, place)))
        continue
      }
      let offset = Int64(place) - Int64(stated)
      if let open = run, open.by == offset, stated == open.rows.upperBound + 1 {
        run = (open.rows.lowerBound...stated, offset)
      } else {
        if let run { faults.insert(.moved(run.rows, by: run.by)) }
        run = (stated...stated, offset)
      }
    }
    if let run { faults.insert(.moved(run.rows, by: run.by)) }
  }

  /// Places of which no row is left.
  private mutating func nameDrops(_ suspects: [(stated: UInt64, written: UInt64?)]) {
    let found = suspects.map { $0.written ?? $0.stated }.sorted()
    if let highest = found.last, highest > sound.sequence { gaps.append(sound.sequence + 1...highest) }
    for gap in gaps {
      var next = gap.lowerBound
      for place in found where gap.contains(place) {
        if place > next { faults.insert(.dropped(next...place - 1)) }
        next = max(next, place + 1)
      }
      if next <= gap.upperBound { faults.insert(.dropped(next...gap.upperBound)) }
    }
  }
}
