"""Keys that are pressed during a call: RTP events (RFC 4733) and INFO."""

import random
import struct

from harness.wait import holds, until

EVENTS = ("0 PCMU", "101 telephone-event")
CODES = "0123456789*#ABCD"


class Keypad:
    """Presses keys as phones do: packets of one timestamp, three ends."""

    def __init__(self, end, kind=101):
        self.end, self.kind = end, kind
        self.source, self.number = random.getrandbits(32), 1
        self.time = random.getrandbits(32)

    def press(self, digit, packets=5, ends=3):
        self.time = self.time + 8000 & 0xffffffff
        for n in range(1, packets + ends + 1):
            last = n > packets
            duration = 160 * min(n, packets + 1)
            head = struct.pack("!BBHII", 0x80,
                               self.kind | (0x80 if n == 1 else 0),
                               self.number & 0xffff, self.time, self.source)
            body = struct.pack("!BBH", CODES.index(digit),
                               0x8a if last else 0x0a, duration)
            self.end.rtp.send_raw(self.end.remote_media[:2], head + body)
            self.number += 1


def up(world, **dialled):
    """A call both of whose sides know events, in numbers of their own."""
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee, **dialled))
    out = caller.call(world.platform.sip,
                      codecs=("0 PCMU", "96 telephone-event"))
    asked = callee.incoming()
    asked.ring()
    out.established()
    asked.answer(codecs=EVENTS)
    asked.expect_ack()
    until(lambda: world.said("bridged"), 10, "both ends hear")
    return out, asked


def finish(world, out, asked):
    out.bye()
    asked.expect_bye()
    return world.record()


def test_a_press_is_passed_on_and_told_once(world):
    out, asked = up(world)
    pad = Keypad(out, 96)
    for digit in "1*#":
        pad.press(digit)
    until(lambda: len(world.said("digit")) == 3, 5,
          lambda: f"three presses; {world.said('digit')}")
    events = [packet for packet in asked.rtp.packets if packet[2] == 101]
    assert len(events) == 24
    assert {packet[4][0] for packet in events} == {1, 10, 11}
    digits = world.said("digit")
    assert [m["digit"] for m in digits] == ["1", "*", "#"]
    assert {m["duration_ms"] for m in digits} == {120}
    finish(world, out, asked)
    assert len(world.said("digit")) == 3


def test_the_callees_presses_reach_the_caller(world):
    out, asked = up(world)
    Keypad(asked).press("5")
    until(lambda: [packet for packet in out.rtp.packets if packet[2] == 96],
          5, "the event")
    until(lambda: world.said("digit"), 5, "it is told")
    finish(world, out, asked)


def test_a_press_whose_end_is_lost_is_told_by_what_follows(world):
    out, asked = up(world)
    pad = Keypad(out, 96)
    pad.press("7", ends=0)
    pad.press("8")
    until(lambda: len(world.said("digit")) == 2, 5, "both")
    assert [m["digit"] for m in world.said("digit")] == ["7", "8"]
    finish(world, out, asked)


def test_a_press_whose_end_is_lost_is_told_though_nothing_follows(world):
    """A phone that sends nothing while nobody speaks."""
    out, asked = up(world)
    Keypad(out, 96).press("7", ends=0)
    until(lambda: world.said("digit"), 5, "it is told")
    finish(world, out, asked)
    assert [m["digit"] for m in world.said("digit")] == ["7"]


def test_hangupOnStar_by_rtp_event(world):
    """Ends the callee's leg; the caller goes on with the action."""
    out, asked = up(world, hangupOnStar="true")
    pad = Keypad(out, 96)
    pad.press("1")
    until(lambda: world.said("digit"), 5, "a 1")
    holds(lambda: not asked.got("BYE"), 0.3, "a 1 ends nothing")
    pad.press("*")
    asked.expect_bye()
    world.action(DialCallStatus="completed", DialSipResponseCode="200")
    out.expect_bye()
    leg = world.leg(world.record())
    assert leg["ended_by"] == "local"
    assert leg["end_reason"] == "the caller pressed *"


def test_hangupOnStar_by_info(world):
    out, asked = world.up(hangupOnStar="true")
    out.ask("INFO", body="Signal=*\r\nDuration=160\r\n",
            kind="application/dtmf-relay")
    out.expect(200, method="INFO")
    asked.expect_bye()
    world.action(DialCallStatus="completed")
    out.expect_bye()
    world.record()


def test_without_hangupOnStar_and_from_the_callee_a_star_is_a_digit(world):
    out, asked = up(world, hangupOnStar="true")
    Keypad(asked).press("*")
    until(lambda: world.said("digit"), 5, "it is told")
    holds(lambda: not asked.got("BYE"), 0.5, "the call goes on")
    finish(world, out, asked)
    world.app.reset()
    out, asked = up(world)
    Keypad(out, 96).press("*")
    until(lambda: world.said("digit"), 5, "it is told")
    holds(lambda: not asked.got("BYE"), 0.5, "the call goes on")
    finish(world, out, asked)


def test_a_machine_gun_of_digits_is_bounded(world):
    out, asked = up(world)
    pad = Keypad(out, 96)
    for _ in range(150):
        pad.press("3", packets=0, ends=1)
    pad.press("4")
    until(lambda: world.said("digit"), 5, "some are told")
    finish(world, out, asked)
    assert len(world.said("digit")) <= 45
    assert world.platform.metrics("mediad")[
        "vox_media_digits_dropped_total"] > 0


def test_a_call_without_presses_has_no_such_message(world):
    out, asked = up(world)
    world.hear_each_other(out, asked)
    kinds = {message["type"] for message in finish(world, out, asked)}
    assert not kinds & {"digit", "digit_info", "leg_change", "media_silent"}
