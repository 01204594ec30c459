import Phones

/// The configuration of a server for the demo floor: everything on loopback. A plain value.
struct DemoConfiguration {
  var folder: String
  var sipPort: UInt16 = 5_060
  var apiPort: UInt16 = 8_080
  var floor: DemoFloor.Settings
  var cast: DemoCast
  var accounts: DemoAccounts

  /// As the file that `earshot serve` reads.
  var text: String {
    """
    // Made by `earshot demo`. Everything listens on loopback only.
    {
      signalling: { listen: "127.0.0.1:\(sipPort)", realm: "earshot" },
      media: { bindAddress: "127.0.0.1", rtpPorts: { from: 30000, to: 31999 } },
      api: { listen: "127.0.0.1:\(apiPort)" },
      storage: { folder: "\(folder)/data" },
      users: [
    \(users.joined(separator: "\n"))
      ],
      trunks: [
        {
          name: "city", addresses: ["\(floor.trunkAddress)"], nextHop: "\(floor.trunkAddress):\(floor.trunkPort)",
          trusted: true,
        },
      ],
      routing: [{ pattern: "\(floor.outboundPrefix)*", to: { trunk: "city", strip: \(floor.outboundPrefix.count), prefix: "" } }],
    }

    """
  }

  private var users: [String] {
    let agents = cast.agents.map { agent in
      user(
        agent.account.user, agent.account.name, "agent",
        "team: \"\(agent.team)\", site: \"\(agent.site)\", queue: \"\(agent.queue)\", campaign: \"\(agent.campaign)\", language: \"en\""
      )
    }
    return agents + [
      user(DemoAccounts.customer, "Carol (your customer line)", "customer", nil),
      user(
        DemoAccounts.agent, "Dave (your agent)", "agent",
        "team: \"north\", site: \"berlin\", queue: \"support\", campaign: \"spring\", language: \"en\""),
      user(
        DemoAccounts.supervisor, "Sue Lang", "supervisor",
        """
        token: "\(accounts[DemoAccounts.token])",
              grants: [{ permissions: ["view", "listen", "whisper", "barge", "takeover", "text-whisper", "review-audit"] }]
        """),
    ]
  }

  private func user(_ name: String, _ displayName: String, _ role: String, _ more: String?) -> String {
    """
        {
          name: "\(name)", displayName: "\(displayName)", role: "\(role)", password: "\(accounts[name])",
          \(more ?? "")
        },
    """
  }
}
