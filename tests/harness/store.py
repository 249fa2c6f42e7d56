"""An S3-compatible store, of which just PUT is there: it checks who asks."""

import hashlib
import hmac
import http.server
import re
import threading


def _sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signature(secret, request, headers):
    """AWS Signature Version 4 of a request, from its own Authorization's words."""
    given = headers["Authorization"]
    day, region, service = re.search(
        r"Credential=[^/]+/(\d+)/([^/]+)/([^/]+)/aws4_request", given).groups()
    names = re.search(r"SignedHeaders=([^,]+)", given).group(1)
    lines = "".join(f"{name}:{headers[name].strip()}\n"
                    for name in names.split(";"))
    canonical = "\n".join([*request, "", lines, names,
                           headers["x-amz-content-sha256"]])
    key = ("AWS4" + secret).encode()
    for word in (day, region, service, "aws4_request"):
        key = _sign(key, word)
    return _sign(key, "\n".join([
        "AWS4-HMAC-SHA256", headers["X-Amz-Date"],
        f"{day}/{region}/{service}/aws4_request",
        hashlib.sha256(canonical.encode()).hexdigest()])).hex()


class Store:
    """Keeps what is put, by path; refuses the first 'refusals' PUTs."""

    def __init__(self, secret, refusals=0):
        self.kept = {}
        self.refusals = refusals
        store = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request."""
            protocol_version = "HTTP/1.1"

            def do_PUT(self):  # pylint: disable=invalid-name
                """The only one."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                wanted = signature(secret, ("PUT", self.path), self.headers)
                good = self.headers["Authorization"].endswith(wanted)
                status = 200 if good else 403
                if good and store.refusals:
                    store.refusals -= 1
                    status = 503
                if status == 200:
                    store.kept[self.path] = body
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):  # pylint: disable=arguments-differ
                """Not on the terminal."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                       Handler)
        threading.Thread(target=self._server.serve_forever,
                         daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
