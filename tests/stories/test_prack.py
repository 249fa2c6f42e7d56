"""Provisional answers: PRACK (RFC 3262), early media."""

import time

import pytest

from harness import sip
from harness.wait import holds, until

RELIABLE = ("Require", "100rel")


def racks(asked):
    return [message.get("RAck") for message in asked.got("PRACK")]


def test_a_reliable_ringing_is_acknowledged_once(world):
    out, asked = world.begun()
    assert "100rel" in asked.request.get("Supported")
    number = asked.request.cseq[0]
    for _ in range(3):
        asked.respond(180, "Ringing", [RELIABLE, ("RSeq", "7")])
        time.sleep(0.1)
    prack = asked.expect_request("PRACK")
    assert prack.get("RAck") == f"7 {number} INVITE"
    assert sip.parameter(prack.get("To"), "tag") == asked.tag
    assert prack.cseq[0] > number
    holds(lambda: len(asked.got("PRACK")) == 1, 0.5, "one PRACK")
    asked.respond(183, "Session Progress", [RELIABLE, ("RSeq", "8")])
    until(lambda: racks(asked)[1:] == [f"8 {number} INVITE"], 5, "the second")
    asked.answer()
    asked.expect_ack()
    bye = world.finished(out, asked)
    assert bye
    assert asked.got("PRACK")[-1].cseq[0] > prack.cseq[0]


def test_a_gap_in_rseq_is_not_acknowledged(world):
    """RFC 3262 4: what came too early comes again."""
    out, asked = world.begun()
    asked.respond(180, "Ringing", [RELIABLE, ("RSeq", "1")])
    asked.expect_request("PRACK")
    asked.respond(183, "Session Progress", [RELIABLE, ("RSeq", "3")])
    holds(lambda: len(asked.got("PRACK")) == 1, 0.5, "one PRACK")
    asked.answer()
    asked.expect_ack()
    world.finished(out, asked)


def test_a_prack_that_is_lost_comes_again(world):
    out, asked = world.begun()
    seen = []

    def answer(request):
        seen.append(request)
        return None if len(seen) < 2 else asked.phone.reply(request, 200, "OK")
    asked.answers["PRACK"] = answer
    asked.respond(180, "Ringing", [RELIABLE, ("RSeq", "1")])
    asked.expect_request("PRACK")
    until(lambda: len(asked.got("PRACK")) >= 2, 3, "it comes again")
    assert len({m.cseq for m in asked.got("PRACK")}) == 1
    asked.answer()
    asked.expect_ack()
    world.finished(out, asked)


@pytest.mark.parametrize("reliable", [False, True])
def test_early_media_is_told_when_it_comes(world, reliable):
    out, asked = world.begun()
    asked.respond(180, "Ringing")
    until(lambda: len(world.said("ringing")) == 1, 5, "it rings")
    headers = [RELIABLE, ("RSeq", "1")] if reliable else []
    asked.respond(183, "Session Progress", headers, sip.offer(asked.rtp.port))
    until(lambda: len(world.said("ringing")) == 2, 5, "and plays")
    rings = world.said("ringing")
    assert "sdp" not in rings[0] and rings[0]["status"] == 180
    assert "m=audio" in rings[1]["sdp"] and rings[1]["status"] == 183
    if reliable:
        asked.expect_request("PRACK")
    asked.respond(183, "Session Progress", [], sip.offer(asked.rtp.port))
    asked.answer()
    asked.expect_ack()
    world.hear_each_other(out, asked)
    world.finished(out, asked)
    assert len(world.said("ringing")) == 2


def test_an_answer_that_came_reliably_need_not_come_again(world):
    out, asked = world.begun()
    asked.remote_media = sip.media_of(asked.request.text)
    asked.respond(183, "Session Progress", [RELIABLE, ("RSeq", "1")],
                  sip.offer(asked.rtp.port))
    asked.expect_request("PRACK")
    asked.respond(200, "OK")
    asked.expect_ack()
    until(lambda: world.said("bridged"), 5, "bridged")
    world.hear_each_other(out, asked)
    world.finished(out, asked)


def test_the_call_ends_after_pracks_and_a_death_of_sipgw(hard_world):
    """CSeq goes on above what PRACK had used."""
    world = hard_world
    out, asked = world.begun()
    asked.respond(180, "Ringing", [RELIABLE, ("RSeq", "1")])
    prack = asked.expect_request("PRACK")
    world.platform.kill("sipgw")
    until(lambda: len([m for m in asked.got("INVITE")]) >= 1, 5, "again")
    asked.answer()
    asked.expect_ack(20)
    out.bye()
    assert asked.expect_bye(20).cseq[0] > prack.cseq[0]
    world.record()


def test_require_100rel_of_a_caller_is_known_and_others_are_not(world):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip, headers=[
        ("Require", "100rel, frobnicate")])
    assert out.expect(420).get("Unsupported") == "frobnicate"
    out = caller.call(world.platform.sip, headers=[("Require", "100rel")])
    asked = callee.incoming()
    out.established()
    asked.answer()
    asked.expect_ack()
    world.finished(out, asked)


def test_who_requires_100rel_hears_nothing_unreliable(world):
    """RFC 3262 3: 100 and the final answer."""
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee, answerOnBridge="true"))
    out = caller.call(world.platform.sip, headers=[("Require", "100rel")])
    asked = callee.incoming()
    asked.ring()
    holds(lambda: not set(out.statuses()) - {100}, 1, "100 alone")
    asked.answer()
    asked.expect_ack()
    out.established()
    world.finished(out, asked)
