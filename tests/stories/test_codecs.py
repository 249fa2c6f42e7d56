"""Codecs: each with each, untouched where both sides speak the same, and pauses."""

import concurrent.futures
import math
import time

import pytest

from conftest import platform_with, world_of
from harness.coded import CODECS, NOISE, CodedRtp, encoded
from harness.softphone import Softphone
from harness.wait import until

BARESIP = {"PCMU": "PCMU/8000/1", "PCMA": "PCMA/8000/1",
           "G722": "G722/16000/1", "OPUS": "opus/48000/2"}
CALLER_HERTZ, CALLEE_HERTZ = 500, 400
SECONDS = 1.5

# Keys may stand in SDPs that go over UDP.
open_platform = platform_with(nats=True, srtp_keys="always")
world = world_of("open_platform")


class OwnEnd:
    """A phone of ours that speaks one codec, calling or called."""

    def __init__(self, world, codec, hertz, secure=False, more=()):
        self.world, self.codec, self.hertz = world, codec, hertz
        self.secure, self.more = secure, more
        self.rtp = CodedRtp(codec)
        self.call = None

    def sdp(self):
        return self.rtp.sdp(self.secure, self.more)

    def dials(self, name):
        phone = self.world.phone()
        self.call = phone.call(self.world.platform.sip, name, sdp=self.sdp())

    def answers(self, phone):
        self.call = phone.incoming()
        self.call.answer(sdp=self.sdp())
        self.call.expect_ack()

    def is_up(self, speaks=True):
        theirs = self.call.request if self.call.inbound else \
            self.call.established()
        if self.secure:
            self.rtp.take(theirs.text)
            self.rtp.packets.clear()    # from before it had the key
        if speaks:
            self.rtp.say(self.call.remote_media,
                         encoded(self.codec, self.hertz))

    def heard(self):
        return self.rtp.steadily()

    def hangs_up(self):
        self.call.bye()

    def close(self):
        self.rtp.close()


class Baresip:
    """A softphone that says its tone by itself."""

    def __init__(self, softphone):
        self.softphone = softphone

    def dials(self, name):
        self.softphone.events.clear()
        self.softphone.dial(f"sip:{name}@{self.platform}")

    platform = ""

    def is_up(self):
        self.softphone.wait_for("CALL_ESTABLISHED")

    def heard(self):
        return self.softphone.steadily()

    def hangs_up(self):
        self.softphone.hang_up()

    def close(self):
        self.softphone.events.clear()


def leads_to(world, uri, codec, secure=False):
    world.answers(world.dial(
        None, events="", action=False, sip=f' codecs="{codec}"',
        uri=f"{uri};transport=udp" + (";secure=true" if secure else "")))


def connect(world, caller, codec, callees, secure=False):
    """The call of 'caller' to a callee of this codec; returns both ends."""
    if codec in callees:
        callee = Baresip(callees[codec])
        callee.close()
        leads_to(world, callee.softphone.uri, codec, secure)
        caller.dials(codec)
    else:
        callee = OwnEnd(world, codec, CALLEE_HERTZ, secure)
        phone = world.phone()
        leads_to(world, phone.uri, codec, secure)
        caller.dials(codec)
        callee.answers(phone)
    callee.is_up()
    caller.is_up()
    return caller, callee


def wrong(caller, callee, what):
    """What is not as it should be: within 1 % and 1 dB."""
    found = []
    for who, end, hertz in (("caller", caller, CALLEE_HERTZ),
                            ("callee", callee, CALLER_HERTZ)):
        got, level = end.heard()
        if abs(got / hertz - 1) > 0.01 or abs(level) > 1:
            found.append(f"{what}, {who}: {got:.1f} of {hertz} Hz, "
                         f"{level:+.2f} dB")
    return found


def softphones(encryption):
    """Softphones of each codec that baresip has: called ones, calling ones."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = {(codec, calls): pool.submit(
            Softphone, f"{'caller' if calls else 'callee'}-{codec.lower()}",
            CALLER_HERTZ if calls else CALLEE_HERTZ, answers=not calls,
            seconds=10, codecs=words, encryption=encryption)
                for codec, words in BARESIP.items() for calls in (False, True)}
    return [{codec: phone.result() for (codec, calls), phone in made.items()
             if calls == which} for which in (False, True)]


def side_by_side(world, codec, callees, callers, secure):
    """Calls from this codec to each, at once. Returns what is wrong."""
    calls, found = [], []
    for other in CODECS:
        if other in callees or codec not in callers:
            caller = OwnEnd(world, codec, CALLER_HERTZ, secure)
        else:
            caller = Baresip(callers[codec])
        calls.append((*connect(world, caller, other, callees, secure),
                      f"{codec} to {other}"))
    time.sleep(SECONDS)
    for caller, callee, what in calls:
        found += wrong(caller, callee, what)
        caller.hangs_up()
    for _, callee, _ in calls:
        if isinstance(callee, Baresip):
            callee.softphone.wait_for("CALL_CLOSED")
        else:
            callee.call.expect_bye()
    for caller, callee, _ in calls:
        caller.close()
        callee.close()
    return found


@pytest.mark.parametrize("secure", [False, True], ids=["RTP", "SDES"])
def test_a_tone_goes_through_every_pair_of_codecs(world, secure):
    """25 pairs, both ways, five calls at a time; baresip where it has one."""
    callees, callers = softphones("srtp-mand" if secure else "")
    Baresip.platform = world.platform.sip
    try:
        found = [line for codec in CODECS
                 for line in side_by_side(world, codec, callees, callers,
                                          secure)]
    finally:
        for phone in [*callees.values(), *callers.values()]:
            phone.close()
    assert not found, "\n".join(found)


@pytest.mark.parametrize("codec", CODECS)
def test_a_codec_that_both_sides_speak_passes_untouched(world, codec):
    caller = OwnEnd(world, codec, CALLER_HERTZ)
    caller, callee = connect(world, caller, codec, {})
    said = caller.rtp.said
    until(lambda: len(callee.rtp.packets) > 50, 10, "fifty packets")
    payloads = [packet[4] for packet in list(callee.rtp.packets)]
    first = said.index(payloads[0])
    assert payloads == said[first:first + len(payloads)]
    caller.hangs_up()
    callee.call.expect_bye()
    caller.close()
    callee.close()


# --- comfort noise ------------------------------------------------------------

LEVEL = 40                                      # dB below overload
WITH_NOISE = (f"{NOISE} CN/8000",)


def with_pause(codec, seconds=2):
    """Half a second of a tone, then a pause that is described 5 times a second."""
    pause = [(NOISE, bytes([LEVEL])), *9 * [None]]
    return encoded(codec, CALLER_HERTZ)[:25] + 5 * seconds * pause


def noise_level(samples):
    power = sum(value * value for value in samples) / len(samples)
    return -20 * math.log10(math.sqrt(power) / 32767 + 1e-9)


def paused(world, one, other, knows, from_callee):
    """A call whose one side pauses; returns the other end, after two seconds."""
    speaker = {"more": WITH_NOISE}
    listener = {"more": WITH_NOISE if knows else ()}
    codecs, words = (one, other), (speaker, listener)
    if from_callee:
        codecs, words = codecs[::-1], words[::-1]
    caller = OwnEnd(world, codecs[0], CALLER_HERTZ, **words[0])
    callee = OwnEnd(world, codecs[1], CALLEE_HERTZ, **words[1])
    phone = world.phone()
    leads_to(world, phone.uri, codecs[1])
    caller.dials("100")
    callee.answers(phone)
    callee.is_up(speaks=False)
    caller.is_up(speaks=False)
    who, whom = (callee, caller) if from_callee else (caller, callee)
    who.rtp.say(who.call.remote_media, with_pause(one))
    who.rtp.spoken()
    caller.hangs_up()
    callee.call.expect_bye()
    caller.close()
    callee.close()
    return whom


@pytest.mark.parametrize("from_callee", [False, True],
                         ids=["caller", "callee"])
@pytest.mark.parametrize("one, other", [
    ("PCMU", "PCMU"), ("PCMU", "PCMA"), ("G722", "PCMU"), ("PCMA", "OPUS")])
def test_a_pause_is_heard_as_its_noise_by_who_knows_no_other(
        world, one, other, from_callee):
    whom = paused(world, one, other, False, from_callee)
    samples = whom.rtp.heard_samples()
    half = len(samples) // 4
    assert abs(noise_level(samples[-half:]) - LEVEL) < 4
    kind = CODECS[other][1]
    assert [packet for packet in whom.rtp.packets if packet[2] == NOISE] == []
    assert len([packet for packet in whom.rtp.packets
                if packet[2] == kind]) > 90


@pytest.mark.parametrize("from_callee", [False, True],
                         ids=["caller", "callee"])
@pytest.mark.parametrize("one, other", [
    ("PCMU", "PCMU"), ("PCMU", "PCMA"), ("G722", "PCMU"), ("PCMU", "G722")])
def test_a_pause_is_described_to_who_knows_what_that_is(world, one, other,
                                                        from_callee):
    whom = paused(world, one, other, True, from_callee)
    told = [packet[4] for packet in whom.rtp.packets if packet[2] == NOISE]
    assert 5 <= len(told) <= 20
    assert all(abs(payload[0] - LEVEL) <= 3 for payload in told)
    assert len(whom.rtp.packets) < 60


def test_annex_b_describes_a_pause_to_g729(world):
    whom = paused(world, "PCMU", "G729", False, False)
    told = [packet[4] for packet in whom.rtp.packets if len(packet[4]) == 2]
    assert 5 <= len(told) <= 30
    assert len(whom.rtp.packets) < 70


# --- without the module ---------------------------------------------------------

# One that has no G.729.
lesser_platform = platform_with(nats=True, g729_module="none")
lesser_world = world_of("lesser_platform")


def test_without_its_module_g729_is_left_out(lesser_world):
    world = lesser_world
    callee = world.phone()
    world.answers(world.dial(callee, sip=' codecs="G729,PCMA"'))
    out = world.phone().call(world.platform.sip)
    asked = callee.incoming()
    assert "PCMA/8000" in asked.request.text
    assert "G729" not in asked.request.text
    asked.answer(("8 PCMA",))
    asked.expect_ack()
    out.established()
    out.bye()
    asked.expect_bye()
    world.platform.wait_for_log(component="mediad", error_code=53404)


def test_without_its_module_a_callee_of_g729_alone_is_not_dialled(lesser_world):
    world = lesser_world
    callee = world.phone()
    world.answers(world.dial(callee, sip=' codecs="G729"'))
    out = world.phone().call(world.platform.sip)
    out.expect(480)
    out.ack()
    assert callee.invites() == 0
    assert 53404 in world.notes(world.record())


def test_without_its_module_a_caller_of_g729_alone_is_refused(lesser_world):
    world = lesser_world
    world.answers(world.dial(world.phone()))
    world.phone().call(world.platform.sip, codecs=("18 G729",)).expect(488)
