"""A customer's web application that answers by script and remembers.

    app = AppServer()
    app.on("/voice", document("<Response><Hangup/></Response>"))
    app.on("/status", Answer(500), Answer(204))      # the last one repeats
    request = app.wait_for("/voice")                 # request.params["From"]
"""

import dataclasses
import http.server
import os
import socket
import threading
import time
import urllib.parse

from .platform import ROOT
from .wait import until


@dataclasses.dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    type: str = "text/xml; charset=UTF-8"
    headers: tuple = ()
    after: threading.Event = None  # answered only once this is set
    raw: bytes = None              # instead of all that: these bytes
    doing: object = None           # called with the request, before the answer


@dataclasses.dataclass
class Request:
    time: float        # monotonic seconds
    method: str
    path: str
    query: str
    params: dict       # form and query together
    order: list        # names of the parameters, as they came
    headers: dict      # lower-case names
    body: bytes


def document(xml, **more):
    return Answer(body=xml.encode(), **more)


def seed(name):
    """A document of tests/documents/seeds."""
    path = os.path.join(ROOT, "tests", "documents", "seeds", name + ".xml")
    with open(path, "rb") as file:
        return Answer(body=file.read())


NO_CONTENT = Answer(204, type="")


class AppServer:
    def __init__(self, port=0, host="127.0.0.1", certificate=None):
        self.requests = []
        self._scripts = {}
        self._lock = threading.Lock()
        outer = self

        class Handler(_Handler):
            app = outer

        self._server = _Server((host, port), Handler)
        self.port = self._server.server_address[1]
        self.base = f"http://{host}:{self.port}"
        if certificate:
            self._server.socket = certificate.server().wrap_socket(
                self._server.socket, server_side=True,
                do_handshake_on_connect=False)
            self.base = f"https://{host}:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,),
                         daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def url(self, path):
        return self.base + path

    def reset(self):
        with self._lock:
            self._scripts.clear()
            self.requests.clear()

    def on(self, path, *answers):
        """From now on 'path' is answered so, the last answer for ever."""
        with self._lock:
            self._scripts[path] = list(answers)

    def got(self, path=None, **params):
        """Requests so far to 'path' (a prefix ends in *) with these parameters."""
        with self._lock:
            requests = list(self.requests)

        def fits(request):
            if path and path.endswith("*"):
                if not request.path.startswith(path[:-1]):
                    return False
            elif path and request.path != path:
                return False
            return all(request.params.get(name) == value
                       for name, value in params.items())
        return [request for request in requests if fits(request)]

    def wait_for(self, path, seconds=10, count=1, **params):
        """The 'count'th such request."""
        def found():
            requests = self.got(path, **params)
            return requests[count - 1] if len(requests) >= count else None
        return until(found, seconds, lambda: (
            f"request number {count} to {path} {params or ''}; came: "
            + ", ".join(f"{r.method} {r.path} {r.params.get('CallStatus', '')}"
                        for r in self.got())))

    def answer_for(self, request):
        with self._lock:
            self.requests.append(request)
            script = self._scripts.get(request.path)
            if not script:
                return Answer(404, b"no script for this path", "text/plain")
            return script.pop(0) if len(script) > 1 else script[0]


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    app = None

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path, _, query = self.path.partition("?")
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
        if self.headers.get("Content-Type", "").startswith(
                "application/x-www-form-urlencoded"):
            pairs += urllib.parse.parse_qsl(body.decode(),
                                            keep_blank_values=True)
        request = Request(
            time.monotonic(), self.command, path, query, dict(pairs),
            [name for name, _ in pairs],
            {name.lower(): value for name, value in self.headers.items()},
            body)
        answer = self.app.answer_for(request)
        if answer.after:
            answer.after.wait(60)
        if answer.doing:
            answer.doing(request)
        self._say(answer)

    def _say(self, answer):
        try:
            if answer.raw is not None:
                self.connection.sendall(answer.raw)
                self.close_connection = True
                return
            self.send_response(answer.status)
            if answer.type:
                self.send_header("Content-Type", answer.type)
            for name, value in answer.headers:
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if answer.status != 204:
                self.wfile.write(answer.body)
        except OSError:
            self.close_connection = True  # the platform gave up waiting

    do_GET = do_POST = _serve

    def log_message(self, *_):
        pass
