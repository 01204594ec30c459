"""A SIP phone on a secure WebSocket (RFC 7118): registers with digest, and is done.

    sip_websocket.py --url wss://127.0.0.1:8443 --ca FILE --user anna --password SECRET

Prints `{"registered": [401, 200], "contact": "<sip:…>"}`; ends with 0 if it could register.
"""
import argparse
import asyncio
import hashlib
import json
import re
import ssl
import sys
import uuid

import websockets

HERE = uuid.uuid4().hex[:12] + ".invalid"  # RFC 7118 section 5.2: a browser doesn't know its address.


def header(message, name):
    found = re.search(rf"^{name}:[ \t]*(.*?)\r?$", message, re.IGNORECASE | re.MULTILINE)
    return found.group(1) if found else ""


def digest(text):
    return hashlib.md5(text.encode()).hexdigest()


def authorization(challenge, user, password, uri):
    value = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))
    secret = digest(f"{user}:{value['realm']}:{password}")
    request = digest(f"REGISTER:{uri}")
    response = digest(f"{secret}:{value['nonce']}:00000001:abcdef:auth:{request}")
    return (f'Authorization: Digest username="{user}", realm="{value["realm"]}", nonce="{value["nonce"]}", uri="{uri}", '
            f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="abcdef"')


class Phone:
    def __init__(self, socket, user, password):
        self.socket, self.user, self.password = socket, user, password
        self.call, self.sequence = uuid.uuid4().hex, 0

    async def register(self, extra=()):
        self.sequence += 1
        await self.socket.send("\r\n".join([
            "REGISTER sip:earshot SIP/2.0",
            f"Via: SIP/2.0/WSS {HERE};branch=z9hG4bK{uuid.uuid4().hex}",
            f"From: <sip:{self.user}@earshot>;tag=ws", f"To: <sip:{self.user}@earshot>", f"Call-ID: {self.call}",
            f"CSeq: {self.sequence} REGISTER", f"Contact: <sip:{self.user}@{HERE};transport=ws>;expires=300",
            "Max-Forwards: 70", *extra, "Content-Length: 0", "", ""]))
        answer = await self.next("SIP/2.0")
        return int(answer.split()[1]), answer

    async def next(self, beginning):
        while True:
            message = await asyncio.wait_for(self.socket.recv(), 30)
            message = message.decode() if isinstance(message, bytes) else message
            if message.startswith(beginning) and not message.startswith("SIP/2.0 100"):
                return message


async def main():
    parser = argparse.ArgumentParser()
    for name in ("url", "ca", "user", "password"):
        parser.add_argument("--" + name, required=True)
    options = parser.parse_args()
    trust = ssl.create_default_context(cafile=options.ca)
    async with websockets.connect(options.url, ssl=trust, subprotocols=["sip"]) as socket:
        if socket.subprotocol != "sip":
            sys.exit("the server doesn't speak SIP on its WebSocket")
        phone = Phone(socket, options.user, options.password)
        first, answer = await phone.register()
        statuses = [first]
        if first == 401:
            second, answer = await phone.register(
                [authorization(header(answer, "WWW-Authenticate"), options.user, options.password, "sip:earshot")])
            statuses.append(second)
        print(json.dumps({"registered": statuses, "contact": header(answer, "Contact")}), flush=True)
        return 0 if statuses[-1] == 200 else 1


sys.exit(asyncio.run(main()))
