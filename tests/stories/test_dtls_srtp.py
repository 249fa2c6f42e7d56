"""Encrypted media with keys that DTLS agrees on: baresip, and strangers."""

import os
import re

from conftest import platform_with, world_of
from harness import sip
from harness.rtp import Rtp
from harness.wait import holds

ERR_SECURE = 65011
PRINT = ":".join(["AB"] * 32)

# Callees are offered DTLS, and nothing else.
offering_platform = platform_with(nats=True, media_secure="dtls")
both_world = world_of("offering_platform")
# As it comes: DTLS is taken where it is offered.
world = world_of("own_platform")


def used(record):
    return [leg.get("secure", "") for message in record
            if message["type"] == "leg_closed" for leg in message["legs"]]


def offered(port, setup="actpass"):
    return sip.offer(port).replace("RTP/AVP", "UDP/TLS/RTP/SAVP") + \
        f"a=fingerprint:sha-256 {PRINT}\r\na=setup:{setup}\r\n"


def test_baresip_that_offers_dtls_is_heard_and_hears(world, softphones):
    callee = softphones("callee", 440)
    caller = softphones("caller", 1000, answers=False, encryption="dtls_srtp")
    world.answers(world.dial(None, uri=f"{callee.uri};transport=udp"))
    caller.talks(f"sip:100@{world.platform.sip}", callee, 15)
    callee.ends(caller)
    record = world.record()
    assert sorted(used(record))[0] == ""
    assert sorted(used(record))[1].startswith("DTLS ")


def test_dtls_between_two_baresips_each_with_keys_of_its_own(both_world,
                                                             softphones):
    world = both_world
    callee = softphones("callee", 440, encryption="dtls_srtp")
    caller = softphones("caller", 1000, answers=False, encryption="dtls_srtp")
    world.answers(world.dial(None, uri=f"{callee.uri};transport=udp"))
    caller.talks(f"sip:100@{world.platform.sip}", callee, 15)
    callee.ends(caller)
    record = world.record()
    assert [name.split()[0] for name in used(record)] == ["DTLS", "DTLS"]


def test_whoever_must_encrypt_and_is_not_offered_it_refuses(both_world):
    world = both_world
    callee = world.phone()
    world.answers(world.dial(callee))
    out = world.phone().call(world.platform.sip)
    out.expect(488)
    out.ack()
    assert ERR_SECURE in world.notes(world.record())
    assert callee.invites() == 0


def test_a_handshake_that_nobody_holds_leaves_silence_not_clear_sound(world):
    """Their SDP promises DTLS, and plain RTP comes: nobody hears it."""
    callee = world.phone()
    world.answers(world.dial(callee))
    caller = world.phone()
    rtp = Rtp()
    out = caller.call(world.platform.sip, sdp=offered(rtp.port))
    out.rtp.close()
    out.rtp = rtp
    asked = callee.incoming()
    asked.answer()
    asked.expect_ack()
    answer = out.established().text
    assert re.search(r"(?m)^m=audio \d+ UDP/TLS/RTP/SAVP ", answer)
    assert re.search(r"(?m)^a=setup:active", answer)
    out.rtp.speak(out.remote_media, 1000)
    asked.rtp.speak(asked.remote_media, 440)
    holds(lambda: not asked.rtp.packets, 2, "nothing in the clear")
    hellos = [p for p in out.rtp.packets if p[2] != 0]
    assert len(hellos) >= 2 and len(hellos) == len(out.rtp.packets)
    out.bye()
    asked.expect_bye()
    record = world.record()
    assert not any(used(record))


def test_a_strangers_hello_is_not_even_answered(world, softphones):
    callee = softphones("callee", 440)
    caller = softphones("caller", 1000, answers=False, encryption="dtls_srtp")
    world.answers(world.dial(None, uri=f"{callee.uri};transport=udp"))
    caller.talks(f"sip:100@{world.platform.sip}", callee, 15)
    opened = [m for m in world.platform.record(world.call_sid())
              if m["type"] == "leg_opened"][0]
    ports = [int(re.search(r"(?m)^m=audio (\d+)", leg["sdp"]).group(1))
             for leg in opened["legs"]]
    stranger = Rtp()
    hello = bytes.fromhex("16feff000000000000000000c8010000bc") + \
        os.urandom(200)
    for _ in range(200):
        for port in ports:
            stranger.send_raw(("127.0.0.1", port), hello)
    holds(lambda: not stranger.packets, 0.5, "no answer")
    stranger.close()
    caller.hear_each_other(callee, 15)
    callee.ends(caller)
    world.record()
