"""Who is neither caller nor callee, and sends to media ports all the same."""

import re
import socket
import struct
import threading
import time

import pytest

from conftest import SANITIZER, platform_with, world_of
from harness.bench import Bench, command, name_of
from harness.ports import free_port, free_rtp_ports
from harness.rtp import Rtp
from harness.sip import media_of, offer
from harness.wait import until

STRANGER = "127.0.0.66"
RATE = 10000
POISON = b"\xee" * 160
# One that says it is SRTP's, one that is a DTLS hello, one a STUN request.
GARBAGE = (struct.pack("!BBHII", 0x80, 0, 7, 7, 7) + b"\x55" * 170,
           b"\x16\xfe\xfd" + bytes(60), b"\x00\x01\x00\x00\x21\x12\xa4\x42" +
           bytes(12), b"\x80\xc9\x00\x01", b"\x80", b"")


class Media:
    """mediad alone with the bus; the story is the interpreter."""

    def __init__(self, ports):
        self.bench = Bench()
        first = free_rtp_ports(ports)
        self.process = self.bench.daemon(
            "mediad", rtp_port_min=first, rtp_port_max=first + ports - 1,
            media_threads=2)
        self.numbers = 0

    def say(self, kind, outcome, call, **fields):
        self.numbers += 1
        message = command(kind, call, self.numbers, **fields)
        message.pop("leg")
        before = len(self.bench.said(outcome))
        self.bench.put("mediad", message)
        until(lambda: len(self.bench.said(outcome)) > before, 10, outcome)
        return [m for m in self.bench.said(outcome)
                if m["call_sid"] == message["call_sid"]][-1]

    def open(self, call, **roles):
        """One leg for each name: the SDP that it answers."""
        return self.say("leg_open", "leg_opened", call, legs=[
            {"leg": name_of("CA", call, name), "role": "answer",
             "remote": text} for name, text in roles.items()])["legs"]

    def bridge(self, call):
        assert "error" not in self.say(
            "bridge", "bridged", call, a=name_of("CA", call, "a"),
            b=name_of("CA", call, "b"))

    def metric(self, name):
        with socket.create_connection(("127.0.0.1", self.process.admin)) as one:
            one.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            text = b"".join(iter(lambda: one.recv(65536), b"")).decode()
        return sum(float(value) for value in re.findall(
            rf"^vox_{re.escape(name)} (\S+)$", text, re.M))

    def close(self):
        log = self.bench.log(self.process)
        self.bench.close()
        assert not SANITIZER.search(log), log[-3000:]


@pytest.fixture
def media():
    made = Media(400)
    yield made
    made.close()


class Spray:
    """Ten packets each millisecond, to all the ports that are named."""

    def __init__(self, *ports, packets=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((STRANGER, 0))
        self.socket.setblocking(False)
        self.ports, self.packets, self.sent = ports, packets, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _packet(self):
        if self.packets:
            return self.packets[self.sent % len(self.packets)]
        # Each SSRC goes on in order, so that it could be believed.
        return struct.pack("!BBHII", 0x80, 0, self.sent & 0xffff,
                           self.sent * 160 & 0xffffffff, 0x666) + POISON

    def _run(self):
        began = time.monotonic()
        while not self._stop.wait(0.001):
            due = (time.monotonic() - began) * RATE
            while self.sent < due and not self._stop.is_set():
                port = self.ports[self.sent % len(self.ports)]
                try:
                    self.socket.sendto(self._packet(), ("127.0.0.1", port))
                except OSError:
                    pass
                self.sent += 1

    def received(self):
        try:
            return len(self.socket.recv(2048))
        except BlockingIOError:
            return 0

    def close(self):
        self._stop.set()
        self._thread.join()
        self.socket.close()


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
