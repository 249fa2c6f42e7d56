"""A TLS connection that one thread reads while others write.

OpenSSL's object is for one of them at a time; a socket of Python's does not see
to that.
"""

import select
import socket
import ssl
import threading


class SecureLink:
    def __init__(self, link, context, **more):
        link.settimeout(5)
        self._link = context.wrap_socket(link, **more)
        self._link.settimeout(0)
        self._lock = threading.Lock()
        self.version = self._link.version()

    def recv(self, size):
        while True:
            with self._lock:
                try:
                    return self._link.recv(size)
                except ssl.SSLWantReadError:
                    pass
                except ValueError as error:     # closed meanwhile
                    raise OSError(str(error)) from None
            self._wait(read=True)

    def sendall(self, data):
        while data:
            with self._lock:
                try:
                    data = data[self._link.send(data):]
                    continue
                except ssl.SSLWantWriteError:
                    pass
            self._wait(read=False)

    def _wait(self, read):
        try:
            select.select([self._link] if read else [],
                          [] if read else [self._link], [], 1)
        except ValueError as error:
            raise OSError(str(error)) from None

    def shutdown(self, how=socket.SHUT_RDWR):
        socket.socket.shutdown(self._link, how)

    def close(self):
        self._link.close()
