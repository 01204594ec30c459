/// A conversation of a customer with an agent, line by line. A plain value.
package struct Dialogue: Hashable, Sendable {
  package enum Speaker: Hashable, Sendable { case customer, agent }

  package enum Step: Hashable, Sendable {
    /// Somebody speaks. `prompts` are recordings of a person saying about the same (names of Debian's
    /// asterisk-core-sounds, without `.wav`); they are preferred to a synthetic voice where they are installed.
    case line(Speaker, String, prompts: [String] = [])
    /// Nobody speaks; ms.
    case pause(Int)
    /// The agent puts the customer on hold for that long; ms.
    case hold(Int)
  }

  /// One word for it, for the log and the cache.
  package let topic: String
  package let queue: String
  package let steps: [Step]

  package init(_ topic: String, queue: String, _ steps: [Step]) {
    self.topic = topic
    self.queue = queue
    self.steps = steps
  }
}

extension Dialogue.Step {
  static func agent(_ text: String, _ prompts: String...) -> Self { .line(.agent, text, prompts: prompts) }
  static func customer(_ text: String) -> Self { .line(.customer, text) }
}

extension Dialogue {
  /// What is talked about on the demo floor.
  package static let all: [Dialogue] = [
    Dialogue(
      "invoice", queue: "billing",
      [
        .agent("Thank you for calling billing, how can I help you?"),
        .customer("Hello. I have been charged twice for March, and nobody answers my letters."),
        .agent("I am sorry to hear that.", "im-sorry"),
        .customer("The first invoice is from the second of March, the other one from the ninth."),
        .agent("One moment please, I will look at your account.", "one-moment-please"),
        .hold(9_000),
        .agent("Thank you for your patience.", "queue-thankyou"),
        .agent("You are right, the second invoice should not have been sent. I have cancelled it."),
        .customer("So will I get my money back?"),
        .agent("Yes. The refund will be on your account within five working days."),
        .customer("And I don't have to do anything more?"),
        .agent("No, that is all. You will have a letter that confirms it."),
        .customer("Well, that was quick. Thank you."),
        .agent("Goodbye.", "vm-goodbye"),
      ]),
    Dialogue(
      "router", queue: "support",
      [
        .agent("Technical support, good afternoon."),
        .customer("My internet has been down since this morning. I work from home, I really need it."),
        .agent("I am sorry you are having problems.", "sorry-youre-having-problems"),
        .agent("Which lights do you see on the router?"),
        .customer("The power light is green, and the second one blinks red."),
        .agent("Please switch it off, wait ten seconds, and switch it on again."),
        .customer("All right. It is off now."),
        .pause(6_000),
        .customer("It is starting. Still red. No, wait, now it is green!"),
        .agent("Very good. Please try a page in your browser."),
        .pause(2_500),
        .customer("Yes, that works. What was the reason?"),
        .agent("There was an update last night, and some devices need a restart after it."),
        .customer("I wish somebody had told me. But thanks for your help."),
        .agent("You are welcome. Goodbye.", "vm-goodbye"),
      ]),
    Dialogue(
      "cancel", queue: "retention",
      [
        .agent("Customer service, how may I help you?"),
        .customer("I want to cancel my contract. I have found something cheaper."),
        .agent("I am sorry to hear that. May I ask what the other offer costs?"),
        .customer("Twenty two a month, and you take thirty five. I would like to speak to a supervisor."),
        .agent("I understand. Let me see first what I can do for you.", "one-moment-please"),
        .hold(12_000),
        .agent("Thank you for your patience.", "queue-thankyou"),
        .agent("I can offer you twenty four a month for two years, and you keep your number."),
        .customer("Hmm. And the speed stays the same?"),
        .agent("It does. There is no set-up fee either."),
        .customer("Then I will think about it until tomorrow. Can you send it to me in writing?"),
        .agent("Of course. You will have it by mail within the hour."),
        .customer("Good. Goodbye."),
      ]),
    Dialogue(
      "delivery", queue: "support",
      [
        .agent("Good morning, order desk."),
        .customer("Good morning. My parcel should have come on Tuesday. The tracking has not changed since."),
        .agent("May I have the order number please?"),
        .customer("Seven, four, one, nine, zero, two."),
        .agent("Thank you.", "auth-thankyou"),
        .agent("I see that it was returned to the depot because of a wrong house number."),
        .customer("That can't be. I have lived here for ten years."),
        .agent("It says forty one, and your account says forty seven."),
        .customer("Oh. Forty seven is right. So the label was wrong?"),
        .agent("Yes, that was our mistake. I send it out again today, by express."),
        .customer("Will it be here by Friday?"),
        .agent("By Thursday at noon. Is there anything else?"),
        .customer("No, thank you very much."),
      ]),
    Dialogue(
      "renewal", queue: "outbound",
      [
        .customer("Hello?"),
        .agent("Good afternoon, I am calling about your insurance. It ends next month."),
        .customer("Yes, I have seen the letter, but I did not have the time to read it."),
        .agent("May I tell you in two sentences what changes?"),
        .customer("Please do."),
        .agent("The price stays as it is, and damage by water is now included."),
        .customer("Is that guaranteed? The last time it went up after three months."),
        .agent("It is fixed for two years. I can put that in writing."),
        .customer("Fine. Then please renew it."),
        .agent("Gladly. You will have the papers by the end of the week. Thank you.", "auth-thankyou"),
        .customer("Thank you. Bye."),
      ]),
    Dialogue(
      "booking", queue: "billing",
      [
        .agent("Reservations, how can I help you?"),
        .customer(
          "I booked a room for the fourteenth, for two people. Now we would like to stay a day longer."),
        .agent("Let me see whether the room is free.", "one-moment-please"),
        .pause(4_000),
        .agent("It is. The additional night would be eighty nine."),
        .customer("That is more than the other nights. Why?"),
        .agent("There is a fair in town on that weekend. But I can give you the old price."),
        .customer("That is kind. Then please change it."),
        .agent("It is done. You have a new confirmation in your mail."),
        .customer("Perfect, I see it already. Goodbye."),
        .agent("Goodbye.", "vm-goodbye"),
      ]),
  ]
}
