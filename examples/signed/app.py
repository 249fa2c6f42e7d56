#!/usr/bin/python3
"""A web application that answers to nobody but voxbus: others get 403.

    KEYS=<token>[,<next token>] examples/signed/app.py
"""

import http.server
import os

from verify import verify

KEYS = [key for key in os.environ.get("KEYS", "").split(",") if key]
HOST = os.environ.get("APP_HOST", "127.0.0.1")
PORT = int(os.environ.get("APP_PORT", "8090"))
DOCUMENT = b'<Response><Reject reason="busy"/></Response>\n'


class Application(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        genuine = verify(KEYS, self.headers.get("X-Voxbus-Signature"),
                         self.headers.get("X-Voxbus-Signed-Url"),
                         self.command, self.path, body)
        print(self.command, self.path.split("?")[0],
              "is signed" if genuine else "is refused", flush=True)
        document = DOCUMENT if genuine else b""
        self.send_response(200 if genuine else 403)
        self.send_header("Content-Type", "text/xml; charset=UTF-8")
        self.send_header("Content-Length", str(len(document)))
        self.end_headers()
        self.wfile.write(document)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    print(f"the application listens on http://{HOST}:{PORT}", flush=True)
    http.server.ThreadingHTTPServer((HOST, PORT), Application).serve_forever()
