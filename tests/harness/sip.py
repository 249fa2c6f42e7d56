"""SIP messages as text: read, written, compared. RFC 3261, as far as stories go."""

import re

BRANCH = "z9hG4bK"
_COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact",
            "l": "content-length", "c": "content-type", "e": "content-encoding",
            "s": "subject", "k": "supported"}


class Message:
    """A request or response; header names are asked for in any case."""

    def __init__(self, first, headers, body=b""):
        self.first = first
        self.headers = headers
        self.body = body
        words = first.split(" ", 2)
        self.is_response = words[0] == "SIP/2.0"
        self.status = int(words[1]) if self.is_response else 0
        self.phrase = words[2] if self.is_response and len(words) > 2 else ""
        self.method = "" if self.is_response else words[0]
        self.uri = "" if self.is_response else words[1]

    def all(self, name):
        return [value for key, value in self.headers
                if _COMPACT.get(key.lower(), key.lower()) == name.lower()]

    def get(self, name, default=""):
        values = self.all(name)
        return values[0] if values else default

    @property
    def call_id(self):
        return self.get("Call-ID")

    @property
    def cseq(self):
        number, method = self.get("CSeq").split()
        return int(number), method

    @property
    def branch(self):
        return parameter(self.get("Via"), "branch")

    @property
    def text(self):
        return self.body.decode(errors="replace")

    def __str__(self):
        return self.first

    def encode(self):
        lines = [self.first]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


def parameter(value, name):
    found = re.search(r"[;?]\s*" + name + r"=([^;>,\s]+)", value)
    return found.group(1) if found else ""


def address(value):
    """The URI inside a From, To or Contact."""
    found = re.search(r"<([^>]*)>", value)
    return found.group(1) if found else value.split(";")[0].strip()


def host_port(uri):
    found = re.search(r"(?:@|^sips?:)([^;:>@]+)(?::(\d+))?(?:[;>]|$)", uri)
    return found.group(1), int(found.group(2) or 5060)


def parse(data):
    head, _, body = data.partition(b"\r\n\r\n")
    lines = re.sub(rb"\r\n[ \t]+", b" ", head).decode(
        errors="replace").split("\r\n")
    headers = []
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers.append((name.strip(), value.strip()))
    message = Message(lines[0], headers, body)
    message.headers = [(name, value) for name, value in headers
                       if name.lower() not in ("content-length", "l")]
    return message


def split_stream(buffer):
    """Whole messages at the start of a TCP buffer, and what is left."""
    messages = []
    while True:
        buffer = buffer.lstrip(b"\r\n")
        head, mark, rest = buffer.partition(b"\r\n\r\n")
        if not mark:
            return messages, buffer
        found = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)
        length = int(found.group(1)) if found else 0
        if len(rest) < length:
            return messages, buffer
        messages.append(head + mark + rest[:length])
        buffer = rest[length:]


def offer(port, codecs=("0 PCMU", "8 PCMA"), host="127.0.0.1", version=0):
    """An SDP of one audio stream."""
    lines = ["v=0", f"o=story 1 {version + 1} IN IP4 {host}", "s=-",
             f"c=IN IP4 {host}", "t=0 0",
             f"m=audio {port} RTP/AVP " +
             " ".join(codec.split()[0] for codec in codecs)]
    for codec in codecs:
        number, name = codec.split()
        rate = "" if "/" in name else "/8000"
        lines.append(f"a=rtpmap:{number} {name}{rate}")
    lines += ["a=ptime:20", "a=sendrecv"]
    return "\r\n".join(lines) + "\r\n"


def media_of(sdp):
    """(host, port, [payload types]) of the first audio stream."""
    host = re.search(r"(?m)^c=IN IP4 (\S+)", sdp).group(1)
    found = re.search(r"(?m)^m=audio (\d+) \S+ ([\d ]+)", sdp)
    return host, int(found.group(1)), found.group(2).split()
