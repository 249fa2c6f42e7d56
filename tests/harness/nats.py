"""A reader of the bus of its own, so that the platform does not vouch for itself."""

import json
import socket
import threading
import time
import uuid


class Nats:
    """One connection: subscriptions deliver to a callback in its own thread."""

    def __init__(self, url):
        host, port = url.removeprefix("nats://").rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), 5)
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self._lock = threading.Lock()
        self._heard = {}
        self._next = 0
        self.headers = {}
        assert self._file.readline().startswith(b"INFO ")
        self._send(b'CONNECT {"verbose":false,"pedantic":false,"headers":true,'
                   b'"no_responders":true,"name":"stories"}\r\nPING\r\n')
        assert self._file.readline().startswith(b"PONG")
        threading.Thread(target=self._read, daemon=True).start()

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()

    def _send(self, data):
        with self._lock:
            self._socket.sendall(data)

    def _read(self):
        try:
            for line in self._file:
                words = line.split()
                if words[0] == b"PING":
                    self._send(b"PONG\r\n")
                elif words[0] in (b"MSG", b"HMSG"):
                    self._message(words)
        except (OSError, ValueError):
            return

    def _message(self, words):
        headers = words[0] == b"HMSG"
        fixed = 2 if headers else 1
        subject, number = words[1].decode(), int(words[2])
        reply = words[3].decode() if len(words) == 4 + fixed else ""
        size = int(words[-1])
        data = self._file.read(size + 2)[:-2]
        self.headers = {}  # of the message that is being heard
        if headers:
            lines = data[:int(words[-2])].decode().split("\r\n")[1:]
            self.headers = {name: value.strip() for name, _, value in (
                line.partition(":") for line in lines) if name}
            data = data[int(words[-2]):]
        heard = self._heard.get(number)
        if heard:
            heard(subject, reply, data)

    def listen(self, subject, heard):
        self._next += 1
        self._heard[self._next] = heard
        self._send(f"SUB {subject} {self._next}\r\n".encode())
        return self._next

    def unlisten(self, number):
        self._heard.pop(number, None)
        self._send(f"UNSUB {number}\r\n".encode())

    def publish(self, subject, data, reply="", headers=()):
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        block = f"NATS/1.0\r\n{lines}\r\n".encode() if lines else b""
        sizes = f"{len(block)} {len(block + data)}" if lines else len(data)
        head = f"{'H' if lines else ''}PUB {subject} {reply} {sizes}\r\n"
        self._send(head.encode() + block + data + b"\r\n")

    def ask(self, subject, question=None, seconds=5):
        """One JSON question to the server, one JSON answer."""
        inbox, answer, arrived = f"_INBOX.{uuid.uuid4().hex}", [], \
            threading.Event()

        def heard(_subject, _reply, data):
            answer.append(data)
            arrived.set()
        number = self.listen(inbox, heard)
        self.publish(subject, json.dumps(question).encode() if question
                     else b"", inbox)
        came = arrived.wait(seconds)
        self.unlisten(number)
        assert came and answer[0], f"no answer on {subject}"
        return json.loads(answer[0])

    def stream_state(self, stream):
        return self.ask(f"$JS.API.STREAM.INFO.{stream}")["state"]

    def record(self, filter_subject, stream="VOX", seconds=10):
        """Everything that a stream holds on these subjects, in order.

        [(sequence, seconds since 1970, subject, message), ...]
        """
        found, lock, done = [], threading.Lock(), threading.Event()

        def heard(subject, reply, data):
            words = reply.split(".")
            if len(words) < 9:
                return
            with lock:
                found.append((int(words[5]), int(words[7]) / 1e9, subject,
                              json.loads(data)))
            if words[8] == "0":
                done.set()
        inbox = f"_INBOX.{uuid.uuid4().hex}"
        number = self.listen(inbox, heard)
        made = self.ask(f"$JS.API.CONSUMER.CREATE.{stream}", {
            "stream_name": stream,
            "config": {"deliver_policy": "all", "ack_policy": "none",
                       "replay_policy": "instant", "deliver_subject": inbox,
                       "filter_subject": filter_subject}})
        assert "error" not in made, made
        try:
            if made["num_pending"] or made["delivered"]["consumer_seq"]:
                deadline = time.monotonic() + seconds
                assert done.wait(max(0, deadline - time.monotonic())), \
                    f"{filter_subject}: the record came incompletely"
        finally:
            self.unlisten(number)
            self.ask(f"$JS.API.CONSUMER.DELETE.{stream}.{made['name']}")
        with lock:
            return sorted(found, key=lambda entry: entry[0])
