"""What a story is told in: a platform, a web application, phones."""

import time

from .app import NO_CONTENT, document
from .contract import Contract
from .phone import Phone
from .wait import until

CONTRACT = Contract()
ALL_EVENTS = "initiated ringing answered completed"


class World:
    """One story's own corner: its application, its phones, its platform."""

    def __init__(self, name, app, platform):
        self.name, self.app, self.platform = name, app, platform
        self.phones = []
        self.page = f"/{name}/"

    def phone(self, transport="udp", **more):
        phone = Phone(transport, **more)
        self.phones.append(phone)
        return phone

    def url(self, page):
        """A page of this story alone: late callbacks of others do not count."""
        return self.app.url(self.page + page)

    def path(self, page):
        return self.page + page

    def answers(self, *documents):
        """What /voice answers: one document after the other."""
        self.app.on("/voice", *[text if not isinstance(text, str) else
                                document(text) for text in documents])

    def dial(self, phone, *, events=ALL_EVENTS, uri=None, then="", action=True,
             sip="", **attributes):
        """A document that dials the phone and reports to this story's pages."""
        for page in ("status", "action"):
            if not self.app.got(self.path(page)):
                self.app.on(self.path(page), NO_CONTENT if page == "status"
                            else document("<Response/>"))
        if action:
            attributes.setdefault("action", self.url("action"))
        words = "".join(f' {name}="{value}"'
                        for name, value in attributes.items())
        callback = f' statusCallback="{self.url("status")}"' \
            f' statusCallbackEvent="{events}"' if events else ""
        target = uri or f"{phone.uri.split(';')[0]};" \
            f"transport={phone.transport}"
        return f"<Response><Dial{words}><Sip{callback}{sip}>{target}</Sip>" \
            f"</Dial>{then}</Response>"

    def fork(self, *phones, events=ALL_EVENTS, sip=None, more="", **attributes):
        """A document that dials all these phones in one Dial.

        Phone number N reports to the page status-N; sip[N] are attributes of
        its <Sip> alone.
        """
        attributes.setdefault("action", self.url("action"))
        if not self.app.got(self.path("action")):
            self.app.on(self.path("action"), document("<Response/>"))
        nouns = ""
        for number, phone in enumerate(phones):
            self.app.on(self.path(f"status-{number}"), NO_CONTENT)
            nouns += f'<Sip statusCallback="{self.url(f"status-{number}")}"' \
                f' statusCallbackEvent="{events}"' \
                f'{(sip or {}).get(number, "")}>' \
                f'{phone.uri.split(";")[0]};transport={phone.transport}</Sip>'
        words = "".join(f' {name}="{value}"'
                        for name, value in attributes.items())
        return f"<Response><Dial{words}>{nouns}{more}</Dial></Response>"

    def fork_callbacks(self, number, *words):
        """As callbacks(), of phone 'number' of fork()."""
        return self.callbacks(*words, page=f"status-{number}")

    def screening(self, text, name="screen"):
        """A screening document; the attributes that ask for it."""
        self.app.on(self.path(name), text if not isinstance(text, str)
                    else document(text))
        return f' url="{self.url(name)}"'

    def call_sid(self):
        """The root CallSid of the call that asked for /voice first."""
        return self.app.wait_for("/voice").params["CallSid"]

    def record(self):
        """The call's messages, once it is over; each keeps to its table."""
        messages = self.platform.finished(self.call_sid())
        wrong = [line for message in messages
                 for line in CONTRACT.complaints(message)]
        assert not wrong, wrong
        return messages

    def said(self, kind):
        """The call's messages of that type so far."""
        return [message for message in self.platform.record(self.call_sid())
                if message["type"] == kind]

    def all_told(self):
        """Each webhook of the call has been tried once at least."""
        def untried():
            return {m["hook"] for m in self.said("post")} - \
                {m["hook"] for m in self.said("posted")}
        until(lambda: not untried(), 15,
              lambda: f"an attempt of each webhook; not of {untried()}")

    @staticmethod
    def moment(message):
        """When it was said, as time.monotonic() has it."""
        return time.monotonic() - (time.time() - message["time"] / 1000)

    def leg(self, record, number=1):
        """How a leg went, by the call's record: 0 the caller's, 1 the callee's."""
        closed = [message for message in record
                  if message["type"] == "call_closed"][0]
        return closed["legs"][number]

    def notes(self, record):
        return {message["code"] for message in record
                if message["type"] == "noted"}

    def callbacks(self, *words, seconds=15, page="status"):
        """The callbacks came with these CallStatus, numbered without a gap."""
        def came():
            return sorted(self.app.got(self.path(page)),
                          key=lambda r: int(r.params["SequenceNumber"]))

        def shown():
            return [(r.params["SequenceNumber"], r.params["CallStatus"])
                    for r in came()]
        wanted = [(str(n), word) for n, word in enumerate(words)]
        until(lambda: shown() == wanted, seconds,
              lambda: f"callbacks {wanted}; came: {shown()}")
        return came()

    def action(self, **wanted):
        """The action was asked for once, with these parameters."""
        request = self.app.wait_for(self.path("action"))
        got = {name: request.params.get(name) for name in wanted}
        assert got == wanted
        return request

    def dialling(self, **dialled):
        """Both ends of a call whose callee has its INVITE and said nothing yet.

        'dialled' is for the document's Dial.
        """
        callee = self.phone()
        self.answers(self.dial(callee, **dialled))
        out = self.phone().call(self.platform.sip)
        return out, callee.incoming()

    def ringing(self, **dialled):
        """Both ends of a call whose caller hears the callee ring."""
        out, asked = self.dialling(**dialled)
        asked.ring()
        out.established()
        return out, asked

    def begun(self, **dialled):
        """Both ends of a call whose caller is answered, its callee not yet."""
        out, asked = self.dialling(**dialled)
        out.established()
        return out, asked

    def finished(self, out, asked):
        """The caller hangs up; the call's record."""
        out.bye()
        asked.expect_bye()
        return self.record()

    def passes(self, callee, **dialled):
        """A whole call to that phone, which answers and hangs up."""
        self.answers(self.dial(callee, **dialled))
        return self.carried(callee)

    def carried(self, callee):
        """The same, by the document that /voice answers already."""
        out = self.phone().call(self.platform.sip)
        asked = self.taken(callee, out)
        asked.bye()
        out.expect_bye()
        return out, asked

    @staticmethod
    def taken(callee, out):
        """The callee answers that call, and it is up; the callee's end."""
        asked = callee.incoming()
        asked.answer()
        asked.expect_ack()
        out.established()
        return asked

    def up(self, **dialled):
        """Both ends of a call that is up, from a new phone to a new phone."""
        caller, callee = self.phone(), self.phone()
        self.answers(self.dial(callee, **dialled))
        return self.connected(caller, callee)

    def connected(self, caller, callee, to="100"):
        """Both ends of a call that is up."""
        out = caller.call(self.platform.sip, to)
        asked = callee.incoming()
        asked.ring()
        out.established()
        asked.answer()
        asked.expect_ack()
        sid = self.app.wait_for("/voice", SipCallId=out.call_id) \
            .params["CallSid"]
        until(lambda: any(message["type"] == "bridged" for message in
                          self.platform.record(sid)), 10, "both ends hear")
        return out, asked

    def over(self, out, seconds=20):
        """A call whose document ends at once: 200, and BYE after the ACK."""
        out.established(seconds)
        out.expect_bye(seconds)

    def hear_each_other(self, out, asked, seconds=10, since=0.0):
        """Each end speaks, each hears the other's tone."""
        out.rtp.speak(out.remote_media, 1000)
        asked.rtp.speak(asked.remote_media, 440)
        until(lambda: out.rtp.hears(440, since) and
              asked.rtp.hears(1000, since), seconds,
              lambda: f"tones; heard {out.rtp.heard(since)} and "
              f"{asked.rtp.heard(since)}")

    def close(self):
        for phone in self.phones:
            phone.close()
