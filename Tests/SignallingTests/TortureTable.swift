/// All messages of RFC 4475 and their answers. A call that is let in is what the trunk may do; nobody else may.
extension TortureMessage {
  static let all = valid + invalid + layers

  /// Section 3.1.1: well-formed, however it may look.
  private static let valid: [TortureMessage] = [
    .init("3.1.1.1", "wsinv", trunk: .status(481), "well-formed; its To tag names a dialog that isn't ours"),
    .init(
      "3.1.1.2", "intmeth", trunk: .silence,
      "501 would be right; the library reads no method with + or ` in it, and drops the message as noise"),
    .init(
      "3.1.1.3", "esc01", trunk: .call(to: "sips:user@example.com", from: "I have spaces"),
      stranger: .status(403), "user parts are unescaped once"),
    .init(
      "3.1.1.4", "escnull", trunk: .status(403),
      "the user with a null in his name is not the user 'null-', who would be asked for his password"),
    .init("3.1.1.5", "esc02", trunk: .status(501, line: "Allow: INVITE"), "RE%47IST%45R isn't REGISTER"),
    .init("3.1.1.6", "lwsdisp", trunk: .status(200), "no space is needed between a name and its '<'"),
    .init(
      "3.1.1.7", "longreq", trunk: .call(to: "user", from: longCaller), stranger: .status(403),
      "long values are values"),
    .init(
      "3.1.1.8", "dblreq", trunk: .status(401),
      user: ("j.user", .status(200, line: "Contact: <sip:j.user@host.example.com>;")),
      "the INVITE behind the REGISTER is noise; the registrar answers once"),
    .init("3.1.1.9", "semiuri", trunk: .status(200), "a parameter may stand in a user part"),
    .init("3.1.1.10", "transports", trunk: .status(200), "only the first Via is ours to answer by"),
    .init(
      "3.1.1.11", "mpart01", trunk: .status(405, line: "Allow: INVITE"), "framed well; no MESSAGE is taken"),
    .init("3.1.1.12", "unreason", trunk: .silence, "an answer to nothing that we asked"),
    .init("3.1.1.13", "noreason", trunk: .silence, "an answer to nothing that we asked"),
  ]

  /// Section 3.1.2: broken syntax.
  private static let invalid: [TortureMessage] = [
    .init(
      "3.1.2.1", "badinv01", trunk: .silence,
      "400 would be right, but the only Via can't be read, and so nothing to answer by"),
    .init("3.1.2.2", "clerr", trunk: .status(400), "a body shorter than its Content-Length"),
    .init("3.1.2.3", "ncl", trunk: .status(400), "a negative Content-Length"),
    .init("3.1.2.4", "scalar02", trunk: .status(400), "a CSeq above 2^32 - 1"),
    .init("3.1.2.5", "scalarlg", trunk: .silence, "an answer with a CSeq above 2^32 - 1 is dropped"),
    .init("3.1.2.6", "quotbal", trunk: .status(400), "a quote that never ends"),
    .init("3.1.2.7", "ltgtruri", trunk: .status(400), "a request URI in '<>'"),
    .init(
      "3.1.2.8", "lwsruri", trunk: .silence,
      "400 would be right; with a space in its URI the library reads no start line, and drops it as noise"),
    .init(
      "3.1.2.9", "lwsstart", trunk: .call(to: "user", from: "caller"), stranger: .status(403),
      "two spaces in the start line are read as one, as the RFC allows"),
    .init(
      "3.1.2.10", "trws", trunk: .status(200),
      "spaces after the version are no more than that, as the RFC allows"),
    .init(
      "3.1.2.11", "escruri", trunk: .call(to: "user", from: "caller"), stranger: .status(403),
      "headers in the request URI are ignored, as the RFC allows"),
    .init(
      "3.1.2.12", "baddate", trunk: .call(to: "user", from: "caller"), stranger: .status(403),
      "nobody reads the date"),
    .init("3.1.2.13", "regbadct", trunk: .status(400), "a Contact with headers but no '<>'"),
    .init(
      "3.1.2.14", "badaspec", trunk: .status(200), "spaces within '<>' are ignored, as the RFC allows"),
    .init("3.1.2.15", "baddn", trunk: .status(400), "a comma in a name without quotes"),
    .init("3.1.2.16", "badvers", trunk: .status(505), "SIP/7.0"),
    .init("3.1.2.17", "mismatch01", trunk: .status(400), "CSeq names another method"),
    .init(
      "3.1.2.18", "mismatch02", trunk: .status(400),
      "an unknown method, and CSeq names another: 400 is acceptable"),
    .init("3.1.2.19", "bigcode", trunk: .silence, "an answer with a status above 699 is dropped"),
  ]

  /// Sections 3.2 to 3.4: transactions, the application, the older RFC 2543.
  private static let layers: [TortureMessage] = [
    .init(
      "3.2.1", "badbranch", trunk: .status(200), "a branch of nothing but the cookie: taken as RFC 2543 would"
    ),
    .init("3.3.1", "insuf", trunk: .status(400), "no Call-ID, From or To"),
    .init("3.3.2", "unkscm", trunk: .status(416), "a scheme that nobody knows"),
    .init("3.3.3", "novelsc", trunk: .status(416), "a scheme that is known but isn't SIP's"),
    .init(
      "3.3.4", "unksm2", trunk: .status(403),
      "who isn't a user is refused before his To, that is no SIP address, is looked at"),
    .init(
      "3.3.5", "bext01", trunk: .status(420, line: "Unsupported: nothingSupportsThis"),
      "an extension that is required"),
    .init(
      "3.3.6", "invut", trunk: .status(415, line: "Accept: application/sdp"), stranger: .status(403),
      "a body of an unknown kind"),
    .init(
      "3.3.7", "regaut01", trunk: .status(401, line: "WWW-Authenticate: Digest "),
      "an unknown way to prove oneself is none"),
    .init("3.3.8", "multi01", trunk: .status(400), "two of what there may be one"),
    .init("3.3.9", "mcl01", trunk: .status(400), "two lengths"),
    .init("3.3.10", "bcast", trunk: .silence, "an answer that would be broadcast goes nowhere"),
    .init("3.3.11", "zeromf", trunk: .status(200), "we are where it goes to: nothing is passed on"),
    .init(
      "3.3.12", "cparam01", trunk: .status(401),
      user: ("watson", .status(200, line: "Contact: <sip:+19725552222@gw1.example.net>;")),
      "an unknown parameter of the Contact"),
    .init(
      "3.3.13", "cparam02", trunk: .status(401),
      user: ("watson", .status(200, line: "Contact: <sip:+19725552222@gw1.example.net;unknownparam>;")),
      "an unknown parameter of the Contact's URI"),
    .init(
      "3.3.14", "regescrt", trunk: .status(401),
      user: ("user", .status(200, line: "Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>;")),
      "headers in the Contact's URI are kept, and never obeyed"),
    .init(
      "3.3.15", "sdp01", trunk: .status(406), stranger: .status(403),
      "only a body of an unknown kind would be taken"),
    .init(
      "3.4.1", "inv2543", trunk: .call(to: "UserB", from: "+13035551111"), stranger: .status(403),
      "no branch, no From tag, no Contact, no Max-Forwards: RFC 2543's INVITE"),
  ]

  private static let longCaller = String(repeating: "amazinglylongcallername", count: 5)
}
