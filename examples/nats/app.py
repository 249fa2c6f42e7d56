#!/usr/bin/python3
"""An application without a web server: it answers voxbus on the bus itself.

    CALLEE='sip:alice@192.0.2.7;transport=udp' examples/nats/app.py

voxbus asks app.desk.voice (VOXBUS_VOICE_URL=nats:app.desk.voice) what to do with
a call, and app.desk.after once the callee's leg is over. Any NATS library does
this in a few lines; here are Python's standard library and the protocol, so that
nothing is to be installed. Several copies share the work: they subscribe as one
queue group.
"""

import os
import socket
import sys
import urllib.parse
from xml.sax.saxutils import escape

CALLEE = os.environ.get("CALLEE", "sip:callee@127.0.0.1:5070;transport=udp")
NATS_URL = os.environ.get("NATS_URL", "nats://127.0.0.1:4222")


def voice(_asked):
    """The first document of a call: ring the callee."""
    return f"""<Response>
  <Dial timeout="20" action="after">
    <Sip>{escape(CALLEE)}</Sip>
  </Dial>
</Response>
"""


def after(_asked):
    """After the Dial; 'after' beside 'voice' is the last token's place."""
    return "<Response><Hangup/></Response>\n"


PAGES = {"app.desk.voice": voice, "app.desk.after": after}


def read_message(words, lines):
    """Subject, reply subject and body of a MSG or HMSG line."""
    headers = int(words[-2]) if words[0] == b"HMSG" else 0
    size = int(words[-1])
    body = lines.read(size + 2)[headers:size]
    reply = words[-3 if headers else -2].decode()
    return words[1].decode(), reply, body


def main():
    host, port = NATS_URL.removeprefix("nats://").rsplit(":", 1)
    bus = socket.create_connection((host, int(port)))
    lines = bus.makefile("rb")
    bus.sendall(b'CONNECT {"verbose":false,"headers":true}\r\n'
                b"SUB app.desk.* desk 1\r\nPING\r\n")
    for line in lines:
        words = line.split()
        if words[0] == b"PING":
            bus.sendall(b"PONG\r\n")
        elif words[0] == b"PONG":
            print(f"the application listens on {NATS_URL}", flush=True)
        elif words[0] in (b"MSG", b"HMSG"):
            subject, reply, body = read_message(words, lines)
            asked = dict(urllib.parse.parse_qsl(body.decode()))
            print(subject, *(f"{name}={asked[name]}" for name in (
                "CallSid", "CallStatus", "DialCallStatus") if name in asked),
                  flush=True)
            page = PAGES.get(subject)
            head, text = b"", page(asked).encode() if page else b""
            if not page:
                head = b"NATS/1.0\r\nStatus: 404\r\n\r\n"
            kind = f"HPUB {reply} {len(head)}" if head else f"PUB {reply}"
            bus.sendall(f"{kind} {len(head + text)}\r\n".encode() +
                        head + text + b"\r\n")
    sys.exit("nats-server closed the connection")


if __name__ == "__main__":
    main()
