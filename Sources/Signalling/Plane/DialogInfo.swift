import Supervision

/// The document that a lamp is told by (RFC 4235 section 4).
enum DialogInfo {
  /// The event package, and the media type of its documents.
  static let event = "dialog"
  static let mediaType = "application/dialog-info+xml"

  /// - Parameters:
  ///   - entity: the address that was asked for.
  ///   - host: of the addresses in it.
  static func document(_ lamp: Lamp, entity: String, version: UInt32, host: String, user: String) -> String {
    var lines = [
      #"<?xml version="1.0"?>"#,
      #"<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="\#(version)" state="full" entity="\#(escaped(entity))">"#,
    ]
    for dialog in lamp.dialogs {
      lines += [
        #"<dialog id="\#(escaped(dialog.id))" direction="\#(dialog.isInitiator ? "initiator" : "recipient")">"#,
        "<state>\(dialog.state.rawValue)</state>",
        "<local>",
        identity(SIPURI(user: user, host: host), name: ""),
        // RFC 4235 section 4.1.6.2 and RFC 3840: no sound is rendered while one holds.
        target(SIPURI(user: user, host: host), isHolding: dialog.isHolding),
        "</local>",
        "<remote>",
        identity(SIPURI(user: dialog.other.user, host: host), name: dialog.other.name),
        target(SIPURI(user: dialog.other.user, host: host), isHolding: false),
        "</remote>",
        "</dialog>",
      ]
    }
    return (lines + ["</dialog-info>", ""]).joined(separator: "\r\n")
  }

  private static func identity(_ uri: SIPURI, name: String) -> String {
    let display = name.isEmpty ? "" : #" display="\#(escaped(name))""#
    return "<identity\(display)>\(escaped(uri.description))</identity>"
  }

  private static func target(_ uri: SIPURI, isHolding: Bool) -> String {
    let hold = isHolding ? #"<param pname="+sip.rendering" pval="no"/>"# : ""
    return #"<target uri="\#(escaped(uri.description))">\#(hold)</target>"#
  }

  /// As it may stand in text and attributes; what XML 1.0 can't hold at all becomes a space (section 2.2).
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&apos;"
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
