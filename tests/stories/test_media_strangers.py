"""Who is neither caller nor callee, and sends to media ports all the same."""

import socket
import struct
import time

import pytest

from conftest import platform_with, world_of, without_reports
from harness.ports import free_port
from harness.rtp import Rtp
from harness.sip import media_of, offer
from harness.strangers import POISON, RATE, Media, Spray
from harness.wait import until

# One that says it is SRTP's, one that is a DTLS hello, one a STUN request.
GARBAGE = (struct.pack("!BBHII", 0x80, 0, 7, 7, 7) + b"\x55" * 170,
           b"\x16\xfe\xfd" + bytes(60), b"\x00\x01\x00\x00\x21\x12\xa4\x42" +
           bytes(12), b"\x80\xc9\x00\x01", b"\x80", b"")


@pytest.fixture
def media():
    made = Media(400)
    yield made
    without_reports(made.close())


class Poisoned(Rtp):
    """Counts what came from the stranger and not from the peer."""

    def poison(self):
        return sum(packet[4] == POISON for packet in list(self.packets))


@pytest.fixture
def phones():
    made = [Poisoned(), Poisoned()]
    yield made
    for phone in made:
        phone.close()


def connected(media, call, phones):
    legs = media.open(call, a=offer(phones[0].port), b=offer(phones[1].port))
    media.bridge(call)
    return [media_of(leg["sdp"])[1] for leg in legs]


def hear_each_other(phones, ports, since):
    def both():
        return (phones[0].hears(523, since=since) and
                phones[1].hears(440, since=since))
    phones[0].speak(("127.0.0.1", ports[0]), 440)
    phones[1].speak(("127.0.0.1", ports[1]), 523)
    until(both, 10, "both hear each other")


def test_a_spray_from_a_stranger_is_neither_heard_nor_answered(media, phones):
    call = "sprayed"
    ports = connected(media, call, phones)
    spray = Spray(*ports)  # before anybody else has spoken
    try:
        time.sleep(1)
        hear_each_other(phones, ports, time.monotonic())
        time.sleep(3.5)    # the window of learning ends in between
        hear_each_other(phones, ports, time.monotonic())
        assert sum(phone.poison() for phone in phones) <= 5
        assert spray.received() == 0
        assert spray.sent > 0.5 * RATE * 4
    finally:
        spray.close()
    refused = media.metric('rtp_packets_refused_total{reason="stranger"}')
    until(lambda: media.metric(
        'rtp_packets_refused_total{reason="stranger"}') > 10000, 5,
        f"strangers are counted: {refused}")


def test_garbage_of_every_kind_ends_no_call(media, phones):
    ports = connected(media, "garbage", phones)
    hear_each_other(phones, ports, time.monotonic())
    spray = Spray(*ports, *(port + 1 for port in ports), packets=GARBAGE)
    try:
        time.sleep(2)
        hear_each_other(phones, ports, time.monotonic())
        assert spray.received() == 0
    finally:
        spray.close()


def test_four_bytes_of_rtcp_are_refused(media, phones):
    ports = connected(media, "rtcp", phones)
    hear_each_other(phones, ports, time.monotonic())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        for data in (b"\x80\xc9\x00\x00", b"\x80\xc8\x00\xff", b"\x80"):
            one.sendto(data, ("127.0.0.1", ports[0] + 1))
    until(lambda: media.metric("rtcp_packets_refused_total") >= 3, 5,
          "refused")
    hear_each_other(phones, ports, time.monotonic())


def test_when_all_ports_are_taken_further_legs_are_refused_and_counted():
    media = Media(4)
    try:
        assert all("sdp" in leg for leg in media.open(
            "first", a=offer(free_port()), b=offer(free_port())))
        refused, = media.open("second", a=offer(free_port()))
        assert (refused["error"], refused["status"]) == (65003, 503)
        assert media.metric(
            'media_legs_refused_total{reason="ports"}') == 1
        assert media.metric("media_ports_free") == 0
    finally:
        media.close()


narrow = platform_with(rtp_ports=4)
world = world_of("narrow")


def test_a_caller_for_whom_there_is_no_port_hears_503(world):
    out, asked = world.up()
    late = world.phone().call(world.platform.sip)
    assert late.expect(503)
    metrics = world.platform.metrics("mediad")
    assert metrics["vox_media_ports_free"] == 0
    assert metrics['vox_media_legs_refused_total{reason="ports"}'] == 2
    world.hear_each_other(out, asked)
    asked.bye()
    asked.expect_bye_done()
    out.expect_bye()
