"""What a callee sends before it answers."""

import time

from harness import sip
from harness.wait import holds, until


def early(asked, hertz=700):
    """183 with an SDP, and sound."""
    asked.respond(183, "Session Progress", sdp=sip.offer(asked.rtp.port))
    asked.rtp.speak(asked.remote_media, hertz)


def hears(out, hertz, since=0.0):
    until(lambda: out.rtp.hears(hertz, since), 5,
          lambda: f"{hertz} Hz; heard {out.rtp.heard(since)}")


def test_the_caller_hears_the_callees_early_media(world):
    """Instead of ringing, and until the answer, which may be another one."""
    out, asked = world.dialling()
    out.established()
    early(asked)
    hears(out, 700)
    assert not world.said("tone")
    world.callbacks("initiated", "ringing")
    asked.answer()
    asked.expect_ack()
    world.hear_each_other(out, asked, since=time.monotonic())
    out.bye()
    asked.expect_bye()
    world.callbacks("initiated", "ringing", "in-progress", "completed")
    assert [m.get("early") for m in world.record()
            if m["type"] == "bridge"] == [True, None]


def test_an_answer_without_sdp_after_a_reliable_one_with_it(world):
    """RFC 3262: the SDP of the 183 was the answer, the 200 has none."""
    out, asked = world.dialling()
    out.established()
    asked.respond(183, "Session Progress",
                  [("Require", "100rel"), ("RSeq", "7")],
                  sip.offer(asked.rtp.port))
    asked.expect_request("PRACK")
    asked.rtp.speak(asked.remote_media, 700)
    hears(out, 700)
    asked.respond(200, "OK")
    asked.expect_ack()
    world.hear_each_other(out, asked, since=time.monotonic())
    out.bye()
    asked.expect_bye()
    world.record()


def test_ringing_first_and_early_media_later(world):
    out, asked = world.ringing()
    until(lambda: world.said("tone"), 5, "it rings")
    early(asked)
    since = time.monotonic()
    until(lambda: out.rtp.hears(700, since + 0.3), 5, "the announcement")
    asked.refuse(480, "Nobody Home")
    world.action(DialCallStatus="no-answer", DialSipResponseCode="480")
    out.expect_bye()
    world.record()


def test_several_callees_ring_even_if_one_speaks_early(world):
    caller, callee, other = world.phone(), world.phone(), world.phone()
    target = f"{other.uri};transport=udp"
    text = world.dial(callee).replace("</Dial>", f"<Sip>{target}</Sip></Dial>")
    world.answers(text)
    out = caller.call(world.platform.sip)
    asked, idle = callee.incoming(), other.incoming()
    idle.ring()
    out.established()
    early(asked)
    until(lambda: len(world.said("ringing")) == 2, 5, "both ring")
    holds(lambda: not out.rtp.hears(700), 0.5, "nobody is heard")
    assert out.rtp.packets, "it rings"
    asked.answer()
    asked.expect_ack()
    idle.canceled()
    world.hear_each_other(out, asked, since=time.monotonic())
    out.bye()
    asked.expect_bye()
    world.record()


def test_a_caller_who_is_answered_later_hears_it_after_183(world):
    """answerOnBridge: the early media is passed on, 200 follows the answer."""
    out, asked = world.dialling(answerOnBridge="true")
    early(asked)
    progress = out.expect(183)
    out.remote_media = sip.media_of(progress.text)
    hears(out, 700)
    asked.answer()
    final = out.established()
    assert final.text == progress.text
    asked.expect_ack()
    world.hear_each_other(out, asked, since=time.monotonic())
    out.bye()
    asked.expect_bye()
    world.record()


def test_early_media_that_cannot_be_understood_is_ringing(world):
    out, asked = world.dialling()
    out.established()
    asked.respond(183, "Session Progress",
                  sdp=sip.offer(asked.rtp.port, ("18 G729",)))
    until(lambda: world.said("tone"), 5, "it rings")
    asked.answer()
    asked.expect_ack()
    world.hear_each_other(out, asked, since=time.monotonic())
    out.bye()
    asked.expect_bye()
    assert 65002 in world.notes(world.record())


def test_early_media_outlives_mediad(hard_world):
    """Stated again as what it is: early, until the answer."""
    world = hard_world
    out, asked = world.dialling()
    out.established()
    early(asked)
    hears(out, 700)
    before = world.platform.kill_only("mediad")
    world.platform.wait_for_restart("mediad", before)
    until(lambda: [m for m in world.said("leg_open")
                   if m.get("early")], 10, "stated again")
    hears(out, 700, time.monotonic())
    asked.answer()
    asked.expect_ack()
    world.hear_each_other(out, asked, since=time.monotonic())
    out.bye()
    asked.expect_bye()
    world.record()
