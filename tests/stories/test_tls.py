"""SIP over TLS: calls with sound, and certificates that are refused."""

import os
import re
import shutil
import socket
import subprocess
import threading
import time

import pytest

from conftest import told, world_of
from harness.app import document
from harness.certificates import Authority
from harness.platform import Platform
from harness.ports import free_port
from harness.wait import until

ERR_CERTIFICATE, ERR_TLS = 64006, 64007


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture(scope="module")
def gateway_certificate(authority):
    return authority.certificate()


@pytest.fixture(scope="module")
def tls_platform(session_app, authority, gateway_certificate):
    platform = Platform(voice_url=session_app.url("/voice"), nats=True,
                        log_level="debug", tls_cert=gateway_certificate.path,
                        tls_key=gateway_certificate.key,
                        tls_ca=authority.path)
    yield platform
    platform.close()


tls_world = world_of("tls_platform")


def sips(world):
    return f"127.0.0.1:{world.platform.sip_port + 1}"


def local(phone, word=";transport=tls"):
    """The phone by the name that its certificate has."""
    return f"sip:{phone.user}@localhost:{phone.port}{word}"


def hear(one, other, hertz, other_hertz):
    until(lambda: one.hears(other_hertz) and other.hears(hertz), 10,
          lambda: f"both tones; heard {one.heard()}, {other.heard()}")


# --- calls ------------------------------------------------------------------

def test_tls_to_baresip_carries_sound_both_ways(tls_world, softphones,
                                                authority):
    world = tls_world
    callee = softphones("callee", 440, certificate=authority.certificate())
    caller = softphones("caller", 1000, answers=False)
    target = f"sip:callee@127.0.0.1:{callee.sip_port + 1};transport=tls"
    world.answers(world.dial(None, uri=target))
    caller.dial(f"sip:100@{world.platform.sip}")
    caller.wait_for("CALL_ESTABLISHED")
    callee.wait_for("CALL_ESTABLISHED")
    hear(caller, callee, 1000, 440)
    callee.hang_up()
    caller.wait_for("CALL_CLOSED")
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
    caller.dial(f"sip:100@{sips(world)};transport=tls")
    caller.wait_for("CALL_ESTABLISHED")
    callee.wait_for("CALL_ESTABLISHED")
    hear(caller, callee, 1000, 440)
    callee.hang_up()
    caller.wait_for("CALL_CLOSED")
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


# --- refusals -----------------------------------------------------------------

def refused(world, uri, error, words, callee=None):
    """The call to 'uri' fails within 5 s, for this reason, and is told so."""
    world.answers(world.dial(callee, uri=uri, then="<Hangup/>"))
    began = time.monotonic()
    out = world.phone().call(world.platform.sip)
    world.callbacks("initiated", "failed", seconds=5)
    assert time.monotonic() - began < 5
    world.over(out)
    record = world.record()
    failed = [m for m in record if m["type"] == "failed"][0]
    assert failed["error"] == error, failed
    assert re.search(words, failed["error_text"]), failed
    trace = " ".join(re.sub("[│├◄►┤●]", " ", world.platform.voxctl(
        "trace", world.call_sid()).stdout).split())
    assert re.search(words, trace), trace


def test_a_certificate_of_another_ca_is_refused(tls_world):
    world = tls_world
    other = Authority("Stranger CA")
    callee = world.phone("tls", certificate=other.certificate())
    refused(world, local(callee), ERR_CERTIFICATE,
            "signed by 'Stranger CA', which is not among our CAs", callee)
    until(lambda: callee.seen_tls, 5, "the callee is told why")
    assert "unknown ca" in str(callee.seen_tls[0]).lower()
    assert not callee.seen


def test_a_certificate_for_another_name_is_refused(tls_world, authority):
    world = tls_world
    callee = world.phone("tls", certificate=authority.certificate(
        "DNS:sip.example.com,IP:192.0.2.7"))
    refused(world, local(callee), ERR_CERTIFICATE,
            "certificate is for sip.example.com, 192.0.2.7, not for localhost",
            callee)
    assert not callee.seen


def test_an_address_that_the_certificate_does_not_name_is_refused(
        tls_world, authority):
    world = tls_world
    callee = world.phone("tls",
                         certificate=authority.certificate("DNS:localhost"))
    refused(world, f"sip:bob@127.0.0.1:{callee.port};transport=tls",
            ERR_CERTIFICATE, "is for localhost, not for 127.0.0.1", callee)
    assert not callee.seen


def test_an_expired_certificate_is_refused(tls_world, authority):
    world = tls_world
    callee = world.phone("tls", certificate=authority.certificate(
        begins=-30, ends=-1))
    refused(world, local(callee), ERR_CERTIFICATE,
            r"certificate expired on \d\d\d\d-\d\d-\d\d", callee)
    assert not callee.seen


def test_a_certificate_of_tomorrow_is_refused(tls_world, authority):
    world = tls_world
    callee = world.phone("tls", certificate=authority.certificate(begins=1))
    refused(world, local(callee), ERR_CERTIFICATE,
            r"certificate is not valid before \d\d\d\d-\d\d-\d\d", callee)
    assert not callee.seen


def test_a_refused_connection_is_told(tls_world):
    refused(tls_world, f"sip:bob@127.0.0.1:{free_port()};transport=tls",
            ERR_TLS, "Connection refused")


def test_a_callee_who_asks_for_a_certificate_gets_ours(tls_world, authority):
    world = tls_world
    certificate = authority.certificate()
    certificate.asks = authority
    callee = world.phone("tls", certificate=certificate)
    world.passes(callee, uri=local(callee))


def test_a_callee_who_refuses_our_certificate_is_told(tls_world, authority):
    world = tls_world
    certificate = authority.certificate()
    certificate.asks = Authority("Stranger CA")
    callee = world.phone("tls", certificate=certificate)
    refused(world, local(callee), ERR_TLS,
            "the other side refused the TLS handshake: .*unknown ca", callee)


class Dumb:
    """A TCP server that answers a connection with 'words', or with nothing."""

    def __init__(self, words=b"", close=False):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.data = b""
        self._words, self._close = words, close
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(link,),
                             daemon=True).start()

    def _one(self, link):
        with link:
            while True:
                try:
                    data = link.recv(4096)
                    self.data += data
                    if self._words:
                        link.sendall(self._words)
                except OSError:
                    return
                if not data or self._close:
                    return

    def close(self):
        self._socket.close()


@pytest.fixture
def dumb(opened):
    return lambda *words, **more: opened(Dumb(*words, **more))


def test_a_port_without_tls_is_told(tls_world, dumb):
    server = dumb(b"SIP/2.0 400 Bad Request\r\n\r\n")
    refused(tls_world, f"sip:bob@127.0.0.1:{server.port};transport=tls",
            ERR_TLS, "no TLS there")
    assert b"INVITE" not in server.data


def test_a_server_that_hangs_is_told_within_five_seconds(tls_world, dumb):
    server = dumb()
    refused(tls_world, f"sip:bob@127.0.0.1:{server.port};transport=tls",
            ERR_TLS, "no answer to the TLS handshake in 3500 ms")
    assert b"INVITE" not in server.data


def test_a_server_that_closes_is_told(tls_world, dumb):
    server = dumb(close=True)
    refused(tls_world, f"sip:bob@127.0.0.1:{server.port};transport=tls",
            ERR_TLS, "closed the connection|Connection reset")


# --- settings ---------------------------------------------------------------

@pytest.fixture
def another_world(request, session_app):
    """A platform with settings of its own."""
    worlds = []

    def make(**settings):
        platform = Platform(voice_url=session_app.url("/voice"), nats=True,
                            log_level="debug", **settings)
        made = told(request.node.name, session_app, platform, request.node)
        worlds.append((made, platform))
        return next(made)
    yield make
    for made, platform in worlds:
        next(made, None)
        platform.close()


def test_tls_verify_no_takes_any_certificate(another_world):
    world = another_world(tls_verify="no")
    callee = world.phone("tls", certificate=Authority("Stranger CA")
                         .certificate("DNS:elsewhere.example", -30, -1))
    world.answers(world.dial(callee, uri=local(callee)))
    out = world.phone().call(world.platform.sip)
    asked = world.taken(callee, out)
    out.bye()
    asked.expect_bye()
    assert world.platform.log_lines(msg="not verified")


def test_an_account_may_take_any_certificate_and_others_do_not(tls_world):
    world = tls_world
    callee = world.phone("tls", certificate=Authority("Stranger CA")
                         .certificate("DNS:elsewhere.example", -30, -1))
    # Its first call tells the account.
    refused(world, local(callee), ERR_CERTIFICATE, "Stranger CA|expired",
            callee)
    account = world.app.got("/voice")[0].params["AccountSid"]

    def set_to(value):
        world.platform.voxctl("config", "set", "account", account,
                              f"tls_unverified={value}")
    set_to("true")
    try:
        world.answers(world.dial(callee, uri=local(callee), then="<Hangup/>"))
        out = world.phone().call(world.platform.sip)
        asked = world.taken(callee, out)
        set_to("false")
        out.bye()
        asked.expect_bye()      # over the connection that carries the call
        out = world.phone().call(world.platform.sip)
        world.over(out)
        assert callee.invites() == 1    # that one is not good for others
    finally:
        set_to("false")


def test_without_a_certificate_nobody_listens_on_the_tls_port(another_world):
    world = another_world()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", world.platform.sip_port + 1), 2)


def test_a_bad_certificate_file_is_refused_at_the_start(authority):
    good = authority.certificate()
    other = authority.certificate()
    for settings, words in (
            ({"tls_cert": "/nowhere.pem", "tls_key": good.key},
             "VOXBUS_TLS_CERT=/nowhere.pem: "),
            ({"tls_cert": good.path, "tls_key": other.key},
             "VOXBUS_TLS_KEY=.*: key values mismatch"),
            ({"tls_ca": good.key}, "VOXBUS_TLS_CA=")):
        with pytest.raises(AssertionError) as caught:
            Platform(nats=True, **settings).close()
        assert re.search(words, str(caught.value)), caught.value


def test_changed_certificate_files_are_read_and_bad_ones_are_not(
        tls_world, authority, gateway_certificate):
    world = tls_world
    keep = gateway_certificate.path + ".keep"
    shutil.copy(gateway_certificate.path, keep)
    probe = authority.certificate()

    def serial():
        with socket.create_connection(
                ("127.0.0.1", world.platform.sip_port + 1), 5) as link:
            with probe.client().wrap_socket(
                    link, server_hostname="localhost") as secure:
                return secure.getpeercert()["serialNumber"]
    before = serial()
    with open(gateway_certificate.path, "w", encoding="utf-8") as file:
        file.write("no certificate\n")
    until(lambda: serial() == before and world.platform.log_lines(
        level="error", msg="what was read before goes on"), 5, "a complaint")
    os.replace(keep, gateway_certificate.path)
    until(lambda: serial() == before and world.platform.log_lines(
        msg="changed files were read"), 5, "the file is read")


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
