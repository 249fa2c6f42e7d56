"""Who sends to the ports of encrypted calls, and what becomes of them."""

import os
import re
import struct
import subprocess
import time

import pytest

from conftest import without_reports
from harness import folders
from harness.ports import free_port
from harness.sip import media_of, offer
from harness.srtp import SecureRtp
from harness.strangers import RATE, Media, Spray
from harness.wait import until

PROFILE = "SRTP_AEAD_AES_128_GCM"
# What SRTP and SRTCP look like, short ones, a DTLS hello and its beginning.
GARBAGE = tuple(
    [struct.pack("!BBHII", 0x80, 0, number, 7, 7) + os.urandom(170)
     for number in range(50)] +
    [struct.pack("!BBHI", 0x80, 200, 6, 7) + os.urandom(34), b"\x80\xc9\x00\x01",
     b"\x80\x00\x00\x01", b"\x90" + bytes(11), b"\x16\xfe\xfd" + bytes(60)])
HELLO = bytes.fromhex("16feff000000000000000000c8010000bc") + os.urandom(200)


@pytest.fixture
def media():
    made = Media(srtp_keys="always")
    yield made
    without_reports(made.close())


def counted(media, reason):
    return media.metric(f'rtp_packets_refused_total{{reason="{reason}"}}')


# --- keys in the SDP --------------------------------------------------------------
@pytest.fixture
def phones():
    made = [SecureRtp(), SecureRtp()]
    yield made
    for phone in made:
        phone.close()


def connected(media, call, phones):
    legs = media.open(call, **{
        name: offer(phone.port).replace("RTP/AVP", "RTP/SAVP") + phone.line()
        for name, phone in zip("ab", phones)})
    media.bridge(call)
    for phone, leg in zip(phones, legs):
        phone.take(leg["sdp"])
    return [media_of(leg["sdp"])[1] for leg in legs]


def hear_each_other(phones, ports, since):
    phones[0].speak(("127.0.0.1", ports[0]), 440)
    phones[1].speak(("127.0.0.1", ports[1]), 523)
    until(lambda: phones[0].hears(523, since=since) and
          phones[1].hears(440, since=since), 10, "both hear each other")


def test_garbage_ends_no_call_with_keys_and_nothing_of_it_is_heard(media,
                                                                   phones):
    ports = connected(media, "garbage", phones)
    hear_each_other(phones, ports, time.monotonic())
    sprays = [Spray(*ports, packets=GARBAGE),
              Spray(*ports, packets=GARBAGE, host="127.0.0.1")]
    try:
        hear_each_other(phones, ports, time.monotonic())
        time.sleep(1)
        hear_each_other(phones, ports, time.monotonic())
        assert not any(spray.received() for spray in sprays)
    finally:
        for spray in sprays:
            spray.close()
    assert not any(phone.refused for phone in phones)
    until(lambda: counted(media, "stranger") > RATE / 10, 5,
          "strangers are counted")


# --- DTLS ---------------------------------------------------------------------------
class Client:
    """openssl's: a certificate, and handshakes that it begins."""

    def __init__(self):
        self.folder = folders.make("dtls-client")
        self.key, self.certificate = (os.path.join(self.folder, name)
                                      for name in ("key", "certificate"))
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt",
                  "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key,
                  "-out", self.certificate, "-subj", "/CN=phone")
        self.print = self._run(
            "x509", "-in", self.certificate, "-noout", "-fingerprint",
            "-sha256").partition("=")[2].strip()

    @staticmethod
    def _run(*words, seconds=20):
        done = subprocess.run(["openssl", *words], capture_output=True,
                              text=True, check=False, timeout=seconds,
                              stdin=subprocess.DEVNULL)
        return done.stdout

    def offer(self, port, host="127.0.0.1", setup="actpass"):
        return offer(port, host=host).replace("RTP/AVP", "UDP/TLS/RTP/SAVP") + \
            f"a=fingerprint:sha-256 {self.print}\r\na=setup:{setup}\r\n"

    def handshake(self, port, own=0):
        """Held from our port 'own'; true: keys were agreed on."""
        text = self._run(
            "s_client", "-dtls1_2", "-connect", f"127.0.0.1:{port}", "-bind",
            f"127.0.0.1:{own}", "-use_srtp", PROFILE, "-cert",
            self.certificate, "-key", self.key)
        return f"SRTP Extension negotiated, profile={PROFILE}" in text


@pytest.fixture(scope="module")
def client():
    return Client()


def setup_of(leg):
    return re.search(r"(?m)^a=setup:(\w+)", leg["sdp"]).group(1)


def done(media):
    return media.metric('dtls_handshakes_total{result="done"}')


def test_behind_nat_a_handshake_is_held_with_where_the_sip_came_from(media,
                                                                     client):
    leg, = media.open("nat", source="127.0.0.1",
                      a=client.offer(4000, host="192.168.7.7"))
    assert setup_of(leg) == "passive", "they cannot be reached: they begin"
    assert client.handshake(media_of(leg["sdp"])[1])
    assert done(media) == 1


def test_whoever_can_be_reached_need_not_begin(media, client):
    leg, = media.open("open", source="127.0.0.1", a=client.offer(4000))
    assert setup_of(leg) == "active"


def test_strangers_hellos_are_not_answered_and_hold_nobody_up(media, client):
    own = free_port()
    leg, = media.open("hellos", a=client.offer(own, setup="active"))
    port = media_of(leg["sdp"])[1]
    spray = Spray(port, packets=(HELLO,))
    try:
        time.sleep(1)
        assert client.handshake(port, own)
        assert spray.answers() == 0
    finally:
        spray.close()
    assert done(media) == 1
    until(lambda: counted(media, "stranger") > RATE / 10, 5,
          "strangers are counted")


def test_a_burst_of_hellos_from_the_peers_own_host_is_bounded(media, client):
    leg, = media.open("burst", a=client.offer(free_port(), setup="active"))
    spray = Spray(media_of(leg["sdp"])[1], packets=(HELLO,), host="127.0.0.1")
    try:
        time.sleep(1)
        assert spray.answers() <= 50 * (1 + spray.seconds())
    finally:
        spray.close()
    until(lambda: counted(media, "rate") > RATE / 10, 5, "too many are counted")
