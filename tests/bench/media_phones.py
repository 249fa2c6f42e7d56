"""What the phones of the media benchmark say: SDP, and frames for streams.c."""

import base64
import ctypes
import math
import os
import re
import struct

PHONES = "127.0.0.4"
SOCKETS, FIRST_PORT = 16, 40000
KEY = bytes(range(30))
LINE = "AES_CM_128_HMAC_SHA1_80 inline:"
#                    codec, payload type, samples a packet
CODECS = {"relay": ("PCMU", 0, 160), "srtp": ("PCMU", 0, 160),
          "g722": ("G722", 9, 160), "opus": ("OPUS", None, 960),
          "g729": ("G729", 18, 160)}
RTPMAP = {"PCMU": "PCMU/8000", "G722": "G722/8000", "OPUS": "opus/48000/2",
          "G729": "G729/8000"}
# Every phone offers events; one without them is listened to, for keys in its
# sound, which would be measured here as if it were the codec's.
EVENTS = {"OPUS": "telephone-event/48000"}


def sdp(port, codec, pt, tag=None):
    lines = ["v=0", f"o=- 1 1 IN IP4 {PHONES}", "s=-", f"c=IN IP4 {PHONES}",
             "t=0 0", f"m=audio {port} RTP/{'S' if tag else ''}AVP {pt} 101",
             f"a=rtpmap:{pt} {RTPMAP[codec]}",
             f"a=rtpmap:101 {EVENTS.get(codec, 'telephone-event/8000')}",
             "a=ptime:20"]
    if tag:
        lines.append(f"a=crypto:{tag} {LINE}{base64.b64encode(KEY).decode()}")
    return "\r\n".join(lines) + "\r\n"


def tag_of(text):
    """Of the suite that our phones speak; None: it is not offered."""
    found = re.search(rf"^a=crypto:(\d+) {LINE}", text, re.M)
    return found and found.group(1)


def port_of(text):
    return int(re.search(r"^m=audio (\d+)", text, re.M).group(1))


def pt_of(text, codec):
    found = re.search(rf"^a=rtpmap:(\d+) {codec}/", text, re.M | re.I)
    return int(found.group(1)) if found else CODECS[codec.lower()][1]


def phone_port(call, side):
    return FIRST_PORT + 2 * (call % (SOCKETS // 2)) + side


# --- payloads ---------------------------------------------------------------
def speech(rate, seconds):
    """No speech, but as uneven: tones that come and go, with noise."""
    seed, out = 12345, []
    for i in range(rate * seconds):
        at = i / rate
        seed = (seed * 1103515245 + 12345) & 0x7fffffff
        loud = max(0, math.sin(2 * math.pi * 1.7 * at)) * 6000
        out.append(int(loud * (math.sin(2 * math.pi * 210 * at) +
                               .6 * math.sin(2 * math.pi * 730 * at) +
                               .3 * math.sin(2 * math.pi * 2150 * at)) / 2 +
                       (seed >> 16) % 200 - 100))
    return out


def ulaw(sample):
    size = min(abs(sample) + 132, 32767)
    segment = size.bit_length() - 8
    return ~((0x80 if sample < 0 else 0) | segment << 4 |
             (size >> (segment + 3)) & 0xf) & 0xff


def opus_frames():
    library = ctypes.CDLL("libopus.so.0")
    library.opus_encoder_create.restype = ctypes.c_void_p
    encoder = library.opus_encoder_create(16000, 1, 2048, None)
    pcm, out = speech(16000, 4), []
    for at in range(0, len(pcm), 320):
        data = ctypes.create_string_buffer(400)
        size = library.opus_encode(
            ctypes.c_void_p(encoder), (ctypes.c_int16 * 320)(*pcm[at:at + 320]),
            320, data, 400)
        out.append(data.raw[:size])
    return out


def frames_of(codec):
    if codec == "OPUS":
        return opus_frames()
    data = bytes(map(ulaw, speech(8000, 4)))
    size = {"PCMU": 160, "G722": 160, "G729": 20}[codec]
    if codec == "G729":  # any bits are a frame
        data = os.urandom(200 * 20)
    return [data[at:at + size] for at in range(0, len(data), size)]


def write_frames(folder, codec):
    path = os.path.join(folder, codec)
    with open(path, "wb") as file:
        for frame in frames_of(codec):
            file.write(struct.pack(">H", len(frame)) + frame)
    return path
