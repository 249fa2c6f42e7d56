"""Web servers as nobody wants them: each does one thing wrong, to everybody.

    server = BadServer(drips)
    server.url("/voice")
    server.close()
"""

import gzip
import socket
import ssl
import struct
import threading

GOOD = b"<Response><Reject/></Response>"


class BadServer:
    """'act' is given each link, after the request was read (read=True)."""

    def __init__(self, act, certificate=None, read=True, backlog=64):
        self.act, self.read = act, read
        self.connections = self.requests = 0
        self._context = certificate.server() if certificate else None
        self._scheme = "https" if certificate else "http"
        self._over = threading.Event()
        self._links = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self.port = self._socket.getsockname()[1]
        if act:
            threading.Thread(target=self._accept, daemon=True).start()

    def url(self, path="/voice", scheme=None):
        return f"{scheme or self._scheme}://127.0.0.1:{self.port}{path}"

    def wait(self, seconds):
        """True once the server is closed: its acts end."""
        return self._over.wait(seconds)

    def close(self):
        self._over.set()
        self._socket.close()
        for link in self._links:
            link.close()

    def fill(self):
        """Of a server that accepts nothing: no further one gets through."""
        for _ in range(8):
            link = socket.socket()
            link.settimeout(0.3)
            self._links.append(link)
            try:
                link.connect(("127.0.0.1", self.port))
            except OSError:
                return self
        raise AssertionError("connections are still taken")

    def _accept(self):
        while True:
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(link,),
                             daemon=True).start()

    def _serve(self, link):
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self._context:
                link = self._context.wrap_socket(link, server_side=True)
            if not self.read or self._request(link):
                self.requests += 1
                self.act(self, link)
        except (OSError, ssl.SSLError):
            pass  # the platform has left
        finally:
            link.close()

    @staticmethod
    def _request(link):
        data = b""
        while b"\r\n\r\n" not in data:
            more = link.recv(65536)
            if not more:
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        while len(body) < length:
            body += link.recv(65536)
        return data


def answer(body=GOOD, status="200 OK", length=None, **headers):
    """The bytes of an answer; the connection is closed after it."""
    lines = [f"HTTP/1.1 {status}", "Connection: close",
             f"Content-Length: {len(body) if length is None else length}"]
    headers.setdefault("Content_Type", "text/xml")
    lines += [f"{name.replace('_', '-')}: {value}"
              for name, value in headers.items() if value]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def says(*answers):
    """One after the other, each server for itself; the last one for ever."""
    def act(server, link):
        link.sendall(answers[min(server.requests, len(answers)) - 1])
    return act


def hangs(server, _):
    server.wait(90)


def slow(seconds):
    def act(server, link):
        if not server.wait(seconds):
            link.sendall(answer())
    return act


def drips(server, link):
    for byte in answer():
        link.sendall(bytes([byte]))
        if server.wait(1):
            return


def endless_headers(_, link):
    link.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        link.sendall(b"X-More: and more and more and more\r\n" * 100)


def endless_body(_, link):
    link.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
                 b"Connection: close\r\n\r\n<Response>")
    while True:
        link.sendall(b"<!-- and more and more and more -->" * 100)


def closes_at_once(_, link):
    link.shutdown(socket.SHUT_RDWR)


def resets(_, link):
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))


def packed(times=1, size=20 << 20):
    """So many zeros, packed, and packed again."""
    body = b"<Response/>".ljust(size)
    for _ in range(times):
        body = gzip.compress(body, 6)
    return answer(body, Content_Encoding=", ".join(["gzip"] * times))
