import Audio
import Foundation

/// A baresip (Debian's `baresip-core`) with one account at a floor: it says a tone, writes down what it hears, and
/// is told what to do as a person at its terminal would.
package final class Baresip: Sendable {
  package let user: String
  private let folder = TemporaryFolder()
  private let process: ToolProcess

  /// Starts it; it registers by itself.
  /// - Parameters:
  ///   - tone: that it says, Hz.
  ///   - codecs: as it names them, with their rates: `G722/16000/1`.
  ///   - answers: takes calls at once.
  ///   - transport: by which it registers, calls and is called: udp, tcp or tls.
  ///   - encryption: of its sound, as it names it: `srtp-mand` insists on keys in descriptions, `srtp` offers them.
  ///   - authority: for TLS, file of the certificate that its server's must be signed by.
  package init(
    _ user: String, server: String, saying tone: Double, codecs: String = "PCMA,PCMU", answers: Bool = false,
    transport: String = "udp", encryption: String? = nil, authority: String? = nil
  ) throws {
    self.user = user
    let path = folder.path
    // It takes a file only at the rate and with the channels of the codec.
    let codec = codecs.split(separator: ",")[0].split(separator: "/")
    let file = ToneFile(
      frequency: tone, rate: codec.count > 1 ? Int(codec[1]) ?? 8_000 : 8_000,
      channels: codec.count > 2 ? Int(codec[2]) ?? 1 : 1)
    try Data(file.bytes).write(to: URL(fileURLWithPath: path + "/say.wav"))
    try FileManager.default.createDirectory(atPath: path + "/heard", withIntermediateDirectories: false)
    let configuration = """
      sip_listen 127.0.0.1:0
      \(authority.map { "sip_cafile \($0)" } ?? "")
      audio_source aufile,\(path)/say.wav
      audio_player aubridge,sink
      audio_alert aubridge,alert
      module_path \(try Self.modules())
      module stdio.so
      module g711.so
      module g722.so
      module opus.so
      module srtp.so
      module aufile.so
      module aubridge.so
      module sndfile.so
      snd_path \(path)/heard
      module_app account.so
      module_app menu.so

      """
    let account = """
      <sip:\(user)@\(server);transport=\(transport)>;auth_pass=secret-\(user);regint=300;audio_codecs=\(codecs)\
      ;dtmfmode=rtpevent\(answers ? ";answermode=auto" : "")\(encryption.map { ";mediaenc=\($0)" } ?? "")

      """
    for (name, text) in ["config": configuration, "accounts": account, "contacts": ""] {
      try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
    }
    process = try ToolProcess("baresip", ["-f", path], in: path)
  }

  package func dial(_ number: String) { process.type("/dial \(number)\n") }
  package func press(_ keys: String) { process.type(keys) }
  /// REFER of its call to a URI.
  package func transfer(to uri: String) { process.type("/transfer \(uri)\n") }
  package func hangUp() { process.type("/hangup\n") }

  /// Ends it.
  /// - Returns: its exit status, and all that it heard of its calls in the order they were made.
  package func quit() async throws -> (status: Int32, heard: [Ear]) {
    process.type("/quit\n")
    let status = await process.exitStatus()
    let recordings = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/heard")
    let heard = try recordings.filter { $0.hasSuffix("-dec.wav") }.sorted().map { name in
      let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/heard/" + name))
      return Ear(try Recording([UInt8](bytes)).samples)
    }
    return (status, heard)
  }

  /// All that it has printed, for the message of a failure.
  package var output: String { process.output }

  /// The folder of its modules, which bears the machine's architecture in some releases.
  private static func modules() throws -> String {
    let roots = ["/usr/lib/baresip/modules"]
    let libraries = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib")
    let folders = roots + libraries.map { "/usr/lib/\($0)/baresip/modules" }
    guard let found = folders.first(where: { FileManager.default.fileExists(atPath: $0 + "/g711.so") }) else {
      throw Missing()
    }
    return found
  }

  package struct Missing: Error, CustomStringConvertible {
    package var description: String {
      "there is no baresip with its modules below /usr/lib: run scripts/bootstrap test"
    }
  }
}
