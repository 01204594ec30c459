import CSofia

/// Copies what Earshot needs out of sofia-sip's parsed message.
struct SIPMessageReader {
  let sip: sip_t
  let sourceAddress: String
  let sourcePort: UInt16
  /// What our own Vias say: host, and one of the ports.
  let own: (host: String, ports: [UInt16])
  /// Lower-case names of further headers to read.
  var wanted: Set<String> = []

  func read() -> SIPMessage {
    let request = sip.sip_request?.pointee.rq_url
    return SIPMessage(
      requestUser: request.map { SIPURI.decoded(text($0.url_user)) } ?? "",
      requestHost: text(request?.url_host),
      requestURI: request.map(uri) ?? "",
      from: party(sip.sip_from),
      to: party(sip.sip_to),
      callID: text(sip.sip_call_id?.pointee.i_id),
      contacts: contacts(),
      expires: sip.sip_expires.map { Int(clamping: $0.pointee.ex_delta) },
      minimumExpires: sip.sip_min_expires.map { Int(clamping: $0.pointee.me_delta) },
      retryAfter: sip.sip_retry_after.map { Int(clamping: $0.pointee.af_delta % UInt(SOFIA_RETRY_OFFSET)) },
      maxForwards: sip.sip_max_forwards.map { Int(clamping: $0.pointee.mf_count) },
      isWhole: isWhole,
      event: sip.sip_event.map { .init(type: text($0.pointee.o_type), id: $0.pointee.o_id.map { text($0) }) },
      acceptedTypes: acceptedTypes(),
      hasOwnVia: hasOwnVia(),
      contentType: sip.sip_content_type.map { text($0.pointee.c_type) },
      body: body(),
      reason: reason(),
      replaces: replaces(),
      referTo: referTo(),
      sequence: sip.sip_cseq?.pointee.cs_seq ?? 0,
      userAgent: text(sip.sip_user_agent?.pointee.g_string),
      credentials: authentications(sip.sip_authorization) + authentications(sip.sip_proxy_authorization),
      challenges: authentications(sip.sip_www_authenticate) + authentications(sip.sip_proxy_authenticate),
      extensions: tags(sip.sip_supported).union(tags(sip.sip_require)),
      required: tags(sip.sip_require),
      session: session(),
      reliable: reliable(),
      allow: sip.sip_allow.map { strings($0.pointee.k_items) } ?? [],
      otherHeaders: otherHeaders(),
      readHeaders: readHeaders(),
      sourceAddress: sourceAddress,
      sourcePort: sourcePort,
      transport: transport())
  }

  /// Of the topmost Via: its sender's of a request, our own of an answer.
  private func transport() -> SIPTransport {
    let name = text(sip.sip_via?.pointee.v_protocol).lowercased().split(separator: "/").last ?? ""
    return SIPTransport(rawValue: String(name)) ?? .udp
  }

  private func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

  private func strings(_ list: UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> [String] {
    var strings: [String] = []
    guard var next = list else { return strings }
    while let item = next.pointee {
      strings.append(String(cString: item))
      next += 1
    }
    return strings
  }

  private func uri(_ url: url_t) -> String {
    var url = url
    guard let string = url_as_string(nil, &url) else { return "" }
    defer { su_free(nil, string) }
    return String(cString: string)
  }

  private func party(_ header: UnsafePointer<sip_addr_s>?) -> SIPMessage.Party {
    guard let header = header?.pointee else { return .init(user: "", host: "", name: "", tag: nil) }
    return .init(
      user: SIPURI.decoded(text(header.a_url.url_user)), host: text(header.a_url.url_host),
      name: SIPText.unquoted(text(header.a_display)), tag: header.a_tag.map { String(cString: $0) })
  }

  private func contacts() -> [SIPMessage.Contact] {
    var contacts: [SIPMessage.Contact] = []
    var next = sip.sip_contact
    while let contact = next?.pointee {
      contacts.append(.init(uri: uri(contact.m_url), expires: contact.m_expires.flatMap { Int(text($0)) }))
      next = contact.m_next
    }
    return contacts
  }

  private var isWhole: Bool {
    guard sip.sip_separator != nil else { return false }
    let length = sip.sip_content_length?.pointee.l_length ?? 0
    return UInt64(length) <= UInt64(sip.sip_payload?.pointee.pl_len ?? 0)
  }

  private func acceptedTypes() -> Set<String>? {
    // An empty header and none are taken for the same: some phones write one and mean nothing by it.
    guard let first = sip.sip_accept, first.pointee.ac_type != nil else { return nil }
    var types: Set<String> = []
    var next: UnsafeMutablePointer<sip_accept_t>? = first
    while let accept = next?.pointee {
      types.insert(text(accept.ac_type).lowercased())
      next = accept.ac_next
    }
    return types
  }

  private func hasOwnVia() -> Bool {
    var next = sip.sip_request == nil ? nil : sip.sip_via
    while let via = next?.pointee {
      // An unreadable one is nobody's.
      let port = via.v_port.map { UInt16(text($0)) ?? 0 } ?? 5060
      if own.ports.contains(port), text(via.v_host) == own.host { return true }
      next = via.v_next
    }
    return false
  }

  private func body() -> String? {
    guard let payload = sip.sip_payload?.pointee, let data = payload.pl_data, payload.pl_len > 0 else {
      return nil
    }
    let count = Int(payload.pl_len)
    return data.withMemoryRebound(to: UInt8.self, capacity: count) {
      String(decoding: UnsafeBufferPointer(start: $0, count: count), as: UTF8.self)
    }
  }

  private func reason() -> SIPMessage.Reason? {
    guard let reason = sip.sip_reason?.pointee else { return nil }
    return .init(
      protocolName: text(reason.re_protocol), cause: reason.re_cause.flatMap { Int(text($0)) },
      text: SIPText.unquoted(text(reason.re_text)))
  }

  private func replaces() -> SIPMessage.Replaces? {
    guard let header = sip.sip_replaces?.pointee else { return nil }
    return .init(
      callID: text(header.rp_call_id), toTag: text(header.rp_to_tag), fromTag: text(header.rp_from_tag),
      isEarlyOnly: header.rp_early_only != 0)
  }

  private func referTo() -> SIPMessage.ReferTo? {
    guard let header = sip.sip_refer_to?.pointee else { return nil }
    let url = header.r_url
    let method = text(url.url_params).split(separator: ";").first { $0.lowercased().hasPrefix("method=") }
    // Header fields of a URI are parted by `&` and percent-encoded (RFC 3261 section 19.1.1).
    let replaces = text(url.url_headers).split(separator: "&").first {
      $0.lowercased().hasPrefix("replaces=")
    }
    return .init(
      uri: uri(url), user: SIPURI.decoded(text(url.url_user)), scheme: text(url.url_scheme).lowercased(),
      method: method.map { $0.dropFirst("method=".count).uppercased() },
      replaces: replaces.flatMap { .init(SIPURI.decoded(String($0.dropFirst("replaces=".count)))) })
  }

  private func authentications(_ header: UnsafeMutablePointer<msg_auth_s>?) -> [SIPMessage.Authentication] {
    var found: [SIPMessage.Authentication] = []
    var next = header
    while let item = next?.pointee {
      var parameters: [String: String] = [:]
      if var list = item.au_params {
        while let parameter = list.pointee {
          let pair = String(cString: parameter).split(
            separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
          if pair.count == 2 { parameters[pair[0].lowercased()] = SIPText.unquoted(String(pair[1])) }
          list += 1
        }
      }
      found.append(.init(scheme: text(item.au_scheme), parameters: parameters))
      next = item.au_next
    }
    return found
  }

  private func tags(_ header: UnsafeMutablePointer<msg_list_s>?) -> Set<String> {
    Set((header.map { strings($0.pointee.k_items) } ?? []).map { $0.lowercased() })
  }

  private func session() -> SessionHeaders {
    let header = sip.sip_session_expires?.pointee
    return SessionHeaders(
      expires: header.map { Int(clamping: $0.x_delta) },
      refresher: header.flatMap { SessionHeaders.Refresher(rawValue: text($0.x_refresher).lowercased()) },
      minimum: sip.sip_min_se.map { Int(clamping: $0.pointee.min_delta) })
  }

  private func reliable() -> ReliableAnswer? {
    guard let number = otherHeaders()["x-rseq"].flatMap({ UInt32($0) }), let request = sip.sip_cseq?.pointee,
      sip.sip_status != nil, let to = sip.sip_to?.pointee, to.a_tag != nil
    else { return nil }
    var route: [String] = []
    var next = sip.sip_record_route
    while let hop = next?.pointee {
      route.insert("<\(uri(hop.r_url))>", at: 0)
      next = hop.r_next
    }
    let target = sip.sip_contact.map { uri($0.pointee.m_url) } ?? uri(to.a_url)
    return ReliableAnswer(
      number: number, rack: "\(number) \(request.cs_seq) \(text(request.cs_method_name))",
      to: "<\(uri(to.a_url))>;tag=\(text(to.a_tag))", tag: text(to.a_tag), target: target,
      route: route.isEmpty ? nil : route.joined(separator: ", "))
  }

  private func otherHeaders() -> [String: String] {
    var headers: [String: String] = [:]
    var next = sip.sip_unknown
    while let header = next?.pointee {
      headers[text(header.un_name).lowercased()] = text(header.un_value)
      next = header.un_next
    }
    return headers
  }

  private func readHeaders() -> [String: String] {
    guard !wanted.isEmpty, sip.sip_request != nil else { return [:] }
    let unknown = otherHeaders()
    var found: [String: String] = [:]
    var sip = sip
    for name in wanted {
      if let value = unknown[name] {
        found[name] = value
      } else if let text = sofia_header(&sip, name) {
        found[name] = String(cString: text)
        su_free(nil, text)
      }
    }
    return found
  }
}
