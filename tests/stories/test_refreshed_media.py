"""What a phone says anew in its answer to our refresh, a re-INVITE with our SDP
as it stands: RFC 3264 lets it move, hold, or take another codec there."""

import time

import pytest

from conftest import platform_with, world_of
from harness import sip
from harness.rtp import Rtp
from harness.wait import until

short_platform = platform_with(nats=True, sip_min_se=1)
short = world_of("short_platform")

SECONDS = 4


def refreshed_by(world, end):
    """A call that is up, whose 'end' we refresh by re-INVITE: both ends."""
    terms = [("Session-Expires", f"{SECONDS};refresher=ua{'sc'[end]}"),
             ("Supported", "timer"), ("Allow", "INVITE, ACK, BYE")]
    caller, callee = world.phone(), world.phone()
    more = f' sessionTimeout="{SECONDS}"' if end else ""
    world.answers(world.dial(callee, sip=more))
    out = caller.call(world.platform.sip, headers=() if end else terms)
    asked = callee.incoming()
    out.established()
    asked.answer(headers=terms if end else ())
    asked.expect_ack()
    until(lambda: world.said("bridged"), 10, "up")
    return out, asked


def says(end, sdp):
    """What it answers to our refreshes from now on."""
    end.answers["INVITE"] = lambda request: end.reply(
        request, 200, "OK", [("Session-Expires", f"{SECONDS};refresher=uac")],
        sdp)


def refreshed(world, end, times=1):
    """We have refreshed, and the answer is in force."""
    for _ in range(times):
        request = end.expect_request("INVITE", 6)
        assert end.expect_ack().cseq[0] == request.cseq[0]
    return request


def in_force(world, count):
    until(lambda: len(world.said("leg_changed")) == count, 5, "in force")


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("end", [0, 1])
def test_a_phone_that_moves_in_its_answer_is_heard_at_its_new_port(
        short, end, version):
    """Whether it counts that in its o= line or not."""
    ends = refreshed_by(short, end)
    moves = ends[end]
    short.hear_each_other(*ends)
    left = moves.rtp
    moves.rtp = Rtp(moves.phone.host)
    says(moves, sip.offer(moves.rtp.port, version=version))
    request = refreshed(short, moves)
    in_force(short, 1)
    left.be_silent()
    moves.remote_media = sip.media_of(request.text)
    since = time.monotonic()
    short.hear_each_other(*ends, since=since)
    assert not [p for p in left.packets if p[0] > since + 1]
    assert not short.said("reanswer")
    # The same answer again is no news.
    refreshed(short, moves)
    short.finished(*ends)
    assert len(short.said("reoffered")) == 1
    left.close()


def test_a_phone_that_holds_in_its_answer_is_spared_until_it_resumes(short):
    ends = refreshed_by(short, 1)
    out, asked = ends
    short.hear_each_other(*ends)
    held = sip.offer(asked.rtp.port, version=1)
    says(asked, held.replace("sendrecv", "sendonly"))
    refreshed(short, asked)
    in_force(short, 1)
    says(asked, sip.offer(asked.rtp.port, version=2))
    count = len(asked.rtp.packets)
    request = refreshed(short, asked)
    # Two seconds lie between: a hundred packets, if it were not held.
    assert len(asked.rtp.packets) - count < 30
    in_force(short, 2)
    assert "a=sendrecv" in request.text
    short.hear_each_other(out, asked, since=time.monotonic())
    short.finished(*ends)


def test_a_phone_that_takes_another_codec_in_its_answer_hears_that(short):
    ends = refreshed_by(short, 1)
    out, asked = ends
    short.hear_each_other(*ends)
    assert {p[2] for p in asked.rtp.packets} == {0}
    says(asked, sip.offer(asked.rtp.port, ("8 PCMA",), version=1))
    refreshed(short, asked)
    in_force(short, 1)
    asked.rtp.be_silent()
    since = time.monotonic() + 0.2
    until(lambda: {p[2] for p in asked.rtp.packets if p[0] > since} == {8}, 5,
          "A-law")
    short.finished(out, asked)


def test_an_answer_that_nobody_can_use_changes_nothing(short):
    ends = refreshed_by(short, 1)
    out, asked = ends
    says(asked, sip.offer(asked.rtp.port, ("3 GSM",), version=1))
    refreshed(short, asked)
    in_force(short, 1)
    short.hear_each_other(*ends)
    record = short.finished(*ends)
    assert 65002 in short.notes(record)


def test_a_phone_that_moved_so_is_heard_after_a_death_of_mediad(short):
    ends = refreshed_by(short, 1)
    moves = ends[1]
    moves.rtp.close()
    moves.rtp = Rtp(moves.phone.host)
    says(moves, sip.offer(moves.rtp.port, version=1))
    moves.remote_media = sip.media_of(refreshed(short, moves).text)
    in_force(short, 1)
    short.platform.kill("mediad")
    short.hear_each_other(*ends, since=time.monotonic())
    short.finished(*ends)
