"""SIP over TLS: calls with sound, on the wire as they should be, through limits,
restarts and lost connections."""

import socket
import subprocess
import time

from conftest import platform_with, world_of
from harness.app import document
from harness.certificates import local
from harness.ports import free_port
from harness.wait import until

ERR_TLS = 64007

tls_platform = platform_with(nats=True, tls=True)
tls_world = world_of("tls_platform")


def sips(world):
    return f"127.0.0.1:{world.platform.sip_port + 1}"


# --- calls ------------------------------------------------------------------

def test_tls_to_baresip_carries_sound_both_ways(tls_world, softphones,
                                                authority):
    world = tls_world
    callee = softphones("callee", 440, certificate=authority.certificate())
    caller = softphones("caller", 1000, answers=False)
    target = f"sip:callee@127.0.0.1:{callee.sip_port + 1};transport=tls"
    world.answers(world.dial(None, uri=target))
    caller.talks(f"sip:100@{world.platform.sip}", callee)
    callee.ends(caller)
    record = world.record()
    assert world.leg(record)["status"] == "completed"
    dial = [m for m in record if m["type"] == "dial"][0]
    assert dial["transport"] == "tls"


def test_tls_from_baresip_carries_sound_both_ways(tls_world, softphones,
                                                  authority):
    world = tls_world
    callee = softphones("callee", 440)
    caller = softphones("caller", 1000, answers=False,
                        certificate=authority.certificate())
    world.answers(world.dial(None, uri=f"{callee.uri};transport=udp"))
    caller.talks(f"sip:100@{sips(world)};transport=tls", callee)
    callee.ends(caller)
    record = world.record()
    incoming = [m for m in record if m["type"] == "incoming"][0]
    assert incoming["transport"] == "tls"
    assert incoming["source_ip"] == "127.0.0.1"


def test_a_call_over_tls_on_both_sides_says_so_on_the_wire(tls_world,
                                                           authority):
    world = tls_world
    certificate = authority.certificate("DNS:localhost")
    caller = world.phone("tls", certificate=authority.certificate())
    callee = world.phone("tls", certificate=certificate)
    world.answers(world.dial(callee, uri=local(callee)))
    out = caller.call(sips(world))
    asked = callee.incoming()
    invite = asked.request
    port = world.platform.sip_port + 1
    assert invite.get("Via").startswith(f"SIP/2.0/TLS 127.0.0.1:{port}")
    assert f"127.0.0.1:{port};transport=tls" in invite.get("Contact")
    asked.ring()
    asked.answer()
    asked.expect_ack()
    response = out.established()
    assert f"127.0.0.1:{port};transport=tls" in response.get("Contact")
    via = response.get("Via")
    assert "240." not in via and "127.0.0.1" in via, via
    assert certificate.server_names == ["localhost"]
    assert callee.seen_tls == ["TLSv1.3"]
    world.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()
    assert callee.seen_tls == ["TLSv1.3"]       # one connection carried it all
    assert "240." not in world.platform.log_lines(msg="INVITE from")[-1]["msg"]


def test_a_sips_uri_goes_over_tls_with_a_sips_contact(tls_world, authority):
    world = tls_world
    callee = world.phone("tls", certificate=authority.certificate())
    world.answers(world.dial(callee,
                             uri=f"sips:bob@localhost:{callee.port}"))
    caller = world.phone("tls", certificate=authority.certificate())
    out = caller.call(sips(world), uri=f"sips:100@{sips(world)}")
    asked = callee.incoming()
    assert asked.request.uri.startswith("sips:bob@localhost:")
    assert "<sips:127.0.0.1:" in asked.request.get("Contact")
    asked.ring()
    asked.answer()
    asked.expect_ack()
    assert "<sips:127.0.0.1:" in out.established().get("Contact")
    asked.bye()
    out.expect_bye()


def test_the_dialects_default_transport_is_tls(tls_world, authority):
    world = tls_world
    callee = world.phone("tls", certificate=authority.certificate())
    world.passes(callee, uri=local(callee, ""))


def test_a_second_call_takes_the_same_connection_for_the_same_name_only(
        tls_world, authority):
    world = tls_world
    callee = world.phone("tls", certificate=authority.certificate())

    def one(uri):
        world.passes(callee, uri=uri)
        return len(callee.seen_tls)
    assert one(local(callee)) == 1
    assert one(local(callee)) == 1
    assert one(f"sip:bob@127.0.0.1:{callee.port};transport=tls") == 2
    assert one(local(callee)) == 2


# --- limits, restarts, shutdown -------------------------------------------------

def test_a_source_may_have_64_connections(tls_world):
    world = tls_world
    where = ("127.0.0.1", world.platform.sip_port + 1)
    links = [socket.create_connection(where, 5) for _ in range(64)]
    try:
        until(lambda: world.platform.metrics("sipgw").get(
            'vox_sip_tls_refused_total{reason="source"}', 0) > 0 or
            links.append(socket.create_connection(where, 5)), 5,
            "one too many is refused")
    finally:
        for link in links:
            link.close()


def test_a_handshake_that_never_comes_is_ended(tls_world):
    world = tls_world
    where = ("127.0.0.1", world.platform.sip_port + 1)
    with socket.create_connection(where, 5) as link:
        began = time.monotonic()
        link.settimeout(8)
        assert link.recv(100) == b""
        assert 3 < time.monotonic() - began < 7


def test_after_a_restart_bye_opens_a_new_verified_connection(tls_world,
                                                             authority):
    world = tls_world
    callee = world.phone("tls", certificate=authority.certificate())
    world.answers(world.dial(callee, uri=local(callee)))
    caller = world.phone()
    out = caller.call(world.platform.sip)
    asked = world.taken(callee, out)
    world.platform.kill("sipgw")
    out.bye()
    asked.expect_bye(15)
    assert callee.seen_tls == ["TLSv1.3", "TLSv1.3"]
    world.record()


def test_after_a_restart_bye_of_the_callee_comes_in_over_tls(tls_world,
                                                             authority):
    world = tls_world
    callee = world.phone("tls", certificate=authority.certificate())
    world.answers(world.dial(callee, uri=local(callee)))
    out = world.phone().call(world.platform.sip)
    asked = world.taken(callee, out)
    world.platform.kill("sipgw")
    callee.forget_links()
    asked.peer = ("127.0.0.1", world.platform.sip_port + 1)
    asked.bye()
    out.expect_bye(15)
    world.record()


def test_a_callee_over_tls_rings_on_through_a_restart(tls_world, authority):
    world = tls_world
    callee = world.phone("tls", certificate=authority.certificate())
    world.answers(world.dial(callee, uri=local(callee)))
    out = world.phone().call(world.platform.sip)
    asked = callee.incoming()
    asked.ring()
    out.established()
    world.callbacks("initiated", "ringing")
    world.platform.kill("sipgw")
    until(lambda: len(callee.seen_tls) == 2, 10, "the INVITE comes again")
    assert callee.invites() == 1
    # His old connection is gone: he answers where Via says.
    asked.peer = asked.request.peer = ("127.0.0.1",
                                       world.platform.sip_port + 1)
    asked.answer()
    asked.expect_ack()
    out.bye()
    asked.expect_bye()


def test_tls_below_1_2_is_refused(tls_world):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", sips(tls_world), "-tls1_1",
         "-cipher", "ALL:@SECLEVEL=0"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode != 0
    assert "alert protocol version" in done.stderr, done.stderr


def test_a_connection_that_is_lost_before_the_answer_ends_the_leg(
        tls_world, authority):
    world = tls_world
    callee = world.phone("tls", certificate=authority.certificate())
    world.answers(world.dial(callee, uri=local(callee), then="<Hangup/>"))
    out = world.phone().call(world.platform.sip)
    callee.incoming().ring()
    callee.close()
    world.callbacks("initiated", "ringing", "failed", seconds=10)
    world.over(out)
    failed = [m for m in world.record() if m["type"] == "failed"][0]
    assert failed["error"] == ERR_TLS, failed


def test_document_of_the_page_without_transport_needs_no_word(tls_world):
    """The page's own sample: SignalWire's default is TLS."""
    world = tls_world
    world.answers(document("<Response><Dial><Sip>sip:alice@127.0.0.1:"
                           f"{free_port()}</Sip></Dial><Hangup/></Response>"))
    out = world.phone().call(world.platform.sip)
    world.over(out)
    failed = [m for m in world.record() if m["type"] == "failed"][0]
    assert failed["error"] == ERR_TLS
