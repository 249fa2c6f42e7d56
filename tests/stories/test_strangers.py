"""What a stranger may send over SIP and RTP, and what it may not do."""

import pytest

from harness import sip
from harness.dialog import Call
from harness.platform import Platform
from harness.rtp import Rtp
from harness.sipp import Sipp
from harness.wait import holds, until

REJECT = '<Response><Reject reason="busy"/></Response>'
PAUSE = '<Response><Pause length="30"/></Response>'


def works(world):
    """A good call still goes through."""
    caller = world.phone()
    world.answers(REJECT)
    caller.call(world.platform.sip).expect(486)


def test_an_invite_without_sdp_is_refused_at_once(world):
    """The offer has to be in the INVITE: docs/markup.md."""
    caller = world.phone()
    out = caller.call(world.platform.sip, sdp=None)
    out.expect(488)
    assert not world.app.got("/voice")
    world.platform.wait_for_log(component="interpreter", error_code=65001)


def test_only_codecs_that_we_do_not_have(world):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip, codecs=("3 GSM", "97 iLBC"))
    out.expect(488)
    assert not callee.invites()
    record = world.record()
    assert 65002 in world.notes(record) | {
        part.get("error") for message in record
        for part in message.get("legs", []) if message["type"] == "leg_opened"}
    assert world.leg(record, 0)["status"] == "failed"


@pytest.mark.parametrize("body", [
    "v=0\r\nm=audio\r\n", "garbage", "v=0\r\n" * 1000,
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
    "t=0 0\r\nm=audio 99999 RTP/AVP 0\r\n"])
def test_an_sdp_that_is_none(world, body):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip, sdp=body)
    out.expect(400)
    record = world.record()
    assert world.leg(record, 0)["status"] == "failed"
    assert 65001 in world.notes(record)
    assert not callee.invites()


def test_a_source_that_is_not_allowed(world):
    stranger = world.phone(host="127.0.0.2")
    out = stranger.call(world.platform.sip)
    out.expect(403)
    assert not world.app.got("/voice")
    world.platform.wait_for_log(component="sipgw", msg="127.0.0.2")


def test_a_multipart_body_is_refused_by_its_type(world):
    caller = world.phone()
    out = caller.call(world.platform.sip, sdp="--x\r\n\r\nhello\r\n--x--",
                      kind='multipart/mixed;boundary="x"')
    out.expect(415)
    works(world)


@pytest.mark.parametrize("status, line", [
    (405, "REGISTER"), (405, "SUBSCRIBE"), (200, "OPTIONS"), (481, "BYE")])
def test_requests_outside_of_a_call(world, status, line):
    request = LooseRequest(world.phone(), world.platform.sip, line)
    assert request.answer().status == status


class LooseRequest:
    """A request of any method, without a dialog."""

    def __init__(self, phone, where, method, extra=b""):
        host, port = where.rsplit(":", 1)
        self.call = Call(phone, f"loose-{method}-{id(self)}@story",
                         (host, int(port)))
        phone.calls[self.call.call_id] = self.call
        self.call.target = f"sip:{host}:{port}"
        self.call.local = f"<{phone.uri}>;tag=loose"
        self.call.remote = f"<sip:{host}:{port}>" + (
            ";tag=gone" if method == "BYE" else "")
        self.message = self.call.make(method, 7, sip.BRANCH + f"l{id(self)}",
                                       body=extra)
        phone.send(self.message, self.call.peer)

    def answer(self, seconds=5):
        return self.call.next(seconds)


GARBAGE = [
    b"\r\n\r\n", b"\x00" * 200, b"INVITE\r\n\r\n",
    b"INVITE sip:x SIP/2.0\r\nVia: \r\n\r\n",
    b"INVITE sip:x@y SIP/2.0\r\n" + b"Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"
    * 1000 + b"\r\n",
    b"INVITE sip:x@y SIP/2.0\r\nX: " + b"a" * 60000 + b"\r\n\r\n",
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKnone\r\n"
    b"Call-ID: none\r\nCSeq: 1 INVITE\r\nFrom: <sip:a@b>;tag=1\r\n"
    b"To: <sip:c@d>;tag=2\r\nContent-Length: 0\r\n\r\n",
    b"INVITE sip:x@y SIP/2.0\r\nContent-Length: -1\r\n\r\n",
    b"INVITE sip:x@y SIP/2.0\r\nContent-Length: 999999999\r\n\r\nabc",
    b"m=not a token\r\n" * 20,
]


def test_garbage_is_dropped_and_the_next_call_works(world):
    before = {name: world.platform.pid_of(name) for name in ("sipgw", "mediad")}
    caller = world.phone()
    host, port = world.platform.sip.split(":")
    for data in GARBAGE:
        caller.send_raw(data, (host, int(port)))
    works(world)
    assert before == {name: world.platform.pid_of(name)
                      for name in ("sipgw", "mediad")}


def test_garbage_over_tcp_is_dropped_and_the_next_call_works(world):
    caller = world.phone("tcp")
    host, port = world.platform.sip.split(":")
    for data in GARBAGE:
        try:
            caller.send_raw(data, (host, int(port)))
        except OSError:
            caller.forget_links()
    works(world)


@pytest.mark.parametrize("header", ["X-Note", "User-to-User", "Subject"])
def test_headers_of_the_caller_cannot_add_lines(world, header):
    caller = world.phone()
    world.answers(REJECT)
    value = 'a%0d%0aX-Evil: 1 <>&"\' \\r\\n'
    out = caller.call(world.platform.sip, headers=[(header, value)])
    out.expect(486)
    asked = world.app.wait_for("/voice")
    assert "X-Evil" not in asked.headers
    if header == "X-Note":
        assert asked.params.get("SipHeader_X-Note") == value


def test_rtp_from_a_stranger_is_not_heard(world):
    caller, callee, stranger = world.phone(), world.phone(), world.phone()
    world.answers(world.dial(callee))
    out, asked = world.connected(caller, callee)
    world.hear_each_other(out, asked)
    before = len(asked.rtp.packets)
    foreign = Rtp()
    for n in range(200):
        foreign.send(out.remote_media, b"\x00" * 160, number=n, source=7)
    foreign.send_raw(out.remote_media, b"\x80")
    foreign.send_raw(out.remote_media, b"\xff" * 1400)
    until(lambda: len(asked.rtp.packets) > before + 50, 5, "sound goes on")
    loud = [packet for packet in asked.rtp.packets[before:]
            if packet[4] == b"\x00" * 160]
    assert not loud
    assert not foreign.packets
    foreign.close()
    out.bye()
    asked.expect_bye()
    record = world.record()
    stats = [part for message in record if message["type"] == "leg_closed"
             for part in message["legs"]]
    assert sum(part.get("packets_refused", 0) for part in stats) >= 200


def test_a_caller_behind_nat_is_heard_where_it_speaks_from(world):
    """Symmetric latching: the SDP names another port than the one spoken from."""
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    real = Rtp()
    out, asked = world.connected(caller, callee)
    real.speak(out.remote_media, 1000)
    asked.rtp.speak(asked.remote_media, 440)
    until(lambda: asked.rtp.hears(1000) and real.hears(440), 10,
          lambda: f"tones; heard {asked.rtp.heard()} and {real.heard()}")
    real.close()
    out.bye()
    asked.expect_bye()
    world.record()


def test_a_repeated_invite_is_one_call(world):
    caller = world.phone()
    world.answers(PAUSE)
    out = caller.call(world.platform.sip)
    out.send_invite()
    out.send_invite()
    world.call_sid()
    holds(lambda: len(world.app.got("/voice")) == 1, 0.5, "one document asked")
    out.cancel()
    out.expect(487)
    world.record()


def test_more_invites_than_a_source_may_send_get_503(
        world, session_app):
    """…with Retry-After; the present call goes on, and all is well after."""
    platform = Platform(voice_url=session_app.url("/voice"),
                        sip_source_rate=20)
    try:
        shared, world.platform = world.platform, platform
        caller, callee = world.phone(), world.phone()
        world.answers(world.dial(callee), REJECT)
        out, asked = world.connected(caller, callee)
        flood = Sipp("uac_floods", platform.sip, calls=600, rate=300,
                     options=["-timeout", "20s"])
        refused = until(lambda: platform.metrics("sipgw") and [
            value for name, value in platform.metrics("sipgw").items()
            if "refused" in name and value > 50], 15, "INVITEs are refused")
        assert refused
        world.hear_each_other(out, asked)
        flood.wait(25)
        assert flood.counted("SuccessfulCall(C)") == 600, flood.errors()
        out.bye()
        asked.expect_bye()

        def normal():
            late = caller.call(platform.sip)
            answer = late.next(5)
            while answer.is_response and answer.status < 200:
                answer = late.next(5)
            return answer.status == 486
        until(normal, 10, "calls are taken again")
        world.platform = shared
    finally:
        platform.close()
