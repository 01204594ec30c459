import RTP

@testable import Media

enum SRTPFuzz {
  static func run(_ input: UnsafeRawBufferPointer) {
    guard let first = input.first else { return }
    let profile: SRTPProfile = first & 1 == 0 ? .aes128GCM : .aes128CounterSHA1
    let exported = (0..<profile.exportLength).map { UInt8($0) }
    let (master, _) = profile.split(exported)
    let sealing = SRTPStream(profile, master, isSealing: true)
    let opening = SRTPStream(profile, master, isSealing: false)
    for record in FuzzRecords(UnsafeRawBufferPointer(rebasing: input.dropFirst())) {
      let isReport = record.kind & 1 != 0
      let room = record.bytes.count + SRTPStream.mostOverhead
      let memory = UnsafeMutableRawPointer.allocate(byteCount: max(room, 1), alignment: 16)
      defer { memory.deallocate() }
      record.bytes.withUnsafeBytes {
        memory.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: $0.count)
      }
      let count = record.bytes.count
      if record.kind & 2 == 0 {
        let opened = isReport ? opening.openReport(memory, count: count) : opening.open(memory, count: count)
        precondition(opened == 0, "opened what nobody has sealed")
        continue
      }
      // Only what is well-formed is ever sealed.
      guard
        isReport ? RTCP.parse(memory, count: count, reportOn: 0) != nil : RTPHeader.parse(record.bytes) != nil
      else { continue }
      let sealed = isReport ? sealing.sealReport(memory, count: count) : sealing.seal(memory, count: count)
      precondition(sealed <= room, "sealed beyond the overhead")
      guard sealed > 0 else { continue }
      let copy = UnsafeMutableRawPointer.allocate(byteCount: sealed, alignment: 16)
      defer { copy.deallocate() }
      copy.copyMemory(from: memory, byteCount: sealed)
      let opened = isReport ? opening.openReport(copy, count: sealed) : opening.open(copy, count: sealed)
      if opened > 0 {
        precondition(
          opened == count && UnsafeRawBufferPointer(start: copy, count: count).elementsEqual(record.bytes))
        // The same once more is a replay.
        copy.copyMemory(from: memory, byteCount: sealed)
        let twice = isReport ? opening.openReport(copy, count: sealed) : opening.open(copy, count: sealed)
        precondition(twice == 0, "a replay was taken")
      }
    }
  }
}
