"""Encrypted media with keys in the SDP (SDES): both ways, each suite, refused."""

import os
import random
import re
import time

import pytest

from conftest import platform_with, world_of
from harness import sip
from harness.srtp import SUITES, SecureRtp
from harness.wait import holds, until

ERR_SECURE = 65011
TWILIO = "AES_CM_128_HMAC_SHA1_80"

# Keys may go over UDP too; every suite.
open_platform = platform_with(nats=True, tls=True, srtp_keys="always",
                              srtp_suites=",".join(SUITES))
# As it comes: keys over TLS alone.
strict_platform = platform_with(nats=True, tls=True)
world = world_of("open_platform")
strict_world = world_of("strict_platform")


def secured(text, rtp, profile="RTP/SAVP", tag=1):
    """The SDP with that end's key."""
    return text.replace("RTP/AVP", profile) + rtp.line(tag)


def call_with_key(world, suite=TWILIO, profile="RTP/SAVP", key=None):
    """A caller that offers its key; returns its phone's call."""
    caller = world.phone()
    rtp = SecureRtp(suite, key)
    out = caller.call(world.platform.sip, sdp=secured(
        sip.offer(rtp.port), rtp, profile, tag=7))
    out.rtp.close()
    out.rtp = rtp
    return out


def connected(out, asked):
    asked.ring()
    asked.answer()
    asked.expect_ack()
    response = out.established()
    return response.text


def up_with_key(world, **key):
    """Both ends of a call whose caller offers its key, and what it is answered."""
    callee = world.phone()
    world.answers(world.dial(callee))
    out = call_with_key(world, **key)
    asked = callee.incoming()
    return out, asked, connected(out, asked)


def stats(record):
    """What went through the caller's leg."""
    return [leg for message in record if message["type"] == "leg_closed"
            for leg in message["legs"] if leg["leg"] == record[0]["leg"]][0]


def finish(world, out, asked):
    out.bye()
    asked.expect_bye()
    return world.record()


# --- our own ends -------------------------------------------------------------

@pytest.mark.parametrize("suite", list(SUITES))
def test_a_caller_with_a_key_is_heard_and_hears(world, suite):
    out, asked, answer = up_with_key(world, suite=suite)
    assert re.search(r"(?m)^m=audio \d+ RTP/SAVP ", answer)
    assert out.rtp.take(answer) == "7"
    assert "a=crypto" not in asked.request.text     # none was asked for there
    world.hear_each_other(out, asked)
    assert out.rtp.refused == 0
    record = finish(world, out, asked)
    assert stats(record)["secure"] == f"SDES {suite}"


def test_keys_are_nowhere_on_the_record_nor_in_the_log(world):
    out, asked, answer = up_with_key(world)
    out.rtp.take(answer)
    world.hear_each_other(out, asked)
    finish(world, out, asked)
    ours = re.search(r"inline:(\S+)", answer).group(1)
    theirs = re.search(r"inline:(\S+)", out.rtp.line()).group(1)
    shown = world.platform.voxctl(
        "export", world.call_sid()).stdout + \
        world.platform.log_text()
    assert "inline:***" in shown
    assert ours not in shown and theirs not in shown


def test_the_uri_asks_for_a_key_and_the_callee_gives_its_own(world):
    callee = world.phone()
    world.answers(world.dial(None, uri=f"{callee.uri};transport=udp;"
                             "secure=true"))
    out = world.phone().call(world.platform.sip)
    asked = callee.incoming()
    offer = asked.request.text
    assert "secure" not in asked.request.first
    assert re.search(r"(?m)^m=audio \d+ RTP/SAVP ", offer)
    assert re.findall(r"(?m)^a=crypto:\d+ (\S+)", offer) == [TWILIO]
    rtp = SecureRtp()
    asked.rtp.close()
    asked.rtp = rtp
    rtp.take(offer)
    asked.answer(sdp=secured(sip.offer(rtp.port), rtp))
    asked.expect_ack()
    out.established()
    world.hear_each_other(out, asked)
    finish(world, out, asked)


def test_a_callee_that_answers_in_the_clear_is_hung_up(world):
    callee = world.phone()
    world.answers(world.dial(None, uri=f"{callee.uri};transport=udp;"
                             "secure=true"))
    out = world.phone().call(world.platform.sip)
    asked = callee.incoming()
    asked.answer()
    asked.expect_ack()
    asked.expect_bye()
    out.established()
    out.expect_bye()
    assert ERR_SECURE in world.notes(world.record())


def test_optional_keys_are_taken_and_may_be_left(world):
    """RFC 8643: RTP/AVP with a key."""
    out, asked, answer = up_with_key(world, profile="RTP/AVP")
    assert re.search(r"(?m)^m=audio \d+ RTP/AVP ", answer)
    out.rtp.take(answer)
    world.hear_each_other(out, asked)
    finish(world, out, asked)


def test_with_another_key_nothing_is_heard_and_all_is_counted(world):
    out, asked, answer = up_with_key(world)
    out.rtp.renew()                     # not the key that it told
    out.rtp.take(answer)
    out.rtp.speak(out.remote_media, 1000)
    asked.rtp.speak(asked.remote_media, 440)
    until(lambda: out.rtp.hears(440), 10, "our side is heard")
    holds(lambda: not asked.rtp.packets, 1, "nobody hears the wrong key")
    record = finish(world, out, asked)
    assert stats(record)["packets_refused"] > 40
    assert not stats(record).get("packets_in")
    until(lambda: [value for name, value in
                   world.platform.metrics("mediad").items()
                   if 'reason="forged"' in name and value > 40], 5,
          "they are in the metrics")


def test_a_new_key_in_a_new_offer_is_in_force_at_once(world):
    out, asked, first = up_with_key(world)
    out.rtp.take(first)
    world.hear_each_other(out, asked)
    out.rtp.be_silent()
    out.rtp.renew()
    out.ask("INVITE", body=secured(sip.offer(out.rtp.port, version=1), out.rtp))
    answer = out.expect(200)
    out.acknowledge(answer)
    assert re.search(r"inline:(\S+)", answer.text).group(1) != \
        re.search(r"inline:(\S+)", first).group(1)
    out.rtp.take(answer.text)
    world.hear_each_other(out, asked, since=time.monotonic())
    finish(world, out, asked)


def test_an_offer_of_later_that_gives_encryption_up_is_taken_only_if_allowed(
        world):
    """Optional as it was, it may go on in the clear."""
    out, asked, answer = up_with_key(world)
    out.rtp.take(answer)
    out.ask("INVITE", body=sip.offer(out.rtp.port, version=1))
    answer = out.expect(200)
    out.acknowledge(answer)
    assert "crypto" not in answer.text
    finish(world, out, asked)


def test_garbage_of_strangers_and_in_the_peers_name_keeps_the_call(world):
    out, asked, answer = up_with_key(world)
    out.rtp.take(answer)
    world.hear_each_other(out, asked)
    stranger = SecureRtp()
    stranger.take(out.rtp.line())
    hello = bytes.fromhex("16feff0000000000000000") + os.urandom(200)
    began, sent = time.monotonic(), 0
    source = random.getrandbits(32).to_bytes(4, "big")
    while time.monotonic() < began + 2:
        for _ in range(100):
            garbage = bytes([0x80, 0]) + os.urandom(6) + source + \
                os.urandom(170)
            stranger.send_raw(out.remote_media, garbage)
            sent += 1
        out.rtp.send_raw(out.remote_media, garbage)
        stranger.send_raw(out.remote_media, hello)
        stranger.send_raw(out.remote_media, b"\x80\xc8\x00\x01")
        stranger.send_raw(out.remote_media, b"\x00\x01\x00\x00\x21\x12\xa4\x42")
        time.sleep(max(0, began + sent / 10000 - time.monotonic()))
    assert sent > 5000
    assert not stranger.packets
    world.hear_each_other(out, asked, since=time.monotonic())
    stranger.close()
    finish(world, out, asked)


def test_after_mediads_death_the_keys_are_as_they_were(world):
    out, asked, answer = up_with_key(world)
    out.rtp.take(answer)
    world.hear_each_other(out, asked)
    before = world.platform.kill("mediad")
    world.platform.wait_for_restart("mediad", before)
    since = time.monotonic()
    until(lambda: out.rtp.hears(440, since) and asked.rtp.hears(1000, since),
          10, "sound again")
    finish(world, out, asked)


# --- as it comes: keys over TLS alone ---------------------------------------------

def test_keys_over_udp_are_refused_as_it_comes(strict_world):
    callee = strict_world.phone()
    strict_world.answers(strict_world.dial(callee))
    out = call_with_key(strict_world)
    assert out.expect(488)
    out.ack()
    assert ERR_SECURE in strict_world.notes(strict_world.record())


def test_optional_keys_over_udp_are_left_as_it_comes(strict_world):
    out, asked, answer = up_with_key(strict_world, profile="RTP/AVP")
    assert "crypto" not in answer
    asked.rtp.speak(asked.remote_media, 440)
    until(lambda: out.rtp.hears(440), 5, "sound in the clear")
    finish(strict_world, out, asked)


def test_a_secure_target_over_udp_fails_as_it_comes(strict_world):
    callee = strict_world.phone()
    strict_world.answers(strict_world.dial(
        None, uri=f"sip:{callee.user}@127.0.0.1:{callee.port};transport=udp;"
        "secure=true"))
    out = strict_world.phone().call(strict_world.platform.sip)
    out.expect(480)
    out.ack()
    assert ERR_SECURE in strict_world.notes(strict_world.record())
    assert callee.invites() == 0


# --- baresip -----------------------------------------------------------------------

def test_baresip_over_tls_with_keys_on_both_sides(strict_world, softphones,
                                                  authority):
    world = strict_world
    callee = softphones("callee", 440, certificate=authority.certificate(),
                        encryption="srtp-mand")
    caller = softphones("caller", 1000, answers=False,
                        certificate=authority.certificate(),
                        encryption="srtp-mand")
    world.answers(world.dial(None, uri="sip:callee@127.0.0.1:"
                             f"{callee.sip_port + 1};secure=true"))
    port = world.platform.sip_port + 1
    caller.talks(f"sip:100@127.0.0.1:{port};transport=tls", callee)
    callee.ends(caller)
    record = world.record()
    used = [leg["secure"] for message in record
            if message["type"] == "leg_closed" for leg in message["legs"]]
    assert sorted(used) == [f"SDES {TWILIO}", f"SDES {TWILIO}"]


@pytest.mark.parametrize("encryption", ["srtp", "srtp-mand"])
def test_baresip_over_udp_where_that_is_allowed(world, softphones, encryption):
    callee = softphones("callee", 440)
    caller = softphones("caller", 1000, answers=False, encryption=encryption)
    world.answers(world.dial(None, uri=f"{callee.uri};transport=udp"))
    caller.talks(f"sip:100@{world.platform.sip}", callee)
    callee.ends(caller)
    record = world.record()
    assert stats(record)["secure"].startswith("SDES ")
