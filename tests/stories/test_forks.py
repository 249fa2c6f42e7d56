"""Forks downstream of a proxy, 3xx, CANCEL races, loops, Reason."""

import time

import pytest

from harness import sip
from harness.wait import until

RELIABLE = ("Require", "100rel")


def to_tag(message):
    return sip.parameter(message.get("To"), "tag")


# --- several phones behind one proxy --------------------------------------------

def test_each_early_dialog_has_its_own_prack(world):
    out, asked = world.begun()
    for tag in ("one", "two", "three"):
        asked.fork(tag, 180, "Ringing", [RELIABLE, ("RSeq", "11")])
    until(lambda: {to_tag(m) for m in asked.got("PRACK")} ==
          {"one", "two", "three"}, 5, "three PRACKs")
    numbers = [m.cseq[0] for m in asked.got("PRACK")]
    assert len(set(numbers)) == 3 and min(numbers) > asked.request.cseq[0]
    asked.answer()
    asked.expect_ack()
    bye_after = max(numbers)
    out.bye()
    assert asked.expect_bye().cseq[0] > bye_after
    world.record()


def test_the_first_200_wins_and_each_other_one_is_ended(world):
    out, asked = world.begun()
    asked.ring()
    asked.answer()
    asked.expect_ack()
    others = {tag: world.phone() for tag in ("two", "three", "four")}
    for tag, phone in others.items():
        asked.fork(tag, 200, "OK", [], sip.offer(asked.rtp.port), phone)

    def came():
        return {tag: [(m.method, to_tag(m)) for _, m in phone.seen]
                for tag, phone in others.items()}
    until(lambda: came() == {tag: [("ACK", tag), ("BYE", tag)]
                             for tag in others}, 5, lambda: str(came()))
    world.hear_each_other(out, asked)
    world.finished(out, asked)
    assert len(world.said("answered")) == 1


def test_a_200_that_comes_again_is_acknowledged_again(world):
    out, asked = world.begun()
    asked.answer()
    asked.expect_ack()
    before = len(asked.got("ACK"))
    asked.phone.send(asked._answers[asked.request.cseq], asked.request.peer)
    until(lambda: len(asked.got("ACK")) > before, 5, "another ACK")
    assert not asked.got("BYE")
    world.finished(out, asked)


# --- 3xx ---------------------------------------------------------------------------

def moved(asked, *contacts, status=302):
    asked.refuse(status, "Moved Temporarily",
                 [("Contact", ", ".join(contacts))])


def test_a_302_is_followed(world):
    third = world.phone()
    out, asked = world.begun()
    moved(asked, f"<{third.uri}>")
    again = third.incoming()
    assert again.request.uri == third.uri
    assert again.call_id == asked.call_id
    assert again.request.get("To") == asked.request.get("To")
    assert again.request.cseq[0] > asked.request.cseq[0]
    again.answer()
    again.expect_ack()
    world.hear_each_other(out, again)
    world.finished(out, again)


def test_the_best_contact_is_called_first_and_then_the_next(world):
    first, second = world.phone(), world.phone()
    out, asked = world.begun()
    moved(asked, f"<{second.uri}>;q=0.3", f"<{first.uri}>;q=0.9", status=300)
    again = first.incoming()
    assert not second.seen
    again.refuse(486, "Busy Here")
    last = second.incoming()
    last.answer()
    last.expect_ack()
    world.finished(out, last)


def test_a_circle_ends(world):
    out, asked = world.begun()
    other = world.phone()
    moved(asked, f"<{other.uri}>")
    again = other.incoming()
    again.refuse(302, "Moved Temporarily", [
        ("Contact", f"<{asked.request.uri}>")])
    out.expect_bye()
    record = world.record()
    failed = [m for m in record if m["type"] == "failed"][0]
    assert failed["status"] == 302 and failed["error"] == 64013
    assert failed["contacts"] == [{"uri": asked.request.uri}]
    assert asked.phone.invites() == 1


def test_five_targets_are_enough(world):
    phones = [world.phone() for _ in range(7)]
    out, asked = world.begun()
    moved(asked, *[f"<{phone.uri}>" for phone in phones], status=300)
    for phone in phones[:4]:
        phone.incoming().refuse(486, "Busy Here")
    out.expect_bye()
    assert world.leg(world.record())["sip_status"] == 486
    assert not any(phone.seen for phone in phones[4:])


@pytest.mark.parametrize("contact", [
    "<sip:inside@10.1.2.3>", "<mailto:a@b>", "<sip:a@127.0.0.1?X-A=b>"])
def test_a_302_to_where_nobody_may_go_is_not_followed(world, contact):
    out, asked = world.begun()
    moved(asked, contact)
    out.expect_bye()
    assert [m for m in world.record() if m["type"] == "failed"][0]["error"]


@pytest.mark.parametrize("contact", [
    "<sip:unclosed@127.0.0.1", '"Bob <sip:b@127.0.0.1>', "<sip:a@[::1>"])
def test_a_302_whose_contact_cannot_be_read_fails_at_once(world, contact):
    out, asked = world.begun()
    moved(asked, contact)
    asked.expect_ack()
    world.action(DialCallStatus="failed", DialSipResponseCode="302")
    out.expect_bye()
    failed = [m for m in world.record() if m["type"] == "failed"][0]
    assert (failed["status"], failed["error"]) == (302, 64013)


def test_a_200_whose_contact_cannot_be_read_is_an_answer(world):
    """What is said to it goes to where it was heard from."""
    out, asked = world.begun()
    asked.answer(headers=[("Contact", "<sip:unclosed@127.0.0.1")])
    asked.expect_ack()
    world.hear_each_other(out, asked)
    world.finished(out, asked)


# --- CANCEL ---------------------------------------------------------------------------

def test_cancel_goes_out_after_the_first_provisional_answer_only(world):
    """RFC 3261 9.1."""
    out, asked = world.dialling()
    out.established()
    asked.ring()
    out.bye()
    asked.expect_request("CANCEL")
    asked.refuse(487, "Request Terminated")
    asked.expect_ack()
    world.record()


def test_a_200_that_crosses_our_cancel_is_ended(world):
    out, asked = world.begun()
    asked.ring()
    out.bye()
    asked.expect_request("CANCEL")
    asked.answer()
    asked.expect_ack()
    asked.expect_bye()
    assert world.leg(world.record())["status"] == "canceled"


def test_the_reason_of_a_cancel_is_told(world):
    out, asked = world.dialling(answerOnBridge="true")
    asked.ring()
    reason = 'SIP;cause=200;text="Call completed elsewhere"'
    message = out.make("CANCEL", 1, out.branch, [("Reason", reason)])
    out.phone.send(message, out.peer, ("CANCEL", out.call_id))
    out.expect(200, method="CANCEL")
    asked.canceled()
    ended = [m for m in world.record() if m["type"] == "ended"][0]
    assert ended["reason"] == reason


def test_the_reason_of_a_bye_is_told(world):
    out, asked = world.up()
    asked.ask("BYE", [("Reason", 'Q.850;cause=16;text="Terminated"')])
    out.expect_bye()
    reasons = [m.get("reason") for m in world.record()
               if m["type"] == "ended" and m["by"] == "remote"]
    assert reasons == ['Q.850;cause=16;text="Terminated"']


# --- loops -----------------------------------------------------------------------------

def test_max_forwards_of_zero_gets_483_and_ours_is_one_less(world):
    """RFC 7332: what follows from a call has the hops that it has left."""
    caller = world.phone()
    out, asked = world.up()
    assert out.request.get("Max-Forwards") == "70"
    assert asked.request.get("Max-Forwards") == "69"
    host, port = world.platform.sip.rsplit(":", 1)
    raw = out.request.encode().replace(b"Max-Forwards: 70",
                                       b"Max-Forwards: 0") \
        .replace(out.call_id.encode(), b"loop@story") \
        .replace(str(out.phone.port).encode(), str(caller.port).encode())
    caller.send_raw(raw, (host, int(port)))
    until(lambda: [m for _, m in caller.seen if m.status == 483], 5, "483")
    world.finished(out, asked)


def test_a_number_that_calls_itself_comes_to_an_end(world):
    """Its document dials the number: by the caller's hops, or by our 70."""
    caller = world.phone()
    world.answers('<Response><Dial answerOnBridge="true"><Sip>sip:100@'
                  f"{world.platform.sip};transport=udp</Sip></Dial>"
                  "</Response>")
    out = caller.call(world.platform.sip, hops="3")
    out.final("INVITE", 20)
    assert len(world.app.got("/voice")) == 3
    statuses = {world.leg(world.platform.finished(r.params["CallSid"]))
                ["sip_status"] for r in world.app.got("/voice")}
    assert 483 in statuses


def test_the_same_request_by_two_ways_gets_482_once(world):
    """RFC 3261 8.2.2.2: forked and merged again before it reached us."""
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    merged = out.request.encode().replace(out.branch.encode(),
                                          b"z9hG4bKsecondway")
    caller.send_raw(merged, out.peer)
    until(lambda: [m for _, m in caller.seen if m.status == 482], 5, "482")
    time.sleep(0.1)
    assert callee.invites() == 1
    out.ack()
    asked.refuse()


def test_a_482_of_the_callee_is_the_outcome(world):
    out, asked = world.begun()
    asked.refuse(482, "Loop Detected")
    out.expect_bye()
    assert world.leg(world.record())["sip_status"] == 482
