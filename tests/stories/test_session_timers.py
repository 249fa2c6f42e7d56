"""Session timers, RFC 4028: the threads of users of other platforms are the
list. This platform allows intervals below the RFC's 90 s."""

import time

import pytest

from conftest import platform_with, world_of
from harness import sip
from harness.wait import holds, until

EXPIRES = "Session-Expires"

short_platform = platform_with(nats=True, sip_min_se=1)
short = world_of("short_platform")


def interval(message):
    return int(message.get(EXPIRES).split(";")[0])


def refresher(message):
    return sip.parameter(message.get(EXPIRES), "refresher")


def finish(world, out, asked):
    out.bye()
    asked.expect_bye()
    return world.record()


def up(world, caller_headers=(), callee_headers=(), session=None):
    """A call that is up: the caller's 200, both ends."""
    caller, callee = world.phone(), world.phone()
    more = f' sessionTimeout="{session}"' if session is not None else ""
    world.answers(world.dial(callee, sip=more))
    out = caller.call(world.platform.sip, headers=caller_headers)
    asked = callee.incoming()
    answer = out.established()
    asked.answer(headers=callee_headers)
    asked.expect_ack()
    until(lambda: any(m["type"] == "bridged" for m in
                      world.platform.record(world.call_sid())), 10, "up")
    return answer, out, asked


# --- what is asked for ------------------------------------------------------

@pytest.mark.parametrize("session,wanted", [(None, 600), (0, 600),
                                            (1800, 1800), (10, 90)])
def test_the_invite_asks_for_the_session_timeout(world, session, wanted):
    _, out, asked = up(world, session=session)
    assert interval(asked.request) == wanted
    assert asked.request.get("Min-SE") == "90"
    assert "timer" in asked.request.get("Supported")
    finish(world, out, asked)


def test_a_422_is_answered_with_a_longer_interval(world):
    out, first = world.dialling(sip=' sessionTimeout="300"')
    first.refuse(422, "Session Interval Too Small", [("Min-SE", "1200")])
    out.established()
    first.expect_ack()

    def again():
        return [m for m in first.got("INVITE")
                if m.cseq[0] > first.request.cseq[0]]
    until(again, 5, "the second INVITE")
    second = again()[0]
    assert interval(second) == 1200 and second.get("Min-SE") == "1200"
    assert second.call_id == first.request.call_id
    out.bye()


def test_a_422_that_asks_for_nothing_more_is_the_outcome(world):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip)
    first = callee.incoming()
    first.refuse(422, "Session Interval Too Small", [("Min-SE", "90")])
    world.over(out)
    assert world.leg(world.record())["sip_status"] == 422
    assert callee.invites() == 1


# --- what callers ask for -----------------------------------------------------

def test_too_short_an_interval_gets_422_and_our_minimum(world):
    caller = world.phone()
    out = caller.call(world.platform.sip, headers=[
        ("Supported", "timer"), (EXPIRES, "60")])
    assert out.expect(422).get("Min-SE") == "90"


@pytest.mark.parametrize("headers,wanted,who", [
    ([("Supported", "timer"), (EXPIRES, "1800;refresher=uac")], 1800, "uac"),
    ([("Supported", "timer"), (EXPIRES, "1800;refresher=uas")], 1800, "uas"),
    ([("Supported", "timer"), (EXPIRES, "1800")], 1800, "uas"),
    ([("Supported", "timer")], 600, "uas"),
    ([("k", "timer"), ("x", "900")], 900, "uas"),
    ([("Require", "timer"), (EXPIRES, "1800")], 1800, "uas")])
def test_our_200_says_who_refreshes(world, headers, wanted, who):
    """drachtio 126 and 284: no refresher, no Session-Expires at all."""
    answer, out, asked = up(world, headers)
    assert (interval(answer), refresher(answer)) == (wanted, who)
    assert "timer" in answer.get("Require")
    finish(world, out, asked)


def test_a_caller_without_timers_gets_none(world):
    answer, out, asked = up(world)
    assert not answer.get(EXPIRES) and not answer.get("Require")
    finish(world, out, asked)


# --- we refresh ----------------------------------------------------------------

@pytest.mark.parametrize("allow,method", [
    ("INVITE, ACK, BYE, UPDATE", "UPDATE"), ("INVITE, ACK, BYE", "INVITE")])
def test_we_refresh_at_half_the_interval(short, allow, method):
    began = time.monotonic()
    _, out, asked = up(short, callee_headers=[
        (EXPIRES, "4;refresher=uac"), ("Require", "timer"), ("Allow", allow)],
        session=4)

    def answer(request):
        sdp = sip.offer(asked.rtp.port) if method == "INVITE" else ""
        return asked.reply(request, 200, "OK", [
            (EXPIRES, "4;refresher=uac"), ("Require", "timer")], sdp)
    asked.answers[method] = answer
    first = asked.expect_request(method, 5)
    assert 1.8 < time.monotonic() - began < 4
    assert (interval(first), refresher(first)) == (4, "uac")
    if method == "INVITE":
        assert first.text == asked.request.text  # o= and all
        assert asked.expect_ack().cseq[0] == first.cseq[0]
    else:
        assert not first.text
    second = asked.expect_request(method, 5)
    assert second.cseq[0] > first.cseq[0]
    short.hear_each_other(out, asked)
    finish(short, out, asked)


def test_update_that_is_not_allowed_after_all_becomes_a_re_invite(short):
    _, out, asked = up(short, callee_headers=[
        (EXPIRES, "4;refresher=uac"), ("Allow", "INVITE, ACK, BYE, UPDATE")],
        session=4)
    asked.answers["UPDATE"] = lambda request: asked.reply(
        request, 405, "Method Not Allowed")
    asked.answers["INVITE"] = lambda request: asked.reply(
        request, 200, "OK", [], sip.offer(asked.rtp.port))
    asked.expect_request("UPDATE", 5)
    asked.expect_request("INVITE", 5)
    asked.expect_ack()
    finish(short, out, asked)


def test_our_refresh_that_meets_theirs_waits_and_comes_again(short):
    """491: two seconds and more for who owns the Call-ID (RFC 3261 14.1). From
    the refresh to the session's end are 4.5 s: more than the longest wait."""
    _, out, asked = up(short, callee_headers=[
        (EXPIRES, "27;refresher=uac"), ("Allow", "INVITE, ACK, BYE")],
        session=27)
    times = []

    def answer(request):
        times.append(time.monotonic())
        if len(times) == 1:
            return asked.reply(request, 491, "Request Pending")
        return asked.reply(request, 200, "OK", [], sip.offer(asked.rtp.port))
    asked.answers["INVITE"] = answer
    until(lambda: len(times) == 2, 40, "it came again")
    assert 2.0 < times[1] - times[0] < 4.5
    finish(short, out, asked)


def test_a_re_invite_during_ours_gets_491(short):
    _, out, asked = up(short, callee_headers=[
        (EXPIRES, "4;refresher=uac"), ("Allow", "INVITE, ACK, BYE")],
        session=4)
    held = []

    def hold(request):
        held.append(request)
        return asked.reply(request, 100, "Trying")
    asked.answers["INVITE"] = hold
    until(lambda: held, 5, "our re-INVITE")
    asked.number = 50
    asked.ask("INVITE", body=sip.offer(asked.rtp.port, version=1))
    asked.expect(491)
    asked.ask("UPDATE", body=sip.offer(asked.rtp.port, version=1))
    asked.expect(491, method="UPDATE")
    asked.reply(held[0], 200, "OK", [], sip.offer(asked.rtp.port))
    asked.expect_ack()
    finish(short, out, asked)


@pytest.mark.parametrize("status", [481, 408])
def test_a_refresh_that_gets_481_or_408_ends_the_call(short, status):
    """RFC 4028 10, and drachtio 375: nobody took the call down."""
    _, out, asked = up(short, callee_headers=[
        (EXPIRES, "4;refresher=uac"), ("Allow", "INVITE, ACK, BYE, UPDATE")],
        session=4)
    asked.answers["UPDATE"] = lambda request: asked.reply(
        request, status, "Call Does Not Exist")
    assert "Session expired" in asked.expect_bye(5).get("Reason")
    out.expect_bye()
    assert short.leg(short.record())["error"] == 64012


def test_a_refresh_that_fails_once_comes_again(short):
    """drachtio 121: one missed refresh was the end."""
    _, out, asked = up(short, callee_headers=[
        (EXPIRES, "9;refresher=uac"), ("Allow", "INVITE, ACK, BYE, UPDATE")],
        session=9)
    seen = []

    def answer(request):
        seen.append(request)
        return asked.reply(request, 500, "Busy Inside") if len(seen) == 1 \
            else asked.reply(request, 200, "OK", [
                (EXPIRES, "9;refresher=uac")])
    asked.answers["UPDATE"] = answer
    until(lambda: len(seen) == 3, 15, "refreshed, and again")
    finish(short, out, asked)


def test_a_422_to_our_refresh_raises_the_interval(short):
    """pjproject 2120 crashed on one."""
    _, out, asked = up(short, callee_headers=[
        (EXPIRES, "4;refresher=uac"), ("Allow", "INVITE, ACK, BYE, UPDATE")],
        session=4)
    seen = []

    def answer(request):
        seen.append(request)
        if len(seen) == 1:
            return asked.reply(request, 422, "Session Interval Too Small",
                               [("Min-SE", "60")])
        return asked.reply(request, 200, "OK", [
            (EXPIRES, "60;refresher=uac")])
    asked.answers["UPDATE"] = answer
    until(lambda: len(seen) == 2, 8, "raised")
    assert interval(seen[1]) == 60 and seen[1].get("Min-SE") == "60"
    finish(short, out, asked)


# --- nobody answers our refresh ---------------------------------------------------

def falls_dead(end, *methods):
    """Whatever of these comes to that phone from now on: no answer at all."""
    for method in methods or ("UPDATE", "INVITE", "BYE"):
        end.answers[method] = lambda request: None


@pytest.mark.parametrize("allow,method", [
    ("INVITE, ACK, BYE, UPDATE", "UPDATE"), ("INVITE, ACK, BYE", "INVITE")])
@pytest.mark.parametrize("end", [0, 1])
def test_a_refresh_without_any_answer_ends_both_legs(short, allow, method, end):
    """RFC 4028 10: BYE before the interval is over, whoever fell silent; and
    who cannot be reached by BYE either does not keep the other one waiting."""
    terms = [(EXPIRES, "6;refresher=ua" + "sc"[end]), ("Supported", "timer"),
             ("Allow", allow)]
    ends = up(short, *[terms if n == end else () for n in (0, 1)],
              session=6 if end else None)[1:]
    dead, other = ends[end], ends[1 - end]
    falls_dead(dead)
    asked_at = dead.expect_request(method, 5)
    bye = dead.expect_bye(5)
    assert bye.cseq[0] > asked_at.cseq[0]
    assert bye.get("Reason") == \
        'SIP;cause=408;text="Session expired"'
    other.expect_bye(8)
    assert len([m for m in dead.got(method) if m.cseq == asked_at.cseq]) > 1
    record = short.record()
    leg = short.leg(record, end)
    assert (leg["error"], leg["ended_by"], leg["end_reason"]) == \
        (64012, "error", "the other side did not refresh the session")
    assert [m["leg"] for m in record if m["type"] == "ended"
            and m.get("error") == 64012] == [leg["leg"]]
    if end:
        short.action(DialCallStatus="completed", DialHangupBy="voxbus",
                     DialErrorCode="64012")
    completed = short.callbacks("initiated", "in-progress", "completed")[-1]
    assert completed.params["HangupBy"] == "voxbus"
    assert (completed.params.get("ErrorCode"),
            completed.params["HangupReason"]) == \
        (("64012", "the other side did not refresh the session") if end else
         (None, "the other side of the call is gone"))


# --- they refresh ----------------------------------------------------------------

def test_nobody_refreshes_and_the_call_ends_with_its_own_cause(short):
    began = time.monotonic()
    _, out, asked = up(short, callee_headers=[
        (EXPIRES, "3;refresher=uas"), ("Require", "timer")], session=3)
    bye = asked.expect_bye(6)
    assert 1.5 < time.monotonic() - began < 4
    assert bye.get("Reason").startswith("SIP;cause=408")
    out.expect_bye()
    record = short.record()
    leg = short.leg(record)
    assert leg["error"] == 64012 and leg["ended_by"] == "error"
    assert [m["error"] for m in record if m["type"] == "ended"
            and m["by"] == "error"] == [64012]


@pytest.mark.parametrize("method,changed", [
    ("UPDATE", False), ("INVITE", False), ("INVITE", True)])
def test_their_refresh_begins_the_time_anew(short, method, changed):
    """drachtio 87, 197: neither UPDATE nor a new offer did."""
    _, out, asked = up(short, callee_headers=[
        (EXPIRES, "3;refresher=uas"), ("Require", "timer")], session=3)
    for number in range(3):
        holds(lambda: not asked.got("BYE"), 1.2, "no BYE")
        body = "" if method == "UPDATE" else sip.offer(
            asked.rtp.port, version=number + 1 if changed else 0)
        asked.ask(method, [("Supported", "timer"),
                           (EXPIRES, "3;refresher=uac")], body)
        answer = asked.expect(200, method=method)
        assert (interval(answer), refresher(answer)) == (3, "uac")
        if method == "INVITE":
            asked.acknowledge(answer)
    asked.expect_bye(6)
    out.expect_bye()
    assert short.leg(short.record())["error"] == 64012


def test_a_new_offer_that_says_nothing_leaves_the_timer_standing(short):
    """drachtio 284: dialogs without an end."""
    _, out, asked = up(short, [("Supported", "timer"),
                               (EXPIRES, "6;refresher=uac")])
    out.ask("INVITE", body=sip.offer(out.rtp.port, version=1))
    answer = out.expect(200)
    assert (interval(answer), refresher(answer)) == (6, "uas")
    out.acknowledge(answer)
    out.answers["INVITE"] = lambda request: out.reply(
        request, 200, "OK", [], sip.offer(out.rtp.port, version=1))
    assert refresher(out.expect_request("INVITE", 6)) == "uac"
    finish(short, out, asked)


# --- a restart -------------------------------------------------------------------

def test_the_timers_survive_a_death_of_sipgw(short):
    _, out, asked = up(short, [
        ("Supported", "timer"), (EXPIRES, "8;refresher=uac")], [
        (EXPIRES, "8;refresher=uac"), ("Allow", "INVITE, ACK, BYE, UPDATE")],
        session=8)
    asked.answers["UPDATE"] = lambda request: asked.reply(
        request, 200, "OK", [(EXPIRES, "8;refresher=uac")])
    short.platform.kill("sipgw")
    first = asked.expect_request("UPDATE", 8)
    assert interval(first) == 8
    out.expect_bye(12)  # who never refreshed
    asked.expect_bye()
    assert short.leg(short.record(), 0)["error"] == 64012
