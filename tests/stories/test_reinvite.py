"""New offers inside a dialog: re-INVITE and UPDATE, answered, passed, refused."""

import pytest

from harness import sip
from harness.wait import holds, until


def finish(world, out, asked):
    out.bye()
    asked.expect_bye()
    return world.record()


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("end", [0, 1])
def test_the_same_sdp_again_is_a_refresh(world, method, end):
    """features.md 9.8: answered at once, nobody is told."""
    ends = world.up()
    asks = ends[end]
    sdp = sip.offer(asks.rtp.port, host=asks.phone.host)
    before = asks.accepted.text if end == 0 else asks.request.text
    asks.ask(method, body=sdp)
    answer = asks.expect(200, method=method)
    assert answer.text == before
    if method == "INVITE":
        asks.acknowledge(answer)
    assert not world.said("reoffered")
    world.hear_each_other(*ends)
    finish(world, *ends)


def test_an_update_without_sdp_gets_200_without_sdp(world):
    out, asked = world.up()
    out.ask("UPDATE")
    assert not out.expect(200, method="UPDATE").text
    finish(world, out, asked)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("end", [0, 1])
def test_a_phone_that_moves_is_heard_at_its_new_port(world, method, end):
    ends = world.up()
    moves, other = ends[end], ends[1 - end]
    moves.rtp.close()
    from harness.rtp import Rtp  # pylint: disable=import-outside-toplevel
    moves.rtp = Rtp(moves.phone.host)
    moves.ask(method, body=sip.offer(moves.rtp.port, version=1))
    answer = moves.expect(200, method=method)
    moves.remote_media = sip.media_of(answer.text)
    if method == "INVITE":
        moves.acknowledge(answer)
    until(lambda: len(world.said("reconfirmed")) == 1, 5, "it is over")
    assert not world.said("reconfirmed")[0].get("status")
    assert not other.got(method)[1:]
    world.hear_each_other(*ends)
    finish(world, *ends)


def test_a_re_invite_without_sdp_gets_our_offer(world):
    """RFC 3261 14.2: the answer is in the ACK."""
    out, asked = world.up()
    out.ask("INVITE")
    answer = out.expect(200)
    assert "m=audio" in answer.text
    out.acknowledge(answer, sip.offer(out.rtp.port, version=2))
    until(lambda: world.said("reconfirmed"), 5, "it is over")
    assert world.said("reconfirmed")[0]["sdp"]
    world.hear_each_other(out, asked)
    finish(world, out, asked)


def test_an_offer_without_a_common_codec_gets_488_and_the_call_goes_on(world):
    out, asked = world.up()
    out.ask("INVITE", body=sip.offer(out.rtp.port, ("3 GSM",), version=1))
    out.expect(488)
    world.hear_each_other(out, asked)
    finish(world, out, asked)


@pytest.mark.parametrize("body,headers,kind,status,named", [
    ("x", (), "text/plain", 415, ("Accept", "application/sdp")),
    ("", (("Require", "precondition"),), "", 420,
     ("Unsupported", "precondition"))])
def test_what_is_not_understood_is_refused(world, body, headers, kind, status,
                                           named):
    out, asked = world.up()
    out.ask("INVITE", headers, body, kind)
    assert out.expect(status).get(named[0]) == named[1]
    out.ask("UPDATE", headers, body, kind)
    assert out.expect(status, method="UPDATE").get(named[0]) == named[1]
    world.hear_each_other(out, asked)
    finish(world, out, asked)


def test_a_second_invite_before_the_first_is_answered_gets_500(world):
    """RFC 3261 14.2, with a Retry-After of up to ten seconds."""
    out, asked = world.up()
    stop = world.platform
    stop.signal("interpreter", 19)  # nobody answers
    try:
        out.ask("INVITE", body=sip.offer(out.rtp.port, version=1))
        until(lambda: 100 in [m.status for _, m in out.history
                              if m.is_response and m.cseq[0] == 2], 5,
              "100 came")
        out.ask("INVITE", body=sip.offer(out.rtp.port, version=2))
        second = out.expect(500)
        assert 0 <= int(second.get("Retry-After")) <= 10
        out.ask("UPDATE", body=sip.offer(out.rtp.port, version=3))
        assert "Retry-After" in dict(
            out.expect(500, method="UPDATE").headers)
    finally:
        stop.signal("interpreter", 18)
    answer = out.expect(200)
    out.acknowledge(answer)
    finish(world, out, asked)


def test_a_re_invite_that_is_taken_back_changes_nothing(world):
    out, asked = world.up()
    world.platform.signal("interpreter", 19)
    try:
        request = out.ask("INVITE", body=sip.offer(out.rtp.port, version=1))
        until(lambda: 100 in [m.status for _, m in out.history
                              if m.is_response and m.cseq[0] == 2], 5,
              "100 came")
        cancel = out.make("CANCEL", 2, request.branch)
        out.phone.send(cancel, out.next_hop(), ("CANCEL", out.call_id))
        out.expect(200, method="CANCEL")
        out.expect(487)
    finally:
        world.platform.signal("interpreter", 18)
    until(lambda: world.said("reconfirmed"), 5, "it is told")
    assert world.said("reconfirmed")[0]["status"] == 487
    world.hear_each_other(out, asked)
    finish(world, out, asked)


def test_a_bye_overtakes_an_open_re_invite(world):
    """RFC 3261 15.1.2: what is pending gets 487."""
    out, asked = world.up()
    world.platform.signal("interpreter", 19)
    try:
        out.ask("INVITE", body=sip.offer(out.rtp.port, version=1))
        holds(lambda: not out.got("BYE"), 0.3, "nothing")
        out.bye()
        out.expect(487)
    finally:
        world.platform.signal("interpreter", 18)
    asked.expect_bye()
    world.record()


def test_no_ack_for_the_200_of_a_re_invite_ends_the_call(world):
    out, asked = world.up()
    out.ask("INVITE", body=sip.offer(out.rtp.port, version=1))
    out.expect(200)
    out.expect_bye(40)
    asked.expect_bye()
    assert world.leg(world.record(), 0)["error"] == 64010


def test_nobody_moves_by_an_update_before_the_answer(world):
    """RFC 3311 5.2: our offer is still open."""
    out, asked = world.ringing()
    asked.ask("UPDATE", body=sip.offer(asked.rtp.port, version=1))
    asked.expect(491, method="UPDATE")
    asked.ask("UPDATE")
    asked.expect(200, method="UPDATE")
    asked.answer()
    asked.expect_ack()
    finish(world, out, asked)


def test_a_re_invite_that_crosses_a_death_of_sipgw_is_answered(hard_world):
    world = hard_world
    out, asked = world.up()
    before = world.platform.kill_only("sipgw")
    out.ask("INVITE", body=sip.offer(out.rtp.port, version=1))
    world.platform.wait_for_restart("sipgw", before)
    answer = out.expect(200)
    out.acknowledge(answer)
    world.hear_each_other(out, asked)
    finish(world, out, asked)
