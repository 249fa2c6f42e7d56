"""Loss, jitter and disorder on the way of RTP, in a network of our own."""

import array
import math
import os
import struct
import threading
import time
import wave

import pytest

from conftest import told as a_world
from harness import sound
from harness.app import AppServer
from harness.coded import CODECS, CodedRtp, encoded
from harness.platform import Platform
from harness.storm import Storm
from harness.wait import until
from test_dial_record import asks, file_of
from test_digits import CODES, Keypad

pytestmark = pytest.mark.alone

CALLER_HERTZ, CALLEE_HERTZ = 500, 400
EVENTS = ("101 telephone-event/8000",)
ROW = "15937*402#8A6B1C5D09"          # twenty, no two alike beside another
STORM = {"loss": 0.05, "jitter_ms": 40, "reorder": 0.05}


@pytest.fixture(scope="module")
def first_in_line():
    """All that is started from here on goes before other work of the machine:
    the weather is what is measured, not who else computes."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        pass
    yield
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@pytest.fixture(scope="module")
def storm(first_in_line):  # pylint: disable=unused-argument
    made = Storm()
    if made.refused:
        made.close()
        pytest.skip(made.refused)
    yield made
    made.close()


@pytest.fixture(scope="module")
def inside(storm):
    """An application and a platform that live there."""
    app = AppServer()
    platform = Platform(voice_url=app.url("/voice"), log_level="debug")
    yield app, platform
    platform.close()
    app.close()


@pytest.fixture
def world(request, storm, inside):
    yield from a_world(request.node.name, *inside, request.node)
    storm.end()


def begin(world, storm, **weather):
    platform = world.platform
    if not storm.begin(platform.rtp_port, platform.rtp_last, **weather):
        pytest.skip(storm.refused)


def up(world, codec, more=(), **dialled):
    """A PCMU caller and a callee of another codec; (call, sound) of each."""
    ends = [CodedRtp("PCMU"), CodedRtp(codec)]
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee, events="", sip=f' codecs="{codec}"',
                             **dialled))
    out = caller.call(world.platform.sip, sdp=ends[0].sdp(more=more))
    asked = callee.incoming()
    asked.answer(sdp=ends[1].sdp(more=more))
    asked.expect_ack()
    out.established()
    until(lambda: world.said("bridged"), 10, "both ends hear")
    return (out, ends[0]), (asked, ends[1])


def speak(ends, seconds):
    """Both for so long; nothing is measured meanwhile: Python has one thread."""
    for (call, rtp), hertz in zip(ends, (CALLER_HERTZ, CALLEE_HERTZ)):
        rtp.say(call.remote_media, encoded(rtp.codec, hertz, seconds=30,
                                           loss=STORM["loss"]))
    time.sleep(seconds)
    for _, rtp in ends:
        rtp.be_silent()


def finish(world, ends):
    (out, _), (asked, _) = ends
    out.bye()
    asked.expect_bye()
    record = world.record()
    for _, rtp in ends:
        rtp.close()
    return [leg for message in record if message["type"] == "leg_closed"
            for leg in message["legs"]]


def windows(samples, rate, hertz, db=6):
    """The share of 100 ms windows in which the tone is heard, and its dB."""
    size, good = rate // 10, 0
    pitch = [(math.sin(2 * math.pi * hertz * n / rate),
              math.cos(2 * math.pi * hertz * n / rate)) for n in range(size)]
    loud = 0.5 * 32767
    count = len(samples) // size
    for at in range(0, count * size, size):
        part = samples[at:at + size]
        i = sum(value * w[0] for value, w in zip(part, pitch)) * 2 / size
        q = sum(value * w[1] for value, w in zip(part, pitch)) * 2 / size
        good += abs(20 * math.log10(max(math.hypot(i, q), 1) / loud)) < db
    return good / max(count, 1), count


@pytest.mark.parametrize("codec", ["G722", "OPUS"])
def test_with_loss_jitter_and_disorder_a_tone_is_still_heard(world, storm,
                                                             codec):
    """5 % lost, 5 % overtaken, 40 ms of jitter: 98 % of it, as it was."""
    ends = up(world, codec)
    begin(world, storm, **STORM)
    speak(ends, 10)
    storm.end()
    heard = []
    for (_, rtp), hertz in zip(ends, (CALLEE_HERTZ, CALLER_HERTZ)):
        samples, rate = rtp.heard_samples(), CODECS[rtp.codec][3]
        # Not its first second, nor what is made up after its last packet.
        share, count = windows(samples[rate:-rate // 2], rate, hertz)
        got = sound.steady(samples, rate)
        heard.append((share, count, got[0] / hertz))
    legs = finish(world, ends)
    for share, count, ratio in heard:
        assert count >= 80 and share >= 0.98 and abs(ratio - 1) < 0.01
    for leg in legs:
        assert leg["concealed_ms"] > 200        # of 5 % of 10 s, or so
        assert leg["packets_lost"] > 5
        assert leg.get("packets_late", 0) <= 0.04 * leg["packets_in"]
        assert 20 <= leg["buffer_max_ms"] <= 200
        assert leg["jitter_max_us"] > 5000
        assert 200 < leg["mos_hundredths"] < 430
        assert leg["ptime"] == 20


def test_jitter_of_200_ms_is_borne_with_a_buffer_of_200_ms(world, storm):
    ends = up(world, "G722")
    begin(world, storm, jitter_ms=200)
    speak(ends, 5)
    storm.end()
    share, count = windows(ends[1][1].heard_samples()[16000:], 16000,
                           CALLER_HERTZ, 12)
    legs = finish(world, ends)
    assert count >= 30 and share > 0.5
    for leg in legs:
        assert 100 <= leg["buffer_max_ms"] <= 200


def press_all(pad, row):
    """As a person does: 100 ms down, 60 ms up, a packet every 20 ms."""
    due = time.monotonic()
    for key in row:
        pad.time = pad.time + 1600 & 0xffffffff
        for n in range(1, 9):
            head = struct.pack("!BBHII", 0x80, pad.kind | (n == 1) << 7,
                               pad.number & 0xffff, pad.time, pad.source)
            body = struct.pack("!BBH", CODES.index(key),
                               0x8a if n > 5 else 0x0a, 160 * min(n, 5))
            pad.end.rtp.send_raw(pad.end.remote_media[:2], head + body)
            pad.number += 1
            due += 0.02
            time.sleep(max(0, due - time.monotonic()))


def runs(rtp):
    """The keys that an end was sent, each run of one event once."""
    keys = ""
    packets = sorted((packet for packet in rtp.packets if packet[2] == 101),
                     key=lambda packet: packet[0])
    for packet in packets:
        key = CODES[packet[4][0]]
        if not keys.endswith(key):
            keys += key
    return keys


def test_twenty_digits_arrive_once_and_in_order_through_it(world, storm):
    ends = up(world, "G722", more=EVENTS)
    (out, _), (_, rtp) = ends
    begin(world, storm, **STORM)
    thread = threading.Thread(target=press_all, args=(Keypad(out), ROW))
    thread.start()
    thread.join()
    until(lambda: len(world.said("digit")) >= len(ROW), 5,
          lambda: f"{len(ROW)} digits; {world.said('digit')}")
    until(lambda: runs(rtp) == ROW, 5, lambda: f"{ROW}; {runs(rtp)}")
    storm.end()
    finish(world, ends)
    assert "".join(m["digit"] for m in world.said("digit")) == ROW


def test_what_is_recorded_of_it_is_the_tone_too(world, storm):
    """A relayed call is not touched; its recording is made of samples."""
    ends = up(world, "PCMU", record="record-from-answer-dual", **asks(world))
    begin(world, storm, **STORM)
    speak(ends, 8)
    storm.end()
    legs = finish(world, ends)
    last = until(lambda: [request.params for request in
                          world.app.got(world.path("recording")) if
                          request.params["RecordingStatus"] == "completed"],
                 10, "the recording")[0]
    path = file_of(world, last["RecordingSid"])
    with wave.open(path, "rb") as file:
        rate = file.getframerate()
        data = array.array("h", file.readframes(1 << 30))
    for side, hertz in enumerate((CALLER_HERTZ, CALLEE_HERTZ)):
        share, count = windows(data[side::2][rate * 3 // 2:-rate], rate, hertz)
        assert count >= 40 and share >= 0.95
    assert all(leg["concealed_ms"] > 100 for leg in legs)


def test_packets_that_come_twice_change_nothing(world):
    ends = up(world, "G722")
    (_, near), (_, far) = ends

    def doubled(rtp, send):
        def wrap(data):
            wrapped = send(data)
            rtp.send_raw(rtp.to, wrapped)
            return wrapped
        return wrap
    for (call, rtp) in ends:
        rtp.to = call.remote_media[:2]
        rtp.wrap = doubled(rtp, rtp.wrap)
    speak(ends, 4)
    for rtp, hertz in ((near, CALLEE_HERTZ), (far, CALLER_HERTZ)):
        rate = CODECS[rtp.codec][3]
        share, count = windows(rtp.heard_samples()[rate:], rate, hertz, 1)
        assert count >= 20 and share >= 0.98
    for leg in finish(world, ends):
        assert leg.get("packets_lost", 0) == 0
        assert leg.get("packets_late", 0) <= 2       # a busy machine
        assert leg.get("concealed_ms", 0) <= 100
