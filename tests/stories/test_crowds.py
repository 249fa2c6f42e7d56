"""Connections that ask for nothing, at a port of a daemon that runs."""

import socket
import time

import pytest

from harness.platform import DAEMONS

CROWD = 300
PATIENCE_SECONDS = 1.0
BEGUN = b"GET /readyz HTTP/1.1\r\n"


@pytest.mark.parametrize("port_of", [
    lambda platform: platform.api_port,
    lambda platform: platform.admin_port + DAEMONS.index("sipgw")],
    ids=["api", "admin"])
def test_half_open_connections_do_not_keep_others_waiting(shared_platform,
                                                          port_of):
    port = port_of(shared_platform)
    crowd = []
    try:
        for _ in range(CROWD):
            crowd.append(socket.create_connection(
                ("127.0.0.1", port), 5, source_address=("127.0.0.2", 0)))
            crowd[-1].sendall(BEGUN)
        began = time.monotonic()
        for _ in range(10):
            assert shared_platform.http_status(port, "/readyz") == 200
        assert time.monotonic() - began < PATIENCE_SECONDS
    finally:
        for stranger in crowd:
            stranger.close()
