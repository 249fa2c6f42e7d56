"""REFER as sipgw handles it: answers, subscriptions, NOTIFYs."""

import pytest

from harness.app import document
from harness.wait import until


def finish(world, out, asked):
    out.bye()
    asked.expect_bye()
    return world.record()


def fragment(notify):
    return notify.text.split("\r\n")[0]


def event(notify):
    return notify.get("Event").replace(" ", "")


def test_a_refer_gets_202_and_its_subscription_begins_at_once(world):
    out, asked = world.up()
    request = out.ask("REFER", [("Refer-To", "<sip:carol@example.com>")])
    out.expect(202, method="REFER")
    first = out.expect_request("NOTIFY")
    assert fragment(first) == "SIP/2.0 100 Trying"
    assert first.get("Content-Type").startswith("message/sipfrag")
    assert event(first) == f"refer;id={request.cseq[0]}"
    assert first.get("Subscription-State").startswith("active")
    until(lambda: world.said("referred"), 5, "it is told")
    finish(world, out, asked)


def test_several_refers_have_a_subscription_each(world):
    out, asked = world.up()
    ids = []
    for name in ("carol", "dave"):
        request = out.ask("REFER", [("Refer-To",
                                     f"<sip:{name}@example.com>")])
        out.expect(202, method="REFER")
        ids.append(f"refer;id={request.cseq[0]}")

    def events():
        return [event(message) for message in out.got("NOTIFY")]
    until(lambda: set(ids) <= set(events()), 5, lambda: f"both; {events()}")
    assert len({m["refer"] for m in world.said("referred")}) == 2
    finish(world, out, asked)


def test_refer_sub_false_wants_no_notify(world):
    """RFC 4488."""
    out, asked = world.up()
    out.ask("REFER", [("Refer-To", "<sip:carol@example.com>"),
                      ("Refer-Sub", "false")])
    assert out.expect(202, method="REFER").get("Refer-Sub") == "false"
    until(lambda: world.said("referred"), 5, "it is told")
    finish(world, out, asked)
    assert not out.got("NOTIFY")


@pytest.mark.parametrize("headers,status", [
    ([], 400),
    ([("Refer-To", "<mailto:carol@example.com>")], 416),
    ([("Refer-To", "<sip:carol@example.com>"), ("Require", "multiple-refer")],
     420)])
def test_a_refer_that_is_refused(world, headers, status):
    out, asked = world.up()
    out.ask("REFER", headers)
    out.expect(status, method="REFER")
    assert not world.said("referred")
    finish(world, out, asked)


def test_what_came_with_it_is_told(world):
    out, asked = world.up()
    to = "sip:carol@example.com?Replaces=1%40x%3Bto-tag%3D2%3Bfrom-tag%3D3"
    out.ask("REFER", [("Refer-To", f"<{to}>"), ("X-Why", "lunch"),
                      ("Referred-By", "<sip:ann@example.com>")])
    out.expect(202, method="REFER")
    until(lambda: world.said("referred"), 5, "it is told")
    referred = world.said("referred")[0]
    assert referred["refer_to"] == to
    assert referred["referred_by"] == "sip:ann@example.com"
    assert referred["headers"] == [{"name": "X-Why", "value": "lunch"}]
    finish(world, out, asked)


def test_a_refer_of_no_call_is_refused(world):
    from harness.dialog import Call  # pylint: disable=import-outside-toplevel
    host, port = world.platform.sip.rsplit(":", 1)
    for to, status in (("<sip:b@b>", 403), ("<sip:b@b>;tag=x", 481)):
        call = Call(world.phone(), f"refer{status}@story", (host, int(port)))
        call.phone.calls[call.call_id] = call
        call.target = f"sip:{world.platform.sip}"
        call.local, call.remote = "<sip:a@b>;tag=1", to
        call.phone.send(call.make("REFER", 1, f"z9hG4bKrefer{status}", [
            ("Refer-To", "<sip:carol@example.com>")]), call.peer)
        call.expect(status, method="REFER")


def test_the_phone_hears_how_its_transfer_goes(world):
    """Dial's referUrl: the document dials the target for the other side."""
    carol = world.phone()
    world.app.on(world.path("refer"), document(
        f"<Response><Dial><Sip>{carol.uri};transport=udp</Sip></Dial>"
        "</Response>"))
    out, asked = world.up(referUrl=world.url("refer"))
    asked.ask("REFER", [("Refer-To", f"<sip:carol@127.0.0.1:{carol.port}>")])
    asked.expect(202, method="REFER")
    world.app.wait_for(world.path("refer"))
    third = carol.incoming()
    third.answer()
    third.expect_ack()
    until(lambda: "SIP/2.0 200 OK" in
          [fragment(message) for message in asked.got("NOTIFY")], 10,
          lambda: f"{[fragment(m) for m in asked.got('NOTIFY')]}")
    last = asked.got("NOTIFY")[-1]
    assert last.get("Subscription-State").startswith("terminated")
    out.bye()
    third.expect_bye()
    world.record()
    assert {m.get("status") for m in world.said("notified")} == {200}


def test_a_phone_that_knows_of_no_subscription_hears_no_more(world):
    out, asked = world.up()
    out.answers["NOTIFY"] = lambda request: out.reply(
        request, 481, "Subscription Does Not Exist")
    out.ask("REFER", [("Refer-To", "<sip:carol@example.com>")])
    out.expect(202, method="REFER")
    out.expect_request("NOTIFY")
    until(lambda: all(not m.get("status") for m in world.said("notified")),
          2, "it is gone")
    finish(world, out, asked)
    assert len({m.cseq for m in out.got("NOTIFY")}) == 1
