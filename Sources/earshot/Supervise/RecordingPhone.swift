import Phones

/// A phone of this process that answers by itself, says nothing and records what it hears: `supervise --wav`.
struct RecordingPhone {
  private let bank: PhoneBank
  private let phone: Phone
  /// What Earshot shall dial.
  let uri: String

  /// - Parameter address: of this machine, as the server reaches it.
  init(address: String) async throws {
    bank = PhoneBank(address: address, userAgent: "earshot supervise")
    try await bank.open()
    phone = await bank.phone(PhoneAccount(user: "supervisor"))
    await phone.setAnswering(.automatic)
    uri = await phone.uri
  }

  /// Waits to be called, then writes until the call is over.
  /// - Returns: milliseconds recorded.
  func record(to recorder: WAVRecorder) async throws -> Int {
    var recorder = recorder
    if let call = await phone.nextCall() {
      let sound = await call.sound()
      // The stream of sound lasts as long as the call is kept: its end is the phone's to tell.
      let ending = Task {
        _ = await call.ended()
        await bank.media.close(call.endpoint)
      }
      for await samples in sound { try recorder.write(samples) }
      await ending.value
    }
    try recorder.finish()
    return recorder.duration
  }

  func stop() async { await bank.stop() }
}
