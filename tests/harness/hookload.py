"""Many webhooks at once: an open-loop publisher, two receivers, what became of them."""

import collections
import json
import os
import signal
import socket
import subprocess
import threading
import time

from .bench import Bench, name_of, post
from .load import appserver_binary
from .ports import free_port
from .wait import until

NUMBERS = 4       # webhooks of a call, 0 to 3
APART = 0.5       # seconds between them
MORE = [{"name": name, "value": value} for name, value in {
    "AccountSid": "AC" + "1" * 32, "ApiVersion": "2010-04-01",
    "CallbackSource": "call-progress-events", "CallStatus": "in-progress",
    "Direction": "outbound-dial", "From": "sip:alice@198.51.100.7:5060",
    "ParentCallSid": "CA" + "0" * 32, "To": "sip:bob@198.51.100.9:5060",
    "Timestamp": "Sun, 22 Nov 2026 12:00:00 +0000"}.items()]


class Publisher(threading.Thread):
    """Puts messages on the record at their times, whatever becomes of them.

    What nats-server has not acknowledged is sent again after a reconnect, by
    the same Nats-Msg-Id, as the interpreter would.
    """

    def __init__(self, port, plan):
        super().__init__(daemon=True)
        self._port, self._plan = port, plan  # [(seconds, call, number, url)]
        self._open = collections.OrderedDict()
        self._socket, self._lock = None, threading.Lock()
        self.late = 0.0

    def run(self):
        began = time.monotonic()
        for at, call, number, url in self._plan:
            self.late = max(self.late, time.monotonic() - began - at)
            time.sleep(max(0, began + at - time.monotonic()))
            message = post(call, number, url)
            message["params"] += MORE
            data = json.dumps(message).encode()
            head = f"NATS/1.0\r\nNats-Msg-Id: {message['id']}\r\n\r\n"
            self._send(message["id"], b"HPUB vox.callbackd.any.%s a.%d.%s %d %d"
                       b"\r\n%s%s\r\n" % (
                           message["call_sid"].encode(), self._port,
                           message["id"].encode(), len(head),
                           len(head) + len(data), head.encode(), data))
        until(self._is_done, 60, lambda: f"{len(self._open)} are not stored")

    def _is_done(self):
        if self._open and not self._socket:
            self._connect()
        return not self._open

    def _send(self, name, text):
        with self._lock:
            self._open[name] = text
            connection = self._socket
        try:
            if connection:
                connection.sendall(text)
            else:
                self._connect()
        except OSError:
            self._socket = None

    def _connect(self):
        try:
            made = socket.create_connection(("127.0.0.1", self._port), 5)
        except OSError:
            return
        made.settimeout(None)
        with self._lock:
            again = list(self._open.values())
        threading.Thread(target=self._read, args=(made,), daemon=True).start()
        try:
            made.sendall(b'CONNECT {"verbose":false,"headers":true}\r\n'
                         b"SUB a.%d.* 1\r\n" % self._port + b"".join(again))
            self._socket = made
        except OSError:
            pass

    def _read(self, connection):
        try:
            with connection.makefile("rb") as file:
                for line in file:
                    if line.startswith(b"PING"):
                        connection.sendall(b"PONG\r\n")
                    elif line.startswith(b"MSG "):
                        words = line.split()
                        answer = json.loads(file.read(int(words[-1]) + 2))
                        if "seq" in answer:
                            with self._lock:
                                self._open.pop(words[1].decode().split(".")[2],
                                               None)
                    elif line.startswith(b"HMSG "):  # nobody is there yet
                        file.read(int(line.split()[-1]) + 2)
        except (OSError, ValueError):
            pass
        if self._socket is connection:
            self._socket = None


class Receiver:
    """The cheap web application; paused, it accepts and never answers."""

    def __init__(self, folder, name):
        self.port = free_port()
        self.log = os.path.join(folder, f"{name}.log")
        self.url = f"http://127.0.0.1:{self.port}/status"
        self._process = subprocess.Popen(
            [appserver_binary(), str(self.port), "-", self.log],
            stdin=subprocess.DEVNULL)

    def pause(self):
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self._process.send_signal(signal.SIGCONT)

    def close(self):
        self._process.kill()
        self._process.wait()

    def arrivals(self):
        """[(seconds since 1970, CallSid, number, token), ...]"""
        with open(self.log, encoding="utf-8") as file:
            lines = [line.split() for line in file]
        return [(int(words[0]) / 1e6, words[2], int(words[4]), words[6])
                for words in lines if len(words) == 7]


def plan(name, url, rate, seconds):
    """Calls of four webhooks each, 'rate' webhooks a second in all."""
    calls = int(rate * seconds / NUMBERS)
    return [(call * NUMBERS / rate + number * APART, f"{name}{call}", number,
             url) for call in range(calls) for number in range(NUMBERS)]


Ran = collections.namedtuple("Ran", "good bad waited late")


class HookLoad:
    def __init__(self, **settings):
        self.bench = Bench(hears=False)
        self.good = Receiver(self.bench.folder, "good")
        self.bad = Receiver(self.bench.folder, "bad")
        self._settings = settings
        self.start()

    def close(self):
        self.good.close()
        self.bad.close()
        self.bench.close()

    def start(self):
        self.callbackd = self.bench.daemon("callbackd", **self._settings)

    def kill_callbackd(self):
        self.callbackd.kill()
        self.callbackd.wait()
        self.start()

    def kill_nats(self):
        self.bench.server.kill()
        self.bench.server.wait()
        self.bench.nats.close()
        self.bench.start_server()

    def publish(self, wanted):
        """Starts it; join() ends when all is stored."""
        made = Publisher(self.bench.port, sorted(wanted))
        made.start()
        return made

    def run(self, rate, hanging_rate, seconds, *doing, stored, back):
        """Publishes to both, does these things in the middle of it, evenly, and
        lets 'bad' answer once all is published.

        'stored' and 'back': so many seconds until all is on the record, from
        the last of these things, and until nothing waits any more. Returns what
        was published, how many waited for 'bad', and how late it was published.
        """
        good = plan("good", self.good.url, rate, seconds)
        bad = plan("bad", self.bad.url, hanging_rate, seconds)
        self.bad.pause()
        published = self.publish(good + bad)
        for number, what in enumerate(doing):
            published.join(seconds / (len(doing) + 1))
            print(f"after {seconds * (number + 1) // (len(doing) + 1)} s: "
                  f"{what.__name__}", flush=True)
            what()
        published.join(stored)
        assert not published.is_alive()
        waited = self.bench.waiting()
        self.bad.go_on()
        self.wait_until_delivered(back)
        return Ran(good, bad, waited, published.late)

    def check(self, ran):
        """Each came, with its own number and one token, and is told so."""
        check_complete(ran.good, self.good.arrivals())
        check_complete(ran.bad, self.bad.arrivals())
        assert len(self.delivered()) == len(ran.good) + len(ran.bad)

    def memory(self, field="VmHWM"):
        """Bytes that callbackd has, at most so far."""
        with open(f"/proc/{self.callbackd.pid}/status",
                  encoding="utf-8") as file:
            for line in file:
                if line.startswith(field):
                    return int(line.split()[1]) * 1024
        return 0

    def cpu(self):
        """Seconds that callbackd has used."""
        with open(f"/proc/{self.callbackd.pid}/stat",
                  encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stored(self):
        """{(CallSid, number): seconds since 1970}, of what is on the record."""
        return {(message["call_sid"], message["sequence"]): at
                for _, at, _, message in self.bench.nats.record(
                    "vox.callbackd.>", seconds=60)}

    def delivered(self):
        """{(CallSid, number)} that the record tells as delivered."""
        return {(message["call_sid"], message["sequence"])
                for _, _, _, message in self.bench.nats.record(
                    "vox.apid.>", seconds=60)
                if message["type"] == "posted" and message["delivered"]}

    def wait_until_delivered(self, seconds):
        until(lambda: self.bench.waiting() == 0, seconds,
              lambda: f"{self.bench.waiting()} webhooks still wait")


def check_complete(wanted, arrivals):
    """Each came, with its own number and one token."""
    expected = {(name_of("CA", call), number): name_of("HK", call, number)
                for _, call, number, _ in wanted}
    tokens = collections.defaultdict(set)
    for _, call, number, token in arrivals:
        tokens[call, number].add(token)
    lost = set(expected) - set(tokens)
    assert not lost, f"{len(lost)} lost: {sorted(lost)[:5]}"
    changed = [key for key, found in tokens.items()
               if found != {expected.get(key)}]
    assert not changed, f"number or token is another: {changed[:5]}"


def check_order(arrivals):
    """First attempts of each call came in the order of their numbers."""
    calls = collections.defaultdict(list)
    for _, call, number, _ in sorted(arrivals):
        if number not in calls[call]:
            calls[call].append(number)
    wrong = {call: numbers for call, numbers in calls.items()
             if numbers != sorted(numbers)}
    assert not wrong, wrong


def delays(stored, arrivals):
    """Seconds from record to first arrival, sorted."""
    first = {}
    for at, call, number, _ in arrivals:
        first[call, number] = min(at, first.get((call, number), at))
    return sorted(at - stored[key] for key, at in first.items())
