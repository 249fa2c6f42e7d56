"""A SIP phone that does exactly as told, right or wrong.

    caller, callee = Phone(), Phone()
    call = caller.call(platform.sip, "100")
    asked = callee.incoming()
    asked.ring()
    call.expect(180)
    asked.answer()
    call.expect(200); call.ack()
    call.bye(); asked.expect_bye()

What UDP asks for (repeating what is not answered, answering repeats with the
same) it does by itself, in its own thread.
"""

import queue
import socket
import threading
import time
import uuid

from . import sip
from .dialog import Call
from .ports import free_port
from .secure import SecureLink

T1 = 0.5
GIVE_UP = 32.0


class Phone:
    def __init__(self, transport="udp", user="story", port=None, repeat=True,
                 host="127.0.0.1", certificate=None):
        self.transport = transport
        self.certificate = certificate  # for TLS
        self.user = user
        self.host = host
        self.port = port or free_port()
        self.repeat = repeat
        self.calls = {}
        self.seen = []              # (time, message) of everything received
        self._incoming = queue.Queue()
        self._repeats = {}          # key -> [due, interval, began, data, peer]
        self._lock = threading.RLock()
        self._links = {}            # TCP, TLS: peer -> socket
        self.seen_tls = []          # handshakes: a version, or what failed
        self._open = True
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self._socket = socket.socket(socket.AF_INET, kind)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, self.port))
        run = self._read_udp
        if transport != "udp":
            self._socket.listen(64)
            run = self._accept_tcp
        threading.Thread(target=run, daemon=True).start()
        threading.Thread(target=self._repeat, daemon=True).start()

    def close(self):
        self._open = False
        for call in list(self.calls.values()):
            call.rtp.close()
        for link in [self._socket, *self._links.values()]:
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            link.close()

    @property
    def uri(self):
        return f"sip:{self.user}@{self.host}:{self.port}" + \
            (f";transport={self.transport}" if self.transport != "udp" else "")

    # --- the wire ---------------------------------------------------------
    def _read_udp(self):
        while self._open:
            try:
                data, peer = self._socket.recvfrom(65535)
            except OSError:
                return
            self._take(data, peer)

    def _accept_tcp(self):
        while self._open:
            try:
                link, peer = self._socket.accept()
            except OSError:
                return
            self._links[peer] = link
            threading.Thread(target=self._read_tcp, args=(link, peer, True),
                             daemon=True).start()

    def _wrap(self, link, peer):
        """TLS: they called us."""
        try:
            link = SecureLink(link, self.certificate.server(),
                              server_side=True)
        except OSError as error:
            self.seen_tls.append(error)
            self._links.pop(peer, None)
            return None
        self.seen_tls.append(link.version)
        self._links[peer] = link
        return link

    def _connect(self, peer):
        link = socket.create_connection(peer, 5, (self.host, 0))
        link.settimeout(None)  # that was for connecting: it listens for ever
        if self.transport == "tls":
            link = SecureLink(link, self.certificate.client(),
                              server_hostname=peer[0])
        return link

    def _read_tcp(self, link, peer, accepted=False):
        buffer = b""
        if accepted and self.transport == "tls":
            link = self._wrap(link, peer)
            if not link:
                return
        while self._open:
            try:
                data = link.recv(65536)
            except OSError:
                return
            if not data:
                self._links.pop(peer, None)
                return
            messages, buffer = sip.split_stream(buffer + data)
            for message in messages:
                self._take(message, peer)

    def send_raw(self, data, peer):
        with self._lock:
            if self.transport == "udp":
                self._socket.sendto(data, peer)
                return
            link = self._links.get(peer)
            if not link:
                link = self._connect(peer)
                self._links[peer] = link
                threading.Thread(target=self._read_tcp, args=(link, peer),
                                 daemon=True).start()
            link.sendall(data)

    def send(self, message, peer, repeat_as=None):
        data = message.encode()
        if repeat_as and self.transport == "udp" and self.repeat:
            now = time.monotonic()
            with self._lock:
                self._repeats[repeat_as] = [now + T1, T1, now, data, peer]
        try:
            self.send_raw(data, peer)
        except ConnectionError:
            pass  # the port is closed while the other side restarts

    def settle(self, key):
        with self._lock:
            self._repeats.pop(key, None)

    def _repeat(self):
        while self._open:
            time.sleep(0.05)
            now = time.monotonic()
            with self._lock:
                for key, entry in list(self._repeats.items()):
                    due, interval, began, data, peer = entry
                    if now - began > GIVE_UP:
                        del self._repeats[key]
                    elif now >= due:
                        entry[1] = min(interval * 2, 4.0)
                        entry[0] = now + entry[1]
                        try:
                            self.send_raw(data, peer)
                        except OSError:
                            pass

    def forget_links(self):
        """TCP: the next message opens a connection anew."""
        with self._lock:
            self._links.clear()

    # --- messages ---------------------------------------------------------
    def _take(self, data, peer):
        if not data.strip():
            return
        message = sip.parse(data)
        message.peer = peer
        self.seen.append((time.monotonic(), message))
        call = self.calls.get(message.call_id)
        if call:
            call.take(message)
        elif message.method == "INVITE":
            call = Call(self, message.call_id, peer)
            call.take_invite(message)
            self._incoming.put(call)
        elif message.method and message.method != "ACK":
            self.reply(message, 481, "No such call")

    def reply(self, request, status, phrase, headers=(), body=b"", to=None):
        response = sip.Message(
            f"SIP/2.0 {status} {phrase}",
            [("Via", via) for via in request.all("Via")] +
            [("Record-Route", route) for route in request.all("Record-Route")] +
            [("From", request.get("From")), ("To", to or request.get("To")),
             ("Call-ID", request.call_id), ("CSeq", request.get("CSeq"))] +
            list(headers), body)
        self.send(response, request.peer)
        return response

    # --- what a story says -------------------------------------------------
    def call(self, where, user="100", **more):
        """Sends an INVITE; see Call.invite."""
        host, port = where.rsplit(":", 1)
        call = Call(self, more.pop("call_id", None) or
                    f"{uuid.uuid4().hex}@story", (host, int(port)))
        self.calls[call.call_id] = call
        call.invite(user, **more)
        return call

    def outside(self, where, method, headers=()):
        """A request that belongs to no dialog; its answers come to the Call."""
        host, port = where.rsplit(":", 1)
        call = Call(self, f"{uuid.uuid4().hex}@story", (host, int(port)))
        self.calls[call.call_id] = call
        call.target = f"sip:{where}"
        call.local, call.remote = "<sip:a@b>;tag=1", "<sip:b@b>"
        call.ask(method, headers)
        return call

    def incoming(self, seconds=10):
        """The next INVITE that comes in."""
        try:
            return self._incoming.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(
                f"no INVITE within {seconds} s; came: "
                f"{[str(message) for _, message in self.seen]}") from None

    def rang(self, call):
        """An INVITE has come: incoming() tells it."""
        self._incoming.put(call)

    def invites(self):
        """Distinct INVITEs that came in: retransmissions count once."""
        return len({message.branch for _, message in self.seen
                    if message.method == "INVITE"})
