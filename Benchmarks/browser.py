"""Measures the pages in a real browser while the bench keeps calls going: prints one JSON object with what it saw.

    echo password | browser.py --server http://127.0.0.1:8080 --name boss --agent-name dave --calls 200 --first-agent 1

All times are in ms. A part that fails is told under `faults`, and the others are measured all the same. Nothing is judged
here: medians, limits and words are the bench's (Sources/earshot/Bench/BrowserReport.swift).
"""
import argparse
import json
import math
import os
import struct
import sys
import tempfile
import time
import wave

from playwright.sync_api import sync_playwright

CHROMIUM = os.environ.get("EARSHOT_CHROMIUM", "/usr/bin/chromium")
PATIENCE = 15_000
INSTRUMENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "browser-instruments.js")


def beeps(path):
    """0.3 s of tone every 1.013 s, so that beeps and packets meet at every phase. The browser plays it over and over."""
    rate, period, sound = 48_000, 1.013, 0.3
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        one = [math.sin(2 * math.pi * 500 * t / rate) * 8_000 if t < sound * rate else 0 for t in range(int(period * rate))]
        file.writeframes(b"".join(struct.pack("<h", int(sample)) for sample in one) * 10)


class Floor:
    """The supervisor's page in a context of its own: nothing is in its cache."""

    def __init__(self, bench, state):
        self.context = bench.browser.new_context(storage_state=state)
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(path=INSTRUMENTS)
        self.page = self.context.new_page()
        self.page.goto(bench.server + "/floor", wait_until="commit")
        self.first_row = self.page.evaluate("() => window.bench.firstRow")

    def until(self, expression, argument=None):
        """Waits for what is true. Playwright's own way of waiting evaluates text, which the pages' CSP forbids."""
        deadline = time.monotonic() + PATIENCE / 1_000
        while not self.page.evaluate(expression, argument):
            if time.monotonic() > deadline:
                told = self.page.locator("[data-test=notices], [data-test=trouble], [data-test=ending]").all_inner_texts()
                raise TimeoutError(f"not within {PATIENCE} ms: {expression} {argument or ''}; the page says: {told}")
            time.sleep(0.02)

    def calls(self, agents):
        """Ids of the calls of these agents, in the order of the page."""
        return self.page.eval_on_selector_all(
            "[data-test=call-row]",
            """(rows, agents) => rows.filter((row) => agents.includes(
                 row.querySelector('[data-test=row-agent]').textContent.trim())).map((row) => row.dataset.call)""", agents)

    def between(self, first, last):
        """ms from one mark of the page to another, both new."""
        self.until("(names) => names.every((name) => performance.getEntriesByName(name).length > 0)", [first, last])
        return self.page.evaluate(
            "([first, last]) => performance.getEntriesByName(last)[0].startTime - performance.getEntriesByName(first)[0].startTime",
            [first, last])

    def listen(self, call):
        self.page.evaluate("performance.clearMarks()")
        self.page.click(f'[data-call="{call}"] [data-test=listen]')
        return self.between("listen-click", "first-sample")

    def switch(self, mode):
        self.page.evaluate("performance.clearMarks()")
        self.page.click(f"[data-test=mode-{mode}]:enabled")
        taken = self.between("mode-requested", "mode-applied")
        self.page.wait_for_selector(f"[data-test=mode-{mode}][aria-pressed=true]")
        return taken

    def leave(self):
        self.page.click("[data-test=leave]")
        self.page.wait_for_selector("[data-test=leave]", state="hidden")

    def close(self):
        self.context.close()


class Bench:
    def __init__(self, browser, options):
        self.browser, self.server, self.options = browser, options.server, options
        self.state = self.signed_in(options.name)
        self.seen = {"faults": {}}
        # The first agent's call is silent but for the whisper; those that come and go are behind all of these.
        self.speaking = [f"a{options.first_agent + number}" for number in range(1, options.calls)]

    def signed_in(self, name):
        """Cookies of somebody who has signed in."""
        context = self.browser.new_context()
        answer = context.request.post(
            self.server + "/v1/session", data={"name": name, "password": self.options.password},
            headers={"Origin": self.server})
        if not answer.ok:
            raise RuntimeError(f"sign-in of {name}: {answer.status} {answer.text()}")
        state = context.storage_state()
        context.close()
        return state

    def run(self):
        for part in [self.weights, self.loads, self.listens, self.updates, self.modes, self.whisper]:
            try:
                part()
            except Exception as error:  # Whatever it is, the bench is to be told.
                self.seen["faults"][part.__name__] = str(error).strip().split("\n")[0]
        return self.seen

    def weights(self):
        """Bytes over the wire of each page in an empty cache, with what it asks of the API; WebSockets aren't counted."""
        agent = self.signed_in(self.options.agent_name)
        self.seen["weights"] = {}
        for path, state in [("sign-in", None), ("floor", self.state), ("phone", agent)]:
            context = self.browser.new_context(storage_state=state)
            page = context.new_page()
            octets = []
            network = context.new_cdp_session(page)
            network.on("Network.loadingFinished", lambda event: octets.append(event["encodedDataLength"]))
            network.send("Network.enable")
            page.goto(f"{self.server}/{path}")
            # A module may ask for more once it runs.
            page.wait_for_timeout(1_500)
            if not page.url.endswith("/" + path):
                raise RuntimeError(f"/{path} led to {page.url}")
            self.seen["weights"][path] = sum(octets)
            context.close()

    def loads(self):
        """From the beginning of the navigation to the first row; and the first click on such a page."""
        self.seen["firstList"], self.seen["firstListens"] = [], []
        for number in range(self.options.loads):
            floor = Floor(self, self.state)
            self.seen["firstList"].append(floor.first_row)
            self.seen["firstListens"].append(floor.listen(floor.calls(self.speaking)[number]))
            floor.leave()
            floor.close()

    def listens(self):
        floor = Floor(self, self.state)
        self.seen["listens"] = []
        calls = floor.calls(self.speaking)
        for number in range(self.options.listens + 1):
            taken = floor.listen(calls[number % len(calls)])
            if number > 0:
                self.seen["listens"].append(taken)
            floor.leave()
        floor.close()

    def updates(self):
        """Nobody touches the page; the calls of the bench come and go."""
        floor = Floor(self, self.state)
        page = floor.page
        page.mouse.move(2, 2)
        floor.until("(calls) => document.querySelectorAll('[data-test=call-row]').length >= calls", self.options.calls)
        browser = floor.context.new_cdp_session(page)
        browser.send("Performance.enable")

        def spent():
            metrics = {one["name"]: one["value"] for one in browser.send("Performance.getMetrics")["metrics"]}
            return 1_000 * sum(metrics[name] for name in ["ScriptDuration", "LayoutDuration", "RecalcStyleDuration"])

        page.evaluate("window.bench.updates.length = 0")
        before = spent()
        page.wait_for_timeout(self.options.seconds * 1_000)
        self.seen["updates"] = page.evaluate("window.bench.updates")
        # With the ticking of all durations once a second and whatever else the page does.
        self.seen["pageLoad"] = (spent() - before) / self.options.seconds
        self.seen["rows"] = page.locator("[data-test=call-row]").count()
        floor.close()

    def modes(self):
        floor = Floor(self, self.state)
        floor.listen(floor.calls(self.speaking)[0])
        self.seen["modes"] = []
        for number in range(self.options.switches):
            self.seen["modes"].append(floor.switch("listen" if number % 2 else "whisper"))
        floor.leave()
        floor.close()

    def whisper(self):
        """Beeps into the call of one agent, whom the bench listens to; when each was captured, ms since 1970."""
        floor = Floor(self, self.state)
        page = floor.page
        calls = floor.calls([f"a{self.options.first_agent}"])
        page.click(f'[data-call="{calls[0]}"] [data-test=listen]')
        floor.switch("whisper")
        page.keyboard.down(" ")
        page.wait_for_timeout(self.options.beeps * 1_013)
        page.keyboard.up(" ")
        self.seen["beeps"] = page.evaluate("window.bench.beeps")
        floor.leave()
        floor.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--agent-name", required=True)
    parser.add_argument("--first-agent", type=int, required=True, help="2 for a2: he is whispered to, others are heard")
    parser.add_argument("--calls", type=int, required=True, help="of agents of consecutive numbers")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--loads", type=int, default=5)
    parser.add_argument("--listens", type=int, default=20)
    parser.add_argument("--switches", type=int, default=30)
    parser.add_argument("--beeps", type=int, default=25)
    options = parser.parse_args()
    # Not an argument: those are there for all to read.
    options.password = sys.stdin.readline().strip()
    # The bench keeps its load on one core. A supervisor's computer is neither that nor the server.
    os.sched_setaffinity(0, range(os.cpu_count()))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        beeps(folder + "/beeps.wav")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=[
            "--no-sandbox", "--allow-loopback-in-peer-connection", "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream", f"--use-file-for-fake-audio-capture={folder}/beeps.wav"])
        print(json.dumps(Bench(browser, options).run()))
        browser.close()


main()
