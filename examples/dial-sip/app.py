#!/usr/bin/python3
"""A web application for voxbus: connects each caller to one SIP phone.

    CALLEE='sip:alice@192.0.2.7;transport=udp' examples/dial-sip/app.py

voxbus asks /voice what to do with a call, tells /events about each step of the
callee's leg, and asks /after what to do once that leg is over. Everything that
is asked is printed. Python's standard library is all it needs.
"""

import http.server
import os
import sys
import urllib.parse
from xml.sax.saxutils import escape

CALLEE = os.environ.get("CALLEE", "sip:callee@127.0.0.1:5070;transport=udp")
HOST = os.environ.get("APP_HOST", "127.0.0.1")
PORT = int(os.environ.get("APP_PORT", "8090"))


def voice(_asked):
    """The first document of a call: ring the callee, tell us how it goes."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Dial timeout="20" action="/after">
    <Sip statusCallback="/events"
         statusCallbackEvent="initiated ringing answered completed">
      {escape(CALLEE)}
    </Sip>
  </Dial>
</Response>
"""


def after(_asked):
    """The document after the Dial: whatever came of it, we are done."""
    return "<Response><Hangup/></Response>\n"


def events(_asked):
    """A status callback: nothing to answer."""
    return None


PAGES = {"/voice": voice, "/after": after, "/events": events}
# What is worth printing of each request, in this order, where it is there.
SHOWN = ("CallSid", "CallStatus", "SequenceNumber", "From", "To", "CallDuration",
         "DialCallStatus", "DialSipResponseCode", "DialCallDuration")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def serve(self):
        path, _, query = self.path.partition("?")
        form = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = dict(urllib.parse.parse_qsl(query + "&" + form.decode(),
                                            keep_blank_values=True))
        words = [self.command, path]
        words += [f"{name}={asked[name]}" for name in SHOWN if name in asked]
        # In one piece: requests are served side by side, in threads.
        sys.stdout.write(" ".join(words) + "\n")
        sys.stdout.flush()
        page = PAGES.get(path)
        self.answer(page(asked) if page else None, 200 if page else 404)

    do_GET = do_POST = serve

    def answer(self, text, status):
        body = (text or "").encode()
        self.send_response(status if body or status != 200 else 204)
        if body:
            self.send_header("Content-Type", "text/xml; charset=UTF-8")
            self.send_header("Content-Length", str(len(body)))
        elif status != 200:
            self.send_header("Content-Length", "0")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer.daemon_threads = True
    with http.server.ThreadingHTTPServer((HOST, PORT), Handler) as server:
        print(f"the application listens on http://{HOST}:{PORT}, and connects "
              f"callers to {CALLEE}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
