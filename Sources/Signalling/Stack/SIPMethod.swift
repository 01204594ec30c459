import CSofia

/// RFC 3261 section 7.1 and the extensions that the stack knows.
package enum SIPMethod: String, Hashable, Sendable {
  case invite = "INVITE"
  case ack = "ACK"
  case bye = "BYE"
  case cancel = "CANCEL"
  case options = "OPTIONS"
  case register = "REGISTER"
  case info = "INFO"
  case prack = "PRACK"
  case update = "UPDATE"
  case message = "MESSAGE"
  case subscribe = "SUBSCRIBE"
  case notify = "NOTIFY"
  case refer = "REFER"
  case publish = "PUBLISH"
}

extension SIPMethod {
  /// The method of a received request.
  init?(indication: nua_event_t) {
    switch indication {
    case nua_i_invite: self = .invite
    case nua_i_ack: self = .ack
    case nua_i_cancel: self = .cancel
    case nua_i_bye: self = .bye
    case nua_i_options: self = .options
    case nua_i_register: self = .register
    case nua_i_info: self = .info
    case nua_i_prack: self = .prack
    case nua_i_update: self = .update
    case nua_i_message: self = .message
    case nua_i_refer: self = .refer
    case nua_i_notify: self = .notify
    case nua_i_subscribe: self = .subscribe
    case nua_i_publish: self = .publish
    default: return nil
    }
  }

  /// The method of our request that was answered.
  init?(response: nua_event_t) {
    switch response {
    case nua_r_invite: self = .invite
    case nua_r_cancel: self = .cancel
    case nua_r_bye: self = .bye
    case nua_r_options: self = .options
    case nua_r_register, nua_r_unregister: self = .register
    case nua_r_info: self = .info
    case nua_r_prack: self = .prack
    case nua_r_update: self = .update
    case nua_r_refer: self = .refer
    case nua_r_notify: self = .notify
    case nua_r_subscribe: self = .subscribe
    default: return nil
    }
  }
}
