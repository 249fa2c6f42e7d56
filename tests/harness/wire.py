"""What passes on the loopback interface, with the kernel's time of each packet.

Times calls from outside: from the INVITE that goes into the platform to the one
that comes out, and how much of that the application's document took. Calls are
told apart by the user that they call, which the application dials again.
"""

import re
import socket
import struct
import threading

ETH_ALL = 0x0003
OUTGOING = 4
SO_TIMESTAMPNS = 35
USER = re.compile(rb"(c\d+x\d+)")


class Wire:
    def __init__(self, sip_port, app_port):
        self.invite_in, self.invite_out = {}, {}
        self.asked, self.answered = {}, {}
        self._sip, self._app = sip_port, app_port
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                     socket.htons(ETH_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.bind(("lo", ETH_ALL))
        self._socket.settimeout(0.2)
        self._open = True
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self):
        self._open = False
        self._thread.join()
        self._socket.close()

    def _read(self):
        while self._open:
            try:
                data, extra, _, source = self._socket.recvmsg(65535, 64)
            except TimeoutError:
                continue
            if source[2] == OUTGOING or len(data) < 28 or data[0] >> 4 != 4:
                continue  # each packet on lo is seen twice
            seconds, nanos = struct.unpack("qq", extra[0][2][:16])
            self._take(data, seconds + nanos / 1e9)

    def _take(self, data, when):
        head = (data[0] & 15) * 4
        from_port, to_port = struct.unpack("!HH", data[head:head + 4])
        if data[9] == 17 and self._sip in (from_port, to_port):
            body = data[head + 8:]
            if body.startswith(b"INVITE "):
                self._note(self.invite_in if to_port == self._sip
                           else self.invite_out, body, when)
        elif data[9] == 6 and self._app in (from_port, to_port):
            body = data[head + (data[head + 12] >> 4) * 4:]
            if to_port == self._app and b"CallStatus=ringing" in body and \
                    b"SequenceNumber" not in body:
                self._note(self.asked, body, when)
            elif from_port == self._app and b"<Sip " in body:
                self._note(self.answered, body, when)

    @staticmethod
    def _note(times, body, when):
        found = USER.search(body)
        if found:
            times.setdefault(found.group(1), when)

    def delays(self):
        """[(added delay, of that the fetch)] in ms, one for each call."""
        return [((self.invite_out[user] - self.invite_in[user]) * 1e3,
                 (self.answered[user] - self.asked[user]) * 1e3)
                for user in self.invite_in
                if user in self.invite_out and user in self.asked and
                user in self.answered]


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] \
        if ordered else float("nan")
