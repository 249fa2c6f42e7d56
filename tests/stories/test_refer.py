"""Transfers: REFER from either side of a Dial, and what referUrl makes of it."""

import threading

import pytest

from harness.app import Answer, document
from harness.wait import holds, until


def fragments(end):
    """Status lines of the NOTIFYs so far, repeats left out."""
    found = {}
    for message in end.got("NOTIFY"):
        found[message.cseq[0]] = message.text.split("\r\n")[0][8:11]
    return [found[number] for number in sorted(found)]


def transfer(end, target, **headers):
    end.ask("REFER", [("Refer-To", f"<{target}>"),
                      ("Referred-By", "<sip:boss@story.example>"),
                      *headers.items()])
    end.expect(202, method="REFER")


def to_carol(world, back=None):
    """A phone, its target; the document of the transfer dials it."""
    carol = world.phone()
    target = f"sip:carol@127.0.0.1:{carol.port}"
    world.app.on(world.path("refer"), document(
        f"<Response><Dial><Sip>{target};transport=udp</Sip></Dial>"
        "</Response>", after=back))
    return carol, target


def up(world, **dialled):
    return world.up(referUrl=world.url("refer"), **dialled)


@pytest.mark.parametrize("end", [0, 1])
def test_referUrl_connects_the_other_side_with_the_target(world, end):
    """Blind transfer (RFC 5589, 6.1): the document dials the Refer-To."""
    carol, target = to_carol(world)
    ends = up(world)
    leaves, stays = ends[end], ends[1 - end]
    world.hear_each_other(*ends)
    transfer(leaves, target)
    asked = carol.incoming()
    asked.ring()
    until(lambda: fragments(leaves)[-1:] == ["200"], 5,
          lambda: f"NOTIFYs {fragments(leaves)}")
    leaves.expect_bye()
    asked.answer()
    asked.expect_ack()
    world.hear_each_other(stays, asked)
    stays.bye()
    asked.expect_bye()
    record = world.record()
    assert not world.app.got(world.path("action")), "the Dial was left"
    assert world.leg(record, end)["end_reason"].startswith("it transferred")
    assert [world.leg(record, n)["status"] for n in range(3)] == \
        3 * ["completed"]


def test_what_referUrl_is_told(world):
    world.app.on(world.path("refer"), document("<Response><Hangup/></Response>"))
    out, asked = up(world, referMethod="GET")
    transfer(asked, "sip:carol@127.0.0.1:9?X-a=1", **{"X-Why": "lunch"})
    request = world.app.wait_for(world.path("refer"))
    assert request.method == "GET"
    wanted = {"CallSid": world.call_sid(),
              "ReferTransferTarget": "sip:carol@127.0.0.1:9?X-a=1",
              "SipHeader_X-Why": "lunch", "CallStatus": "in-progress"}
    assert {name: request.params.get(name) for name in wanted} == wanted
    assert request.params["ReferredBy"] == "sip:boss@story.example"
    out.expect_bye()
    asked.expect_bye()
    world.record()


def test_without_referUrl_a_transfer_is_declined(world):
    """NOTIFY 603, error 13802 on the record, and the call goes on."""
    out, asked = world.up()
    transfer(asked, "sip:carol@127.0.0.1:9")
    until(lambda: fragments(asked)[-1:] == ["603"], 5,
          lambda: f"NOTIFYs {fragments(asked)}")
    assert asked.got("NOTIFY")[-1].get("Subscription-State") \
        .startswith("terminated")
    world.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()
    record = world.record()
    assert 13802 in world.notes(record)
    assert world.leg(record)["status"] == "completed"


@pytest.mark.parametrize("answer", [Answer(404), document("<Response>")])
def test_without_a_document_everything_stays_as_it_is(world, answer):
    world.app.on(world.path("refer"), answer)
    out, asked = up(world)
    transfer(asked, "sip:carol@127.0.0.1:9")
    until(lambda: fragments(asked)[-1:] == ["503"], 5,
          lambda: f"NOTIFYs {fragments(asked)}")
    world.hear_each_other(out, asked)
    holds(lambda: not asked.got("BYE"), 0.3, "the call goes on")
    asked.bye()
    world.action(DialCallStatus="completed")
    out.expect_bye()
    world.record()


def test_a_phone_that_hangs_up_at_once_has_still_transferred(world):
    """Many phones send BYE as soon as REFER is accepted."""
    carol, target = to_carol(world)
    out, asked = up(world)
    transfer(asked, target)
    asked.bye()
    got = carol.incoming()
    got.answer()
    got.expect_ack()
    world.hear_each_other(out, got)
    out.bye()
    got.expect_bye()
    world.record()


def test_a_transfer_outlives_sipgw(hard_world):
    """The phone hears how its transfer ended from the next process."""
    world = hard_world
    back = threading.Event()
    carol, target = to_carol(world, back)
    out, asked = up(world)
    request = asked.ask("REFER", [("Refer-To", f"<{target}>")])
    asked.expect(202, method="REFER")
    first = asked.expect_request("NOTIFY")
    before = world.platform.kill_only("sipgw")
    world.platform.wait_for_restart("sipgw", before)
    back.set()
    got = carol.incoming(20)
    last = asked.expect_request("NOTIFY", 20)
    assert last.text.startswith("SIP/2.0 200")
    assert last.get("Subscription-State").startswith("terminated")
    assert [notify.get("Event").replace(" ", "") for notify in (first, last)] \
        == [f"refer;id={request.cseq[0]}"] * 2
    assert last.cseq[0] > first.cseq[0]
    got.answer()
    got.expect_ack()
    asked.expect_bye(20)
    assert [m["status"] for m in world.said("notified")] == [200]
    world.hear_each_other(out, got)
    out.bye()
    got.expect_bye()
    world.record()


def test_a_refer_whose_202_was_lost_with_sipgw_is_accepted_again(hard_world):
    """It comes again, as UDP has it; the transfer is the same one."""
    world = hard_world
    back = threading.Event()
    carol, target = to_carol(world, back)
    out, asked = up(world)
    request = asked.ask("REFER", [("Refer-To", f"<{target}>")])
    asked.expect(202, method="REFER")
    asked.expect_request("NOTIFY")
    before = world.platform.kill_only("sipgw")
    world.platform.wait_for_restart("sipgw", before)
    asked.phone.send(request, asked.next_hop(), ("REFER", asked.call_id))
    asked.expect(202, method="REFER")
    asked.expect_request("NOTIFY")
    back.set()
    got = carol.incoming(20)
    got.answer()
    got.expect_ack()
    assert asked.expect_request("NOTIFY", 20).text.startswith("SIP/2.0 200")
    asked.expect_bye(20)
    out.bye()
    got.expect_bye()
    world.record()
    assert len({m["refer"] for m in world.said("referred")}) == 1
    assert len(world.app.got(world.path("refer"))) == 1


def test_a_transfer_outlives_the_interpreter(hard_world):
    """The document is taken by whoever runs the call next."""
    world = hard_world
    back = threading.Event()
    carol, target = to_carol(world, back)
    out, asked = up(world)
    transfer(out, target)
    world.app.wait_for(world.path("refer"))
    before = world.platform.kill_only("interpreter")
    back.set()
    world.platform.wait_for_restart("interpreter", before)
    got = carol.incoming(20)
    got.answer()
    got.expect_ack()
    out.expect_bye(20)
    world.hear_each_other(asked, got)
    got.bye()
    asked.expect_bye()
    world.record()
