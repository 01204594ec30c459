"""A second WebRTC stack that nobody here wrote: aiortc joins a call as a supervisor, listens, and says what it heard.

    peer.py --server http://127.0.0.1:8080 --token TOKEN --call ID [--mode whisper] [--says 1700] [--seconds 2]

Prints a JSON line `{"session": …}` once it is connected, and at its end
`{"tones": [440.0, 1000.0], "codec": "opus", "samples": 96000}`. Ends with 0 if all that went well.
"""
import argparse
import asyncio
import fractions
import json
import math
import sys
import time
import urllib.error
import urllib.request

import av
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription

KNOWN = [440.0, 1000.0, 1700.0, 2300.0]
SILENCE = -45.0  # dBFS
RATE = 48_000


class Tone(MediaStreamTrack):
    """A sine at −20 dBFS, or silence where the frequency is 0."""

    kind = "audio"

    def __init__(self, frequency):
        super().__init__()
        self.frequency, self.sent, self.began = frequency, 0, None

    async def recv(self):
        count = RATE // 50
        self.began = self.began or time.monotonic()
        wait = self.began + self.sent / RATE - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        frame = av.AudioFrame(format="s16", layout="mono", samples=count)
        amplitude = 3276.7 if self.frequency else 0
        step = 2 * math.pi * self.frequency / RATE
        samples = b"".join(
            int(amplitude * math.sin(step * (self.sent + index))).to_bytes(2, "little", signed=True)
            for index in range(count))
        frame.planes[0].update(samples)
        frame.sample_rate, frame.pts, frame.time_base = RATE, self.sent, fractions.Fraction(1, RATE)
        self.sent += count
        return frame


def level(samples, rate, frequency):
    """dBFS, by Goertzel's method under a Hann window."""
    coefficient = 2 * math.cos(2 * math.pi * frequency / rate)
    before = before_that = 0.0
    for index, sample in enumerate(samples):
        window = 0.5 - 0.5 * math.cos(2 * math.pi * index / len(samples))
        before, before_that = sample * window + coefficient * before - before_that, before
    power = before * before + before_that * before_that - coefficient * before * before_that
    return 20 * math.log10(max(math.sqrt(max(power, 0)) * 4 / len(samples) / 32768, 1e-7))


def ask(options, method, path, body):
    request = urllib.request.Request(
        options.server.rstrip("/") + path, data=json.dumps(body).encode() if body else None, method=method,
        headers={"Authorization": f"Bearer {options.token}", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or "null")
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{error.code} for {path}: {error.read().decode()}")


async def listen(track, seconds, until):
    """Mono samples of what comes after the first second, in which queues fill."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    heard, passed_over = [], 0
    while len(heard) < seconds * RATE and not until.done():
        frame = await asyncio.wait_for(track.recv(), 10)
        for block in resampler.resample(frame):
            samples = memoryview(bytes(block.planes[0])).cast("h")[: block.samples]
            if passed_over < RATE:
                passed_over += len(samples)
            else:
                heard.extend(samples)
    return heard


async def obey(options, session):
    """`talk` and `mute` on standard input open and close his voice."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await asyncio.to_thread(
            ask, options, "PATCH", f"/v1/supervisions/{session}", {"talks": line.strip() == b"talk"})


async def main(options):
    peer = RTCPeerConnection()
    lost = asyncio.get_running_loop().create_future()
    arrived = asyncio.get_running_loop().create_future()
    connected = asyncio.Event()

    @peer.on("track")
    def _(track):
        if not arrived.done():
            arrived.set_result(track)

    @peer.on("connectionstatechange")
    def _():
        if peer.connectionState == "connected":
            connected.set()
        elif peer.connectionState in ("failed", "closed") and not lost.done():
            lost.set_result(peer.connectionState)

    peer.addTrack(Tone(options.says))
    await peer.setLocalDescription(await peer.createOffer())
    session = await asyncio.to_thread(
        ask, options, "POST", f"/v1/calls/{options.call}/supervisions",
        {"mode": options.mode, "device": {"webrtc": {"offer": peer.localDescription.sdp}}})
    await peer.setRemoteDescription(RTCSessionDescription(sdp=session["answer"], type="answer"))
    track = await asyncio.wait_for(arrived, 10)
    await asyncio.wait_for(connected.wait(), 15)
    print(json.dumps({"session": session["id"]}), flush=True)
    obeying = asyncio.ensure_future(obey(options, session["id"]))
    samples = await listen(track, options.seconds, lost)
    obeying.cancel()
    # A connection that only closes could come back, and its session waits for that.
    await asyncio.to_thread(ask, options, "DELETE", f"/v1/supervisions/{session['id']}", None)
    # Of each half second: a tone counts as heard if it was there in any.
    windows = [samples[start : start + RATE // 2] for start in range(0, max(len(samples) - RATE // 2, 1), RATE // 2)]
    tones = [tone for tone in KNOWN if any(level(window, RATE, tone) > SILENCE for window in windows if window)]
    codecs = [line.split(" ")[1].split("/")[0].lower() for line in session["answer"].splitlines() if line.startswith("a=rtpmap")]
    print(json.dumps({"tones": tones, "codec": codecs[0] if codecs else "", "samples": len(samples)}), flush=True)
    await peer.close()


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--server", required=True)
parser.add_argument("--token", required=True)
parser.add_argument("--call", required=True)
parser.add_argument("--mode", default="listen")
parser.add_argument("--says", type=float, default=0.0, help="Hz; 0: silence")
parser.add_argument("--seconds", type=float, default=2.0)
asyncio.run(main(parser.parse_args()))
