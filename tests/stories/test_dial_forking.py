"""Several <Sip> in one <Dial>: all at once, or one after another."""

import time

import pytest

from harness.app import document
from harness.wait import until

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'
LOST = ("initiated", "ringing", "canceled")


def begin(world, count, **dialled):
    caller = world.phone()
    phones = [world.phone() for _ in range(count)]
    world.answers(world.fork(*phones, **dialled))
    return caller.call(world.platform.sip), phones


def all_ring(phones):
    asked = [phone.incoming() for phone in phones]
    for one in asked:
        one.ring()
    return asked


def canceled(asked):
    assert asked.expect_request("CANCEL").get("Reason") == ELSEWHERE
    asked.respond(487, "Request Terminated")


def test_ten_at_once_the_first_to_accept_is_connected_the_others_are_canceled(
        world):
    out, phones = begin(world, 10)
    asked = all_ring(phones)
    out.established()
    asked[6].answer()
    asked[6].expect_ack()
    losers = [one for one in asked if one is not asked[6]]
    for one in losers:
        canceled(one)
    world.hear_each_other(out, asked[6])
    asked[6].bye()
    out.expect_bye()
    for number in range(10):
        words = LOST if number != 6 else \
            ("initiated", "ringing", "in-progress", "completed")
        came = world.fork_callbacks(number, *words)
        assert sum(r.params["CallEvent"] == "completed" for r in came) == 1
        if number != 6:
            assert came[-1].params["HangupReason"] == "another callee accepted"
    world.action(DialCallStatus="completed", DialSipCallId=asked[6].call_id)
    record = world.record()
    statuses = [world.leg(record, number)["status"] for number in range(1, 11)]
    assert sorted(statuses) == ["canceled"] * 9 + ["completed"]
    for number in range(10):    # the call is over: nothing was said twice
        came = world.app.got(world.path(f"status-{number}"))
        assert len(came) == (3 if number != 6 else 4)


def test_all_ten_answer_at_once_and_one_of_them_is_connected(world):
    out, phones = begin(world, 10)
    asked = [phone.incoming() for phone in phones]
    for one in asked:
        one.answer()
    for one in asked:
        one.expect_ack()
    out.established()
    until(lambda: sum(bool(one.got("BYE")) for one in asked) == 9, 10,
          "nine are hung up")
    winner = [one for one in asked if not one.got("BYE")][0]
    for one in asked:
        if one is not winner:
            assert one.expect_bye().get("Reason") == ELSEWHERE
    world.hear_each_other(out, winner)
    winner.bye()
    out.expect_bye()
    world.action(DialCallStatus="completed", DialSipCallId=winner.call_id)
    # Whom we had given up before his answer was heard of is told as canceled;
    # who answered in time was in a call.
    given_up = {message["leg"] for message in world.record()
                if message["type"] == "cancel"}
    legs = {message["uri"]: message["leg"] for message in world.said("dial")}
    for number, phone in enumerate(phones):
        leg, = [leg for uri, leg in legs.items() if f":{phone.port};" in uri]
        world.fork_callbacks(number, "initiated", *(
            ("canceled",) if leg in given_up
            else ("in-progress", "completed")))


def test_nine_of_ten_decline_in_their_screening_and_the_tenth_is_connected(
        world):
    decline = world.screening("<Response><Hangup/></Response>")
    out, phones = begin(world, 10, sip={n: decline for n in range(9)})
    asked = all_ring(phones)
    out.established()
    for one in asked[:9]:
        one.answer()
        one.expect_bye()
    asked[9].answer()
    asked[9].expect_ack()
    world.hear_each_other(out, asked[9])
    asked[9].bye()
    out.expect_bye()
    world.action(DialCallStatus="completed", DialSipCallId=asked[9].call_id)
    for number in range(10):
        world.fork_callbacks(number, "initiated", "ringing", "in-progress",
                             "completed")


def test_a_late_answer_is_hung_up_with_the_same_reason(world):
    out, phones = begin(world, 2)
    first, second = all_ring(phones)
    out.established()
    first.answer()
    first.expect_ack()
    second.expect_request("CANCEL")
    second.answer()  # it crossed the CANCEL
    assert second.expect_bye().get("Reason") == ELSEWHERE
    world.hear_each_other(out, first)
    out.bye()
    first.expect_bye()
    world.fork_callbacks(1, *LOST)


def test_the_winner_declines_in_its_screening_and_the_next_who_answers_wins(
        world):
    decline = world.screening("<Response><Hangup/></Response>")
    out, phones = begin(world, 3, sip={0: decline})
    first, second, third = all_ring(phones)
    out.established()
    first.answer()
    first.expect_bye()
    second.answer()
    second.expect_ack()
    canceled(third)
    world.hear_each_other(out, second)
    second.bye()
    out.expect_bye()
    world.action(DialCallStatus="completed", DialSipCallId=second.call_id)
    world.fork_callbacks(0, "initiated", "ringing", "in-progress", "completed")


def test_while_one_is_screened_another_who_just_answers_is_faster(world):
    slow = world.screening('<Response><Pause length="20"/></Response>')
    out, phones = begin(world, 2, sip={0: slow})
    first, second = all_ring(phones)
    out.established()
    first.answer()
    first.expect_ack()
    world.app.wait_for(world.path("screen"))
    second.answer()
    assert first.expect_bye().get("Reason") == ELSEWHERE
    world.hear_each_other(out, second)
    out.bye()
    second.expect_bye()


def test_all_are_busy_or_gone_and_the_action_is_told_of_the_busy_one(world):
    out, phones = begin(world, 3)
    for phone, status in zip(phones, (404, 486, 500)):
        phone.incoming().refuse(status, "No")
    out.established()
    world.action(DialCallStatus="busy", DialSipResponseCode="486")
    out.expect_bye()
    for number, word in enumerate(("failed", "busy", "failed")):
        world.fork_callbacks(number, "initiated", word)


def test_one_of_them_cannot_be_dialled_and_the_other_one_is(world):
    caller, callee = world.phone(), world.phone()
    text = world.fork(callee, more="<Sip>mailto:bob@example.com</Sip>")
    world.answers(text)
    out = caller.call(world.platform.sip)
    asked = world.taken(callee, out)
    world.hear_each_other(out, asked)
    asked.bye()
    out.expect_bye()
    assert 13243 in world.notes(world.record())


def test_the_caller_gives_up_and_all_are_canceled(world):
    out, phones = begin(world, 3)
    asked = all_ring(phones)
    out.established()
    out.bye()
    for one in asked:
        one.canceled()
    for number in range(3):
        world.fork_callbacks(number, *LOST)
    world.action(DialCallStatus="canceled")


def test_more_than_ten_sips_the_eleventh_is_refused_with_13250(world):
    out, phones = begin(world, 11)
    asked = all_ring(phones[:10])
    out.established()
    asked[0].answer()
    asked[0].expect_ack()
    for one in asked[1:]:
        canceled(one)
    asked[0].bye()
    out.expect_bye()
    assert 13250 in world.notes(world.record())
    assert phones[10].invites() == 0


@pytest.mark.parametrize("noun", ["<Number>+15551234</Number>",
                                  "<Client>jenny</Client>"])
def test_no_other_noun_beside_sip_the_sips_are_dialled(world, noun):
    callee = world.phone()
    world.answers(world.fork(callee, more=noun))
    world.carried(callee)
    assert 13215 in world.notes(world.record())


@pytest.mark.parametrize("noun", ["<Number>+15551234</Number>",
                                  "<Client>jenny</Client>"])
def test_a_number_or_client_alone_is_not_supported_by_this_installation(
        world, noun):
    world.app.on(world.path("action"), document("<Response/>"))
    world.answers(f'<Response><Dial action="{world.url("action")}">{noun}'
                  "</Dial></Response>")
    world.phone().call(world.platform.sip).expect(480)
    world.action(DialCallStatus="failed")
    assert 13222 in world.notes(world.record())


def test_sequential_one_after_the_other_until_one_accepts(world):
    out, phones = begin(world, 3, sequential="true")
    first = phones[0].incoming()
    assert phones[1].invites() == 0
    first.refuse()
    second = phones[1].incoming()
    second.ring()
    out.established()
    second.answer()
    second.expect_ack()
    world.hear_each_other(out, second)
    second.bye()
    out.expect_bye()
    assert phones[2].invites() == 0
    world.fork_callbacks(0, "initiated", "busy")
    world.fork_callbacks(1, "initiated", "ringing", "in-progress", "completed")
    world.action(DialCallStatus="completed", DialSipCallId=second.call_id)


def test_sequential_each_rings_for_timeout(world):
    out, phones = begin(world, 2, sequential="true", timeout="2")
    first = phones[0].incoming()
    first.ring()
    out.established()
    began = time.monotonic()
    first.canceled(6)
    second = phones[1].incoming()
    assert 1.5 < time.monotonic() - began < 4
    second.ring()
    second.canceled(6)
    world.action(DialCallStatus="no-answer")
    out.expect_bye()


def test_sequential_a_declined_screening_goes_on_to_the_next(world):
    decline = world.screening("<Response><Reject/></Response>")
    out, phones = begin(world, 2, sequential="true", sip={0: decline})
    first = phones[0].incoming()
    first.answer()
    first.expect_bye()
    second = phones[1].incoming()
    second.answer()
    second.expect_ack()
    out.established()
    world.hear_each_other(out, second)
    out.bye()
    second.expect_bye()


def test_ten_at_once_survive_the_death_of_the_interpreter(hard_world):
    world = hard_world
    out, phones = begin(world, 10)
    asked = all_ring(phones)
    out.established()
    world.platform.kill("interpreter")
    asked[3].answer()
    for one in asked:
        if one is not asked[3]:
            canceled(one)
    world.hear_each_other(out, asked[3], 20)
    asked[3].bye()
    out.expect_bye()
    for number in range(10):
        came = until(lambda: [r for r in world.app.got(
            world.path(f"status-{number}"))
            if r.params["CallEvent"] == "completed"], 15,
            "its completed callback")
        assert len({r.headers.get("voxbus-idempotency-token", r.params[
            "SequenceNumber"]) for r in came}) == 1
