import Supervision
import Testing

@testable import Media

@Suite("U4 who was sent what of whom") struct ProofLedgerTests {
  private let customer = ParticipantID(1)
  private let agent = ParticipantID(2)
  private let sue = ParticipantID(3)
  private let tom = ParticipantID(4)

  private func call() -> ProofLedger {
    var ledger = ProofLedger()
    ledger.join(customer, role: .customer)
    ledger.join(agent, role: .agent)
    ledger.join(sue, role: .supervisor)
    ledger.join(tom, role: .supervisor)
    return ledger
  }

  @Test("everybody is accounted for, with 0 where nothing was sent; sums go on")
  func entries() {
    var ledger = call()
    ledger.add(from: sue, to: agent, 160)
    ledger.add(from: sue, to: agent, 80)
    #expect(
      ledger.entries(from: sue) == [
        MixProof(from: sue, to: customer, samples: 0), MixProof(from: sue, to: agent, samples: 240),
        MixProof(from: sue, to: tom, samples: 0),
      ])
    #expect(ledger.entries.count == 6 && ledger.entries(from: agent).isEmpty)
  }

  @Test("what a party or another supervisor was sent stays in the account after he has left")
  func left() {
    var ledger = call()
    ledger.add(from: sue, to: agent, 240)
    ledger.add(from: sue, to: tom, 160)
    ledger.leave(agent)
    ledger.leave(tom)
    #expect(
      ledger.entries == [
        MixProof(from: sue, to: customer, samples: 0), MixProof(from: sue, to: agent, samples: 240),
        MixProof(from: sue, to: tom, samples: 160),
      ])
    ledger.leave(customer)
    #expect(ledger.entries.contains(MixProof(from: sue, to: customer, samples: 0)))
  }

  @Test("a hundred who came and went leave nothing in the account of one who stays")
  func flat() {
    var ledger = call()
    for number in UInt32(10)..<110 {
      ledger.join(ParticipantID(number), role: .supervisor)
      ledger.add(from: ParticipantID(number), to: agent, 160)
      ledger.leave(ParticipantID(number))
    }
    #expect(ledger.entries.count == 6 && ledger.entries.allSatisfy { $0.samples == 0 })
  }
}
