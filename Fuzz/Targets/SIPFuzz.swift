import CSofia
import Configuration
import Supervision

@testable import CallControl
@testable import Signalling

enum SIPFuzz {
  /// A trusted trunk, a user, and headers that carry something.
  private static let directory: ConfigDirectory = {
    let text = """
      { signalling: { advertisedAddress: "192.0.2.9" },
        tenants: [{ name: "acme" }],
        users: [{ name: "anna", tenant: "acme", role: "agent", password: "a long secret" }],
        trunks: [{ name: "carrier", tenant: "acme", addresses: ["192.0.2.1"], trusted: true }],
        routing: [{ pattern: "1*", to: { user: "anna" } }] }
      """
    do {
      return ConfigDirectory(try Configuration.parse(text))
    } catch {
      preconditionFailure("\(error)")
    }
  }()

  static func run(_ input: UnsafeRawBufferPointer) {
    guard let base = input.baseAddress,
      let message = msg_make(sofia_message_class(), 0, base, input.count)
    else { return }
    defer { msg_destroy(message) }
    guard let object = msg_object(message) else { return }
    let sip = UnsafeRawPointer(object).assumingMemoryBound(to: sip_t.self).pointee
    guard sip.sip_request != nil || sip.sip_status != nil else { return }
    let read = SIPMessageReader(
      sip: sip, sourceAddress: "192.0.2.1", sourcePort: 5_060, own: ("192.0.2.9", [5_060])
    ).read()
    write(read)
    plan(read)
  }

  /// What we write of it stays in its place: one line, one quoted string, one user part.
  private static func write(_ message: SIPMessage) {
    for text in [message.from.name, message.requestUser, message.userAgent, message.from.user] {
      precondition(!SIPText.line(text).utf8.contains { $0 < 0x20 || $0 == 0x7F })
      let quoted = SIPText.quoted(text)
      precondition(!quoted.utf8.contains { $0 < 0x20 || $0 == 0x7F })
      let uri = SIPURI(user: text, host: "192.0.2.9")
      precondition(SIPURI.decoded(SIPURI.encoded(text)) == text, "\(text)")
      precondition(!uri.description.utf8.contains { $0 <= 0x20 || $0 == 0x22 || $0 == 0x3C || $0 == 0x3E })
    }
  }

  private static func plan(_ message: SIPMessage) {
    let invite = IncomingInvite(
      leg: LegID(1), endpoint: .trunk(TenantID("acme"), "carrier"), requestUser: message.requestUser,
      caller: CallerIdentity(user: message.from.user, name: message.from.name), sdp: message.sdp ?? "v=0",
      headers: message.otherHeaders, sourceAddress: message.sourceAddress, client: message.userAgent)
    let planner = CallPlanner(
      directory: directory, ringTimeout: 30, presence: DeskPhonesOnly(), watches: { _, _ in false })
    guard case .call(let setup) = planner.plan(invite, call: CallID("fuzz"), calleeLeg: { _ in LegID(2) })
    else { return }
    // A header that isn't there, or is empty, says nothing.
    precondition(setup.facts.queue != "" && setup.facts.campaign != "" && setup.facts.customerTier != "")
  }
}
