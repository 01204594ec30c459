import Glibc

let code = await Program.run(Array(CommandLine.arguments.dropFirst()), console: .standard)
exit(code.rawValue)
