"""A phone's call: one dialog, from either side; see phone.py.

    out = caller.call(platform.sip)      # what Phone.call() and incoming() give
    out.expect(180)
    out.established()
    out.bye()
"""

import collections
import threading
import time
import uuid

from . import sip
from .rtp import Rtp


class Call:
    """One dialog, from either side."""

    def __init__(self, phone, call_id, peer):
        self.phone, self.call_id, self.peer = phone, call_id, peer
        self.rtp = Rtp(phone.host)
        self.tag = uuid.uuid4().hex[:10]
        self.inbound = False
        self.request = None       # the INVITE
        self.accepted = None      # the 2xx, when we called
        self.local = self.remote = ""
        self.target = ""
        self.routes = []
        self.number = 1           # our CSeq
        self.hops = "70"          # that our requests have left
        self.remote_media = None
        self.history = []         # (time, message)
        self._waiting = collections.deque()
        self._arrived = threading.Condition()
        self._answers = {}        # (cseq, branch) -> (status, phrase, …)
        self.answers = {}         # method -> what to do with a request of it

    # --- calling ------------------------------------------------------------
    def invite(self, user, sdp=True, headers=(), codecs=None, uri=None,
               from_header=None, branch=None, kind="application/sdp",
               hops="70"):
        self.branch = branch or sip.BRANCH + uuid.uuid4().hex
        self.hops = hops
        host, port = self.peer
        self.target = uri or f"sip:{user}@{host}:{port}"
        self.local = from_header or \
            f'"Story" <sip:{self.phone.user}@{self.phone.host}>'
        self.local += f";tag={self.tag}"
        self.remote = f"<{self.target}>"
        if sdp is True:
            sdp = sip.offer(self.rtp.port, codecs or ("0 PCMU", "8 PCMA"),
                            self.phone.host)
        more = list(headers)
        if sdp:
            more.append(("Content-Type", kind))
        self.request = self.make("INVITE", 1, self.branch, more,
                                  (sdp or "").encode())
        self.send_invite()

    def send_invite(self):
        self.phone.send(self.request, self.peer, ("INVITE", self.call_id))

    def make(self, method, number, branch, headers=(), body=b""):
        kind = self.phone.transport.upper()
        return sip.Message(
            f"{method} {self.target} SIP/2.0",
            [("Via", f"SIP/2.0/{kind} {self.phone.host}:{self.phone.port}"
              f";branch={branch};rport"), ("Max-Forwards", self.hops),
             *[("Route", route) for route in self.routes],
             ("From", self.local), ("To", self.remote),
             ("Call-ID", self.call_id), ("CSeq", f"{number} {method}"),
             ("Contact", f"<{self.phone.uri}>"), *headers], body)

    def cancel(self):
        message = self.make("CANCEL", 1, self.branch)
        message.headers = [(name, value) for name, value in message.headers
                           if name != "Contact"]
        self.phone.send(message, self.peer, ("CANCEL", self.call_id))

    def ack(self, sdp=None):
        """Acknowledges the 2xx; a second call is a second ACK."""
        headers = [("Content-Type", "application/sdp")] if sdp else []
        message = self.make("ACK", 1, sip.BRANCH + uuid.uuid4().hex, headers,
                             (sdp or "").encode())
        self.phone.send(message, self.next_hop())

    def next_hop(self):
        hop = sip.address(self.routes[0]) if self.routes else self.target
        return sip.host_port(hop) if self.accepted or self.inbound \
            else self.peer

    # --- being called --------------------------------------------------------
    def take_invite(self, message):
        self.inbound = True
        self.request = message
        self.history.append((time.monotonic(), message))
        self.phone.calls[self.call_id] = self
        self.local = message.get("To") + f";tag={self.tag}"
        self.remote = message.get("From")
        self.target = sip.address(message.get("Contact"))
        self.routes = message.all("Record-Route")
        if message.body:
            self.remote_media = sip.media_of(message.text)
        self._answers[message.cseq] = None
        self.phone.reply(message, 100, "Trying")

    def respond(self, status, phrase, headers=(), sdp=""):
        more = list(headers)
        if "Contact" not in dict(more):
            more.insert(0, ("Contact", f"<{self.phone.uri}>"))
        if sdp:
            more.append(("Content-Type", "application/sdp"))
        response = self.phone.reply(self.request, status, phrase, more,
                                    sdp.encode(), self.local)
        self._answers[self.request.cseq] = response
        if status >= 200:
            self.phone.send(response, self.request.peer, ("2xx", self.call_id))
        return response

    def fork(self, tag, status, phrase, headers=(), sdp="", other=None):
        """An answer as from another phone that a proxy has asked too."""
        more = [("Contact", f"<{(other or self.phone).uri}>"), *headers]
        if sdp:
            more.append(("Content-Type", "application/sdp"))
        return self.phone.reply(self.request, status, phrase, more,
                                sdp.encode(),
                                self.request.get("To") + f";tag={tag}")

    def ring(self, status=180, phrase="Ringing"):
        self.respond(status, phrase)

    def answer(self, codecs=("0 PCMU", "8 PCMA"), headers=(), sdp=None):
        self.respond(200, "OK", headers,
                     sdp or sip.offer(self.rtp.port, codecs, self.phone.host))

    def refuse(self, status=486, phrase="Busy Here", headers=()):
        self.respond(status, phrase, headers)

    # --- both ------------------------------------------------------------------
    def bye(self):
        self.number += 1
        message = self.make("BYE", self.number,
                             sip.BRANCH + uuid.uuid4().hex)
        self.phone.send(message, self.next_hop(), ("BYE", self.call_id))

    def challenge(self, status, phrase, headers):
        """Callee: asks for credentials; returns the next INVITE of the call."""
        take = self.take

        def other(message):
            if message.method == "INVITE" and message.cseq not in self._answers:
                again = Call(self.phone, self.call_id, message.peer)
                again.take_invite(message)
                self.phone.rang(again)
            else:
                take(message)
        self.take = other
        self.respond(status, phrase, headers)
        self.expect_ack()
        return self.phone.incoming()

    def take(self, message):
        """In the phone's thread: answers repeats, hands on what is new."""
        self.history.append((time.monotonic(), message))
        if message.is_response:
            self._take_response(message)
        elif message.method == "ACK":
            self.phone.settle(("2xx", self.call_id))
        elif message.cseq in self._answers:
            answer = self._answers[message.cseq]
            if answer:
                self.phone.send(answer, message.peer)
            return
        elif message.method == "CANCEL":
            self.phone.reply(message, 200, "OK", to=self.local)
        else:
            self._answers[message.cseq] = self.answers.get(
                message.method, self._answer_ok)(message)
        with self._arrived:
            self._waiting.append(message)
            self._arrived.notify_all()

    def _answer_ok(self, message):
        return self.phone.reply(message, 200, "OK")

    def reply(self, request, status, phrase, headers=(), sdp=""):
        """A response in the dialog; what 'answers' has for a method uses it."""
        more = [("Contact", f"<{self.phone.uri}>"), *headers]
        if sdp:
            more.append(("Content-Type", "application/sdp"))
        return self.phone.reply(request, status, phrase, more, sdp.encode(),
                                self.local)

    def ask(self, method, headers=(), body="", kind="application/sdp",
            number=None, repeat=True):
        """A request in the dialog, with the next CSeq if none is given."""
        if number is None:
            self.number += 1
            number = self.number
        more = list(headers)
        if body:
            more.append(("Content-Type", kind))
        message = self.make(method, number, sip.BRANCH + uuid.uuid4().hex,
                            more, body.encode())
        self.phone.send(message, self.next_hop(),
                        (method, self.call_id) if repeat else None)
        return message

    def acknowledge(self, response, sdp=""):
        """ACK for the 2xx to a re-INVITE."""
        message = self.make("ACK", response.cseq[0],
                            sip.BRANCH + uuid.uuid4().hex,
                            [("Content-Type", "application/sdp")]
                            if sdp else [], sdp.encode())
        self.phone.send(message, self.next_hop())

    def _take_response(self, message):
        method = message.cseq[1]
        if message.status >= 100:
            self.phone.settle((method, self.call_id))
        if method != "INVITE":
            return
        if self.inbound or self.accepted and message.cseq[0] != 1:
            if message.status >= 300:  # to a re-INVITE
                ack = self.make("ACK", message.cseq[0], message.branch)
                self.phone.send(ack, self.next_hop())
            return
        if message.status >= 200:
            self.remote = message.get("To")
        if 200 <= message.status < 300:
            self.accepted = message
            self.target = sip.address(message.get("Contact")) or self.target
            self.routes = message.all("Record-Route")[::-1]
            if message.body:
                self.remote_media = sip.media_of(message.text)
        elif message.status >= 300:
            ack = self.make("ACK", 1, self.branch)
            self.phone.send(ack, self.peer)

    def next(self, seconds=10):
        with self._arrived:
            if not self._arrived.wait_for(lambda: self._waiting, seconds):
                raise AssertionError(
                    f"nothing more came within {seconds} s after "
                    f"{[str(message) for _, message in self.history]}")
            return self._waiting.popleft()

    def expect(self, status, seconds=10, method="INVITE"):
        """The next response of that status; provisional others are passed."""
        deadline = time.monotonic() + seconds
        while True:
            message = self.next(max(0.01, deadline - time.monotonic()))
            if message.is_response and message.cseq[1] == method:
                if message.status == status:
                    return message
                assert message.status < 200, f"{message} instead of {status}"

    def final(self, method, seconds=10):
        """The next final response, whatever it is."""
        deadline = time.monotonic() + seconds
        while True:
            message = self.next(max(0.01, deadline - time.monotonic()))
            if message.status >= 200 and message.cseq[1] == method:
                return message

    def expect_request(self, method, seconds=10):
        deadline = time.monotonic() + seconds
        while True:
            message = self.next(max(0.01, deadline - time.monotonic()))
            if message.method == method:
                return message

    def expect_bye(self, seconds=10):
        return self.expect_request("BYE", seconds)

    def expect_bye_done(self, seconds=10):
        return self.expect(200, seconds, "BYE")

    def expect_ack(self, seconds=10):
        return self.expect_request("ACK", seconds)

    def canceled(self, seconds=10):
        """Callee: CANCEL came, and 487 is acknowledged."""
        self.expect_request("CANCEL", seconds)
        self.refuse(487, "Request Terminated")
        return self.expect_ack()

    def established(self, seconds=10):
        """Caller: 200 came and is acknowledged."""
        message = self.expect(200, seconds)
        self.ack()
        return message

    def got(self, method):
        return [message for _, message in self.history
                if message.method == method]

    def statuses(self):
        """Statuses of the INVITE's responses so far, without repeats."""
        found = []
        for _, message in self.history:
            if message.is_response and message.cseq[1] == "INVITE" and \
                    message.status not in found:
                found.append(message.status)
        return found
