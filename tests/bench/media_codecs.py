"""What the codecs of the media benchmark take alone: their libraries, without
mediad."""

import contextlib
import ctypes
import os
import subprocess
import sys
import time

from cores import OWN_CORE, PEER_CORE, ahead, pin
from harness.platform import binary
from media_phones import opus_frames, speech

CODECS_ALONE = os.path.join(os.path.dirname(os.path.dirname(binary("mediad"))),
                            "tests", "codecs")


@contextlib.contextmanager
def as_measured():
    """On the core of the systems under test, while the other one is as busy as
    it is with our generator: two cores may be one, or share its speed."""
    before = os.sched_getaffinity(0)
    with subprocess.Popen([sys.executable, "-c", "while True: pass"],
                          preexec_fn=lambda: (os.sched_setaffinity(
                              0, {OWN_CORE}), ahead())) as neighbour:
        pin(os.getpid(), PEER_CORE)
        try:
            yield
        finally:
            neighbour.kill()
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
            os.sched_setaffinity(0, before)


def timed(rounds, run):
    """Microseconds of one call of 'run': the middle one of nine tries."""
    def once():
        began = time.thread_time()
        for number in range(rounds):
            run(number)
        return (time.thread_time() - began) * 1e6 / rounds
    with as_measured():
        return sorted(once() for _ in range(9))[4]


def bare_pcmu():
    """Our own code, so by our own program."""
    with as_measured():
        lines = subprocess.run([CODECS_ALONE], stdout=subprocess.PIPE, text=True,
                               check=True).stdout.splitlines()
    row = next(line.split("\t") for line in lines if line.startswith("PCMU\t8000"))
    return float(row[2]), float(row[3])


def bare_g722():
    lib = ctypes.CDLL("libspandsp.so.2")
    for name in ("g722_encode_init", "g722_decode_init"):
        getattr(lib, name).restype = ctypes.c_void_p
    encoder = ctypes.c_void_p(lib.g722_encode_init(None, 64000, 2))
    decoder = ctypes.c_void_p(lib.g722_decode_init(None, 64000, 2))
    lib.g722_encode_init(encoder, 64000, 1)  # 8 kHz, as PCMU's side has it
    lib.g722_decode_init(decoder, 64000, 1)
    # Frame after frame, as a call has it: one again and again would be learnt.
    sound = speech(8000, 4)
    frames = [(ctypes.c_int16 * 160)(*sound[at:at + 160])
              for at in range(0, len(sound), 160)]
    packets = [ctypes.create_string_buffer(200) for _ in frames]
    pcm = (ctypes.c_int16 * 160)()
    return (timed(3000, lambda number: lib.g722_encode(
                encoder, packets[number % 200], frames[number % 200], 160)),
            timed(3000, lambda number: lib.g722_decode(
                decoder, pcm, packets[number % 200], 160)))


def bare_opus(rate):
    """At complexity 5, as mediad is when nobody says otherwise."""
    lib = ctypes.CDLL("libopus.so.0")
    for name in ("opus_encoder_create", "opus_decoder_create"):
        getattr(lib, name).restype = ctypes.c_void_p
    encoder = ctypes.c_void_p(lib.opus_encoder_create(rate, 1, 2048, None))
    decoder = ctypes.c_void_p(lib.opus_decoder_create(rate, 1, None))
    lib.opus_encoder_ctl(encoder, 4010, 5)
    sound, size = speech(rate, 4), rate // 50
    frames = [(ctypes.c_int16 * size)(*sound[at:at + size])
              for at in range(0, len(sound), size)]
    data, out = ctypes.create_string_buffer(1276), (ctypes.c_int16 * size)()
    encode = timed(1000, lambda number: lib.opus_encode(
        encoder, frames[number % 200], size, data, 1276))
    packets = opus_frames()
    return encode, timed(1000, lambda number: lib.opus_decode(
        decoder, packets[number % 200], len(packets[number % 200]), out, size,
        0))


def bare_g729():
    lib = ctypes.CDLL("libbcg729.so.0")
    for name in ("initBcg729EncoderChannel", "initBcg729DecoderChannel"):
        getattr(lib, name).restype = ctypes.c_void_p
    encoder = ctypes.c_void_p(lib.initBcg729EncoderChannel(0))
    decoder = ctypes.c_void_p(lib.initBcg729DecoderChannel())
    sound = speech(8000, 4)
    frames = [(ctypes.c_int16 * 80)(*sound[at:at + 80])
              for at in range(0, len(sound), 80)]
    data, size = ctypes.create_string_buffer(10), ctypes.c_uint8()
    out = (ctypes.c_int16 * 80)()
    return (2 * timed(2000, lambda number: lib.bcg729Encoder(
                encoder, frames[number % 400], data, ctypes.byref(size))),
            2 * timed(2000, lambda _: lib.bcg729Decoder(
                decoder, data, 10, 0, 0, 0, out)))


# Beside G.711 Opus works at 8 kHz.
BARE = {"g722": {"g722": bare_g722}, "g729": {"g729": bare_g729},
        "opus": {"opus at 8 kHz": lambda: bare_opus(8000),
                 "opus at 16 kHz": lambda: bare_opus(16000)}}
NARROW = {"g722": "g722", "g729": "g729", "opus": "opus at 8 kHz"}
