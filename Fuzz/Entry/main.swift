import FuzzTargets
import Glibc

/// libFuzzer's own `main` (llvm/lib/fuzzer/FuzzerDriver.cpp): does what the arguments say, and calls back with inputs.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafeRawPointer?, Int) -> Int32
) -> Int32

/// Which one this process fuzzes: its name in `EARSHOT_FUZZ`.
private let target: FuzzTarget = {
  guard let name = getenv("EARSHOT_FUZZ").map({ String(cString: $0) }),
    let target = FuzzTarget(rawValue: name)
  else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    preconditionFailure("EARSHOT_FUZZ must name one of \(names)")
  }
  return target
}()

/// The name that libFuzzer's archive asks for, whoever calls it.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafeRawPointer?, _ count: Int) -> Int32 {
  target.run(UnsafeRawBufferPointer(start: bytes, count: count))
  return 0
}

var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(runDriver(&count, &arguments, testOneInput))
