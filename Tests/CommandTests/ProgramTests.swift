import Testing

@testable import earshot

@Suite("Command line")
struct ProgramTests {
  @Test("X1 every command explains itself, with examples that name it")
  func help() async {
    for syntax in Program.commands.map({ $0.syntax }) {
      let help = await Transcript.of(syntax.nameWords + ["--help"])
      #expect(help.code == .ok)
      #expect(help.output.contains("Usage: earshot \(syntax.name)"))
      for option in syntax.allOptions { #expect(help.output.contains("--\(option.name)")) }
      #expect(!syntax.examples.isEmpty, "\(syntax.name)")
      for example in syntax.examples { #expect(example.line.contains("earshot \(syntax.name)")) }
      #expect(await Transcript.of(["help"] + syntax.nameWords).output == help.output)
    }
  }

  @Test("X1 the overview names every command and every exit code")
  func overview() async {
    let help = await Transcript.of(["--help"])
    #expect(help.code == .ok)
    for syntax in Program.commands.map({ $0.syntax }) { #expect(help.output.contains("  \(syntax.name) ")) }
    for code in ExitCode.allCases { #expect(help.output.contains("  \(code.rawValue) ")) }
    let bare = await Transcript.of([])
    #expect(bare.code == .usage)
    #expect(bare.complaint == help.output)
    #expect(await Transcript.of(["--version"]).output == "earshot \(Program.version)\n")
  }

  @Test(
    "X1 a wrong command line ends with 64 and a remedy",
    arguments: [
      (["serv"], "There is no command 'serv'. Did you mean 'serve'?"),
      (["frobnicate"], "There is no command 'frobnicate'. See: earshot --help"),
      (["config"], "'config' is not whole. Give one of: config check."),
      (["config", "check"], "FILE is missing."),
      (["config", "check", "a", "b"], "'b' is one word too many."),
      (["serve"], "--config is missing. Give --config FILE"),
      (["serve", "--confg", "x"], "There is no option '--confg'. Did you mean '--config'?"),
      (["serve", "-c", "x"], "There is no option '-c'."),
      (["serve", "--config"], "--config needs a value. Give --config FILE"),
      (["serve", "--config=a", "--config=b"], "--config is given twice."),
      (["config", "check", "a", "--json=yes"], "--json takes no value."),
    ])
  func usage(words: [String], complaint: String) async {
    let transcript = await Transcript.of(words)
    #expect(transcript.code == .usage)
    #expect(transcript.complaint.hasPrefix("earshot: \(complaint)"), "\(transcript.complaint)")
    #expect(transcript.output.isEmpty)
  }

  @Test("X1 options may stand anywhere, and '--' ends them")
  func order() throws {
    let syntax = CommandSyntax(
      name: "x", summary: "", operands: ["A", "B"], options: [.json, Option("n", value: "N", "")])
    let arguments = try Arguments(["--n", "-5", "one", "--json", "--", "--two"], syntax: syntax)
    #expect(arguments.operands == ["one", "--two"])
    #expect(arguments.has(.json))
    #expect(try arguments.integer(syntax.options[1], in: -9...9) == -5)
    #expect(throws: UsageError("--n can't be '-5'.", remedy: "Give a whole number from 0 to 9.")) {
      try arguments.integer(syntax.options[1], in: 0...9)
    }
  }
}
