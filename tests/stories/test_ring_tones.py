"""ringTone: each country's ringing, as the caller hears it."""

import math
import os
import re

import pytest

from harness.platform import ROOT
from harness.sound import RATE, from_mulaw
from harness.wait import until

TABLE = os.path.join(ROOT, "services", "mediad", "waves.def")
ROW = re.compile(r'^WAVE\("([^"]+)", (\d+), (\d+), (\d+), (\d+), (\d+)', re.M)
# 300 ms of a tone tell pitches apart that differ by 4 Hz.
SPAN = RATE * 3 // 10


def countries():
    with open(TABLE, encoding="utf-8") as file:
        return [(row[0], *map(int, row[1:])) for row in ROW.findall(file.read())]


def loudness(samples, hertz):
    """How much of this pitch is in it, 1.0 a full-scale sine."""
    turns = [2 * math.pi * hertz * n / RATE for n in range(len(samples))]
    real = sum(s * math.cos(t) for s, t in zip(samples, turns))
    imaginary = sum(s * math.sin(t) for s, t in zip(samples, turns))
    return 2 * math.hypot(real, imaginary) / len(samples) / 32768


def first_tone(rtp):
    """Samples from where it first is loud on; none while it is too short."""
    samples = from_mulaw(b"".join(packet[4] for packet in list(rtp.packets)))
    loud = next((n for n, s in enumerate(samples) if abs(s) > 400), None)
    return samples[loud:loud + SPAN] if loud is not None else []


@pytest.mark.parametrize("country,hertz,second,modulation,on,off", countries())
def test_the_caller_hears_the_countrys_ringing(  # pylint: disable=too-many-arguments
        world, country, hertz, second, modulation, on, off):
    assert on >= 300 and off > 0
    out, asked = world.ringing(ringTone=country)
    out.rtp.speak(out.remote_media, 1000)
    until(lambda: len(first_tone(out.rtp)) == SPAN, 8, "ringing")
    tone = first_tone(out.rtp)
    level = loudness(tone, hertz)
    assert level > 0.03
    if second:
        assert loudness(tone, second) == pytest.approx(level, rel=0.3)
    else:
        assert loudness(tone, hertz + 40 + modulation) < level / 3
        assert loudness(tone, hertz - 40 - modulation) < level / 3
    out.bye()
    asked.expect_request("CANCEL")
    asked.refuse(487, "Request Terminated")
    world.record()
