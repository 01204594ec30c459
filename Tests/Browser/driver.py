"""Steers real browsers for the scenario tests: a command a line on standard input, an answer a line on standard output.

    {"id": 1, "do": "open", "page": "sue", "url": "http://127.0.0.1:8080/", "says": "tone.wav"}
    {"id": 1, "value": null}

Every page is a browser process of its own: the file that plays the microphone is an option of the process. Commands run
beside each other, those of one page in order where the test awaits each. Ends with its input.
"""
import asyncio
import json
import os
import sys

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

CHROMIUM = os.environ.get("EARSHOT_CHROMIUM", "/usr/bin/chromium")
PATIENCE = 15_000  # ms that a command waits for what it is about
LIMIT = 60  # s for any command: a page that hangs fails its test instead of stopping all of them

# The processing of voices takes a steady tone for noise and removes it; a tone is what the ears of the tests know. And
# what is sent is counted by the browser itself.
PREPARATION = """
{
  const devices = navigator.mediaDevices;
  const real = devices?.getUserMedia.bind(devices);
  if (real) devices.getUserMedia = (wanted) => real({
    ...wanted, audio: wanted.audio && { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  window.connectionsOfTest = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...rest) {
      super(...rest);
      window.connectionsOfTest.push(this);
    }
  };
}
"""


class Person:
    """One page in one browser, with one microphone."""

    def __init__(self, browser, context, page):
        self.browser, self.context, self.page = browser, context, page
        self.log = []
        page.on("console", lambda message: self.log.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.log.append(f"error: {error}"))


class Relay(asyncio.DatagramProtocol):
    """The network between a browser and Earshot's port for browsers, which a test can cut. Each sender gets a socket of
    its own behind it, as from a router that translates addresses."""

    class Way(asyncio.DatagramProtocol):
        def __init__(self, relay, client):
            self.relay, self.client, self.transport = relay, client, None

        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, _):
            if not self.relay.is_cut:
                self.relay.transport.sendto(data, self.client)

    def __init__(self, target):
        self.target, self.ways, self.is_cut, self.transport, self.passed = target, {}, False, None, 0

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, client):
        if self.is_cut:
            return
        self.passed += 1
        way = self.ways.get(client)
        if way is None:
            way = self.ways[client] = Relay.Way(self, client)
            loop = asyncio.get_running_loop()
            opening = loop.create_datagram_endpoint(lambda: way, local_addr=("127.0.0.1", 0), remote_addr=self.target)
            way.opening = asyncio.ensure_future(opening)
        if way.transport:
            way.transport.sendto(data)

    def move(self):
        """As from another network: whoever sends next comes from a new port."""
        for way in self.ways.values():
            if way.transport:
                way.transport.close()
        self.ways = {}

    def close(self):
        self.move()
        self.transport.close()


class Driver:
    def __init__(self, playwright):
        self.playwright, self.people, self.relays = playwright, {}, {}

    async def run(self, command):
        name = command.pop("do").replace("-", "_")
        return await getattr(self, "do_" + name)(**command)

    # Pages

    async def do_open(self, page, url, says=None, script=None, permission=True, scheme="light", width=1280, height=800):
        arguments = ["--no-sandbox", "--allow-loopback-in-peer-connection", "--use-fake-device-for-media-stream"]
        if says:
            arguments.append(f"--use-file-for-fake-audio-capture={says}")
        if permission:
            arguments.append("--use-fake-ui-for-media-stream")
        browser = await self.playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=arguments)
        context = await browser.new_context(
            ignore_https_errors=True, color_scheme=scheme, viewport={"width": width, "height": height})
        context.set_default_timeout(PATIENCE)
        await context.add_init_script(PREPARATION)
        if script:
            await context.add_init_script(script)
        person = Person(browser, context, await context.new_page())
        self.people[page] = person
        await person.page.goto(url)

    async def do_goto(self, page, url):
        await self.page(page).goto(url)

    async def do_reload(self, page):
        await self.page(page).reload()

    async def do_tab(self, page):
        """Closes the tab and opens an empty one, with the same cookies."""
        person = self.people[page]
        old = person.page
        person.page = await person.context.new_page()
        await old.close(run_before_unload=False)

    async def do_close(self, page):
        person = self.people.pop(page, None)
        if person:
            await person.browser.close()

    async def do_url(self, page):
        return self.page(page).url

    async def do_log(self, page):
        return self.people[page].log

    # Hands

    async def do_click(self, page, selector):
        await self.page(page).click(selector)

    async def do_fill(self, page, selector, text):
        await self.page(page).fill(selector, text)

    async def do_select(self, page, selector, value):
        await self.page(page).select_option(selector, value)

    async def do_press(self, page, key):
        await self.page(page).keyboard.press(key)

    async def do_hold(self, page, key):
        await self.page(page).keyboard.down(key)

    async def do_release(self, page, key):
        await self.page(page).keyboard.up(key)

    # Eyes

    async def do_wait(self, page, selector, state="visible", timeout=PATIENCE):
        await self.page(page).wait_for_selector(selector, state=state, timeout=timeout)

    async def do_text(self, page, selector):
        return await self.page(page).inner_text(selector)

    async def do_count(self, page, selector):
        return await self.page(page).locator(selector).count()

    async def do_evaluate(self, page, expression, argument=None):
        return await self.page(page).evaluate(expression, argument)

    async def do_until(self, page, expression, argument=None, timeout=PATIENCE):
        """The first value of the expression, a function, that is true. (The pages allow no `eval` of anything else.)"""
        handle = await self.page(page).wait_for_function(expression, arg=argument, timeout=timeout)
        return await handle.json_value()

    async def do_screenshot(self, page, path, full=True):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        await self.page(page).screenshot(path=path, full_page=full)

    async def do_scheme(self, page, scheme):
        await self.page(page).emulate_media(color_scheme=scheme)

    async def do_size(self, page, width, height):
        await self.page(page).set_viewport_size({"width": width, "height": height})

    async def do_axe(self, page):
        """What breaks WCAG 2.2 A or AA: rule, and where."""
        options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
        result = await Axe().run(self.page(page), options=options)
        return [
            f"{violation['id']}: {violation['help']}: " + "; ".join(
                " ".join(map(str, node["target"])) + " – " + node.get("failureSummary", "").replace("\n", " ")
                for node in violation["nodes"][:5])
            for violation in result.response["violations"]]

    # The network

    async def do_offline(self, page, is_offline):
        """HTTP and WebSockets; a relay cuts the sound."""
        await self.people[page].context.set_offline(is_offline)

    async def do_relay(self, relay, host, port):
        transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Relay((host, port)), local_addr=("127.0.0.1", 0))
        self.relays[relay] = protocol
        return transport.get_extra_info("sockname")[1]

    async def do_cut(self, relay, is_cut):
        self.relays[relay].is_cut = is_cut

    async def do_move(self, relay):
        self.relays[relay].move()

    async def do_passed(self, relay):
        return self.relays[relay].passed

    async def do_end_relay(self, relay):
        self.relays.pop(relay).close()

    def page(self, name):
        if name not in self.people:
            raise KeyError(f"'{name}' has no page")
        return self.people[name].page


async def main():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    running = set()

    async def answer(driver, line):
        command = json.loads(line)
        number = command.pop("id")
        try:
            reply = {"id": number, "value": await asyncio.wait_for(driver.run(command), LIMIT)}
        except Exception as error:  # Whatever it is, the test is to be told.
            reply = {"id": number, "error": f"{type(error).__name__}: {error}"}
        try:
            print(json.dumps(reply), flush=True)
        except BrokenPipeError:
            pass  # The tests are over.

    async with async_playwright() as playwright:
        driver = Driver(playwright)
        while line := await reader.readline():
            task = asyncio.ensure_future(answer(driver, line))
            running.add(task)
            task.add_done_callback(running.discard)
        for person in list(driver.people.values()):
            await person.browser.close()


asyncio.run(main())
