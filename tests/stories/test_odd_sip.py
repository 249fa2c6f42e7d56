"""SIP that few phones speak and the RFCs allow."""

import socket
import uuid

from harness import sip
from harness.phone import Call
from harness.wait import holds, until

REJECT = '<Response><Reject reason="busy"/></Response>'


def address(world):
    host, port = world.platform.sip.split(":")
    return host, int(port)


def written(world, phone, lines):
    """An INVITE in those words; its answers come to the Call."""
    call = Call(phone, f"{uuid.uuid4().hex}@story", address(world))
    phone.calls[call.call_id] = call
    call.branch = sip.BRANCH + uuid.uuid4().hex
    call.target = f"sip:100@{world.platform.sip}"
    call.local, call.remote = "<sip:a@b>;tag=1", f"<{call.target}>"
    sdp = sip.offer(call.rtp.port)
    words = {"uri": call.target, "port": phone.port, "branch": call.branch,
             "call_id": call.call_id, "length": len(sdp),
             "kind": phone.transport.upper()}
    return call, ("\r\n".join(lines).format(**words) + "\r\n\r\n" +
                  sdp).encode()


COMPACT = (
    "INVITE {uri} SIP/2.0", "v: SIP/2.0/{kind} 127.0.0.1:{port};branch={branch}",
    "f: \"Last, First\" <sip:a@b>;tag=1", "t: <{uri}>", "i: {call_id}",
    "CSeq: 2147483647 INVITE", "m: <sip:a@127.0.0.1:{port}>",
    "k: timer, 100rel", "x: 1800;refresher=uac", "s: hello",
    "c: APPLICATION/SDP; charset=utf-8", "l: {length}")
FOLDED = (
    "INVITE {uri} SIP/2.0",
    "Via:\r\n SIP/2.0/{kind}\r\n\t127.0.0.1:{port}\r\n ;branch={branch}",
    "FROM :\r\n \"Last,\r\n First\" <sip:a@b>\r\n ;tag=1", "To:\r\n <{uri}>",
    "Call-ID:\r\n {call_id}", "CSeq: 1\r\n   INVITE",
    "Contact: <sip:a@127.0.0.1:{port}>", "Content-Type: application/sdp",
    "X-Note: one\r\n two", "Content-Length:    {length}")


def test_short_and_folded_headers_are_read(world):
    world.answers(REJECT)
    phone = world.phone()
    for lines in (COMPACT, FOLDED):
        call, data = written(world, phone, lines)
        phone.send_raw(data, call.peer)
        call.expect(486)
    first, second = world.app.got("/voice")
    assert first.params["From"] == second.params["From"] == "sip:a@b"
    assert second.params["SipHeader_X-Note"].split() == ["one", "two"]


def test_over_tcp_a_message_comes_in_pieces_and_several_at_once(world):
    world.answers(REJECT)
    phone = world.phone("tcp")
    call, data = written(world, phone, COMPACT)
    for at in range(0, len(data), 50):
        phone.send_raw(data[at:at + 50], call.peer)
    call.expect(486)
    several = [written(world, phone, COMPACT) for _ in range(8)]
    phone.send_raw(b"\r\n".join(data for _, data in several), call.peer)
    for call, _ in several:
        call.expect(486)


def test_a_ping_over_tcp_has_its_pong(world):
    """RFC 5626 4.4.1: a phone that hears none takes its connection for dead."""
    with socket.create_connection(address(world), 5) as link:
        for _ in range(2):
            link.sendall(b"\r\n\r\n")
            assert link.recv(16) == b"\r\n"


def test_an_invitation_that_expires_is_given_up(world):
    """RFC 3261 13.3.1: the caller waits as long as his Expires says."""
    callee = world.phone()
    world.answers(world.dial(callee, answerOnBridge="true"))
    out = world.phone().call(world.platform.sip, headers=[("Expires", "2")])
    asked = callee.incoming()
    asked.ring()
    out.expect(487)
    asked.canceled()
    world.action(DialCallStatus="canceled", CallStatus="canceled")
    assert world.leg(world.record(), 0)["status"] == "canceled"


def test_an_answered_call_does_not_expire(world):
    world.answers('<Response><Gather timeout="3"/></Response>')
    out = world.phone().call(world.platform.sip, headers=[("Expires", "1")])
    out.established()
    holds(lambda: not out.got("BYE"), 1.5, "it is up")
    out.expect_bye()


def test_options_that_require_what_we_do_not_have_get_420(world):
    call = world.phone().outside(world.platform.sip, "OPTIONS",
                                 [("Require", "100rel, foo")])
    assert call.expect(420, method="OPTIONS").get("Unsupported") == "foo"


def test_who_is_reached_through_proxies_is_asked_through_them(world):
    """Of several Record-Routes, in one line or in many, each is a Route."""
    proxy, caller, callee = world.phone(), world.phone(), world.phone()
    near = f"<sip:127.0.0.1:{proxy.port};lr;x=y>"
    far = "<sip:192.0.2.7:5070;transport=tcp;lr>"
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    out.established()
    asked.answer(headers=[("Record-Route", f"{far}, {near}")])
    assert routes(proxy, "ACK") == [near, far]
    out.bye()
    assert routes(proxy, "BYE") == [near, far]
    proxy.seen.clear()
    out = caller.call(world.platform.sip, headers=[
        ("Record-Route", near), ("Record-Route", far)])
    asked = callee.incoming()
    out.expect(200)
    caller.send(out.make("ACK", 1, sip.BRANCH + uuid.uuid4().hex), out.peer)
    asked.answer()
    asked.expect_ack()
    asked.bye()
    assert routes(proxy, "BYE") == [near, far]


def routes(proxy, method):
    """What that request still has to pass, as it reached the proxy."""
    def came():
        return [m for _, m in proxy.seen if m.method == method]
    until(came, 5, f"{method} at the proxy")
    return [route.strip() for route in ",".join(
        came()[0].all("Route")).split(",")]
