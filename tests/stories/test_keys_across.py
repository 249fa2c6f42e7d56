"""Keys go from one side of a call to the other whatever each of them speaks."""

import math
import random
import struct
import time

import pytest

from harness import sound
from harness.wait import holds, until
from test_digits import CODES, EVENTS, Keypad, finish

SOUND_ONLY = ("0 PCMU",)
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
LAYOUT = "123A456B789C*0#D"
ROW = "15*#9"


def up(world, callers, callees, **dialled):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee, **dialled))
    out = caller.call(world.platform.sip, codecs=callers)
    asked = callee.incoming()
    asked.ring()
    out.established()
    asked.answer(codecs=callees)
    asked.expect_ack()
    until(lambda: world.said("bridged"), 10, "both ends hear")
    return out, asked


class Voice:
    """A phone that knows tones alone: sound without a break, keys in it."""

    def __init__(self, end):
        self.end, self.source = end, random.getrandbits(32)
        self.number, self.due = 1, time.monotonic()

    def say(self, samples):
        for at in range(0, len(samples), 160):
            head = struct.pack("!BBHII", 0x80, 0, self.number & 0xffff,
                               self.number * 160, self.source)
            self.end.rtp.send_raw(self.end.remote_media[:2], head +
                                  sound.to_mulaw(samples[at:at + 160]))
            self.number += 1
            self.due += 0.02
            time.sleep(max(0, self.due - time.monotonic()))

    def press(self, row, ms=100):
        self.say([0] * 2400)
        for key in row:
            low, high = (LOW[LAYOUT.index(key) // 4],
                         HIGH[LAYOUT.index(key) % 4])
            self.say([int(6000 * (math.sin(2 * math.pi * low * n / 8000) +
                                  math.sin(2 * math.pi * high * n / 8000)))
                      for n in range(8 * ms)])
            self.say([0] * 1280)
        self.say([0] * 2400)


def strength(samples, hertz):
    i = sum(value * math.sin(2 * math.pi * hertz * n / 8000)
            for n, value in enumerate(samples))
    q = sum(value * math.cos(2 * math.pi * hertz * n / 8000)
            for n, value in enumerate(samples))
    return math.hypot(i, q) * 2 / len(samples)


def keys_heard(end):
    """The keys in the sound that an end heard, of 40 ms at least."""
    data = sound.from_mulaw(b"".join(packet[4] for packet in end.rtp.packets
                                     if packet[2] == 0))
    keys, before = "", ""
    for at in range(0, len(data) - 159, 160):
        part = data[at:at + 160]
        low = max(LOW, key=lambda hertz: strength(part, hertz))
        high = max(HIGH, key=lambda hertz: strength(part, hertz))
        now = LAYOUT[LOW.index(low) * 4 + HIGH.index(high)] if min(
            strength(part, low), strength(part, high)) > 2500 else ""
        if now and now == before and not keys.endswith(now + "|"):
            keys += now + "|"
        if not now and not before and keys and not keys.endswith(" "):
            keys += " "
        before = now
    return keys.replace("|", "").replace(" ", "")


def events_heard(end):
    keys = ""
    for packet in end.rtp.packets:
        if packet[2] == 101 and not keys.endswith(CODES[packet[4][0]]):
            keys += CODES[packet[4][0]]
    return keys


def digits(world):
    return "".join(message["digit"] for message in world.said("digit"))


def test_tones_become_events_for_who_knows_them(world):
    out, asked = up(world, SOUND_ONLY, EVENTS)
    Voice(out).press(ROW)
    until(lambda: events_heard(asked) == ROW, 5,
          lambda: f"events {ROW}; {events_heard(asked)}")
    until(lambda: digits(world) == ROW, 5, lambda: digits(world))
    assert keys_heard(asked) == ""
    ends = [packet for packet in asked.rtp.packets
            if packet[2] == 101 and packet[4][1] & 0x80]
    assert len(ends) == 3 * len(ROW)
    finish(world, out, asked)
    assert digits(world) == ROW


def test_events_become_tones_for_who_knows_none(world):
    out, asked = up(world, EVENTS, SOUND_ONLY)
    pad = Keypad(out)
    for key in ROW:
        pad.press(key)
    until(lambda: keys_heard(asked) == ROW, 8,
          lambda: f"tones {ROW}; {keys_heard(asked)}")
    assert events_heard(asked) == ""
    finish(world, out, asked)
    assert digits(world) == ROW


def test_tones_between_who_knows_nothing_else_are_left_alone(world):
    out, asked = up(world, SOUND_ONLY, SOUND_ONLY)
    Voice(out).press(ROW)
    until(lambda: digits(world) == ROW, 5, lambda: digits(world))
    assert keys_heard(asked) == ROW
    finish(world, out, asked)


def test_hangupOnStar_by_a_tone(world):
    out, asked = up(world, SOUND_ONLY, SOUND_ONLY, hangupOnStar="true")
    voice = Voice(out)
    voice.press("1")
    until(lambda: digits(world) == "1", 5, "a 1")
    holds(lambda: not asked.got("BYE"), 0.3, "a 1 ends nothing")
    voice.due = time.monotonic()
    voice.press("*")
    asked.expect_bye()
    world.action(DialCallStatus="completed")
    out.expect_bye()
    assert world.leg(world.record())["end_reason"] == "the caller pressed *"


# Opus, and events by the usual clock, as many phones have them (baresip does).
OPUS = ("107 opus/48000/2", "101 telephone-event")
OPUS_48 = ("107 opus/48000/2", "101 telephone-event/48000")


def durations(end):
    return {struct.unpack("!H", packet[4][2:4])[0] for packet in end.rtp.packets
            if packet[2] == 101 and packet[4][1] & 0x80}


@pytest.mark.parametrize("callers, callees, ends_at", [
    (OPUS, EVENTS, 960), (EVENTS, OPUS, 960), (OPUS, OPUS, 960),
    (OPUS, OPUS_48, 5760)],
    ids=["to PCMU", "from PCMU", "Opus on both sides", "to the other clock"])
def test_events_beside_opus_may_have_the_usual_clock(world, callers, callees,
                                                     ends_at):
    out, asked = up(world, callers, callees, sip=' codecs="PCMU,OPUS"')
    pad = Keypad(out)
    for key in ROW:
        pad.press(key)
    until(lambda: events_heard(asked) == ROW, 5,
          lambda: f"events {ROW}; {events_heard(asked)}")
    until(lambda: digits(world) == ROW, 5, lambda: digits(world))
    assert durations(asked) == {ends_at}
    finish(world, out, asked)
    assert digits(world) == ROW
    assert {message["duration_ms"] for message in world.said("digit")} == {120}


@pytest.mark.parametrize("callees, heard, other", [
    (EVENTS, events_heard, keys_heard),
    (SOUND_ONLY, keys_heard, events_heard),
    (OPUS, events_heard, keys_heard)], ids=["events", "tones", "Opus"])
def test_INFO_is_pressed_for_the_other_side(world, callees, heard, other):
    out, asked = up(world, SOUND_ONLY, callees, sip=' codecs="PCMU,OPUS"')
    for key in ROW:
        out.ask("INFO", body=f"Signal={key}\r\nDuration=160\r\n",
                kind="application/dtmf-relay")
        out.expect(200, method="INFO")
    until(lambda: heard(asked) == ROW, 8, lambda: f"{ROW}; {heard(asked)}")
    assert other(asked) == ""
    finish(world, out, asked)
