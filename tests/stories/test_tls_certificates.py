"""SIP over TLS: whose certificate is taken, what is told of those that are
refused, and our own, by settings and files that change."""

import os
import re
import shutil
import socket
import threading
import time

import pytest

from conftest import platform_with, told, world_of
from harness.certificates import Authority, local
from harness.platform import Platform
from harness.ports import free_port
from harness.wait import until

ERR_CERTIFICATE, ERR_TLS = 64006, 64007

tls_platform = platform_with(nats=True, tls=True)
tls_world = world_of("tls_platform")


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
