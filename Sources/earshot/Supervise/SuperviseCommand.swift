import API
import Supervision

/// `earshot supervise`: listen to a call, whisper into it, barge in, take it over.
struct SuperviseCommand: Command {
  private static let mode = Option(
    "mode", value: "MODE", isRequired: true, "listen, whisper, barge or takeover.")
  private static let device = Option(
    "device", value: "SIP",
    "The phone that Earshot dials: a registered user's name, or a URI like\nsip:sue@192.0.2.7:5060.")
  private static let wav = Option(
    "wav", value: "FILE", "Instead of a phone: write what the supervisor hears to a WAV file.")
  private static let seconds = Option("seconds", value: "N", "Leave after so many seconds.")
  private static let target = Option(
    "target", value: "USER", "The agent to coach, if not the one who has the customer.")
  private static let purpose = Option(
    "purpose", value: "TEXT", "Why: training, quality, compliance … where the policy asks.")
  private static let reason = Option(
    "reason", value: "TEXT", "The reason for this mode, where the policy asks.")
  private static let address = Option(
    "address", value: "IP", "With --wav: this machine's address as the server reaches it. Default 127.0.0.1.")

  static let syntax = CommandSyntax(
    name: "supervise",
    summary: "Listen to a call, whisper to its agent, barge in, or take it over.",
    operands: ["CALL"],
    options: [mode, device, wav, seconds, target, purpose, reason, address, .json] + ServerAccess.options,
    notes: [
      """
      While it runs it shows the mode and who hears you. Keys, as on a phone: 4 listen, 5 whisper, 6 6 barge,
      7 7 take over, * leave; Ctrl-C leaves too. It ends with the call. With --json a line per change.
      """,
      """
      With --wav nothing is said: a microphone needs a phone. The phone of --wav must lie in the tenant's
      deviceNetworks, which 127.0.0.1 does by default.
      """,
    ],
    examples: [
      ("earshot supervise 4f1d… --mode listen --wav heard.wav --seconds 10", "Hear ten seconds of a call"),
      ("earshot supervise 4f1d… --mode whisper --device sue", "Whisper, by Sue's registered phone"),
      (
        "earshot supervise 4f1d… --mode barge --device sip:sue@192.0.2.7 --reason 'angry customer'",
        "Barge in, with a reason"
      ),
    ])

  private let client: APIClient
  private let call: String
  private let mode: SupervisionMode
  private let sound: Sound
  private let statement: (target: String?, purpose: String?, reason: String?)
  private let limit: Duration?
  private let json: Bool

  private enum Sound {
    case device(String)
    case file(String, address: String)
  }

  init(_ arguments: Arguments) throws(UsageError) {
    call = arguments.operands[0]
    _ = try arguments.required(Self.mode)
    mode = try arguments.choice(Self.mode, SupervisionMode.self) ?? .listen
    switch (arguments.value(Self.device), arguments.value(Self.wav)) {
    case (let device?, nil): sound = .device(device)
    case (nil, let file?): sound = .file(file, address: arguments.value(Self.address) ?? "127.0.0.1")
    default:
      throw UsageError("Give either --device or --wav.", remedy: "See: earshot supervise --help")
    }
    statement = (
      arguments.value(Self.target), arguments.value(Self.purpose), arguments.value(Self.reason)
    )
    limit = try arguments.integer(Self.seconds, in: 1...86_400).map { .seconds($0) }
    json = arguments.has(.json)
    client = try ServerAccess(arguments).client
  }

  func run(_ console: Console) async throws -> ExitCode {
    switch sound {
    case .device(let uri): return try await supervise(by: uri, console)
    case .file(let path, let address): return try await record(to: path, address: address, console)
    }
  }

  private func record(to path: String, address: String, _ console: Console) async throws -> ExitCode {
    var recorder = try WAVRecorder(path: path)
    let phone: RecordingPhone
    do {
      phone = try await RecordingPhone(address: address)
    } catch {
      try recorder.finish()
      throw error
    }
    let recording = Task { [recorder] in try await phone.record(to: recorder) }
    let outcome: Result<ExitCode, any Error>
    do {
      outcome = .success(try await supervise(by: phone.uri, console))
    } catch {
      outcome = .failure(error)
    }
    await phone.stop()
    // Where Earshot never called, there is nothing that would end by itself.
    recording.cancel()
    let milliseconds = try await recording.value
    if case .success = outcome {
      console.complain("\(path): \(milliseconds / 1000).\(milliseconds / 100 % 10) s")
    }
    return try outcome.get()
  }

  private func supervise(by uri: String, _ console: Console) async throws -> ExitCode {
    let request = APIClient.SupervisionRequest(
      mode: mode, sip: uri, target: statement.target, purpose: statement.purpose, reason: statement.reason)
    let session = try await client.supervise(call, request)
    let attendance = Attendance(client: client, session: session, limit: limit, json: json, console: console)
    return try await attendance.run()
  }
}
