"""What every daemon owes to its supervisor: names, hellos, faults of the bus.

Told with fetcher alone, since the runtime is the same in all six.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

import pytest

from conftest import without_reports
from harness.nats import Nats
from harness.platform import binary
from harness.ports import free_port
from harness.wait import until


class Bench:
    """A nats-server and some fetchers, each started and killed by hand."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="voxbus-runtime-")
        self.port, self.processes, self.server = free_port(), [], None

    def nats(self):
        self.server = subprocess.Popen(
            ["nats-server", "-js", "-a", "127.0.0.1", "-p", str(self.port),
             "-sd", os.path.join(self.folder, "js")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes.append(self.server)

    def nats_dies(self):
        self.server.kill()
        self.server.wait()

    def daemon(self, **settings):
        """Returns the process, with 'port' (admin) and 'log' (a path) on it."""
        port = free_port()
        log = os.path.join(self.folder, f"{port}.log")
        environment = {
            "PATH": os.environ["PATH"],
            "VOXBUS_NATS_URL": f"nats://127.0.0.1:{self.port}",
            "VOXBUS_DATA_DIR": os.path.join(self.folder, "data"),
            "VOXBUS_ADMIN_PORT": str(port),
            **{f"VOXBUS_{name.upper()}": str(value)
               for name, value in settings.items()}}
        with open(log, "w", encoding="utf-8") as file:
            process = subprocess.Popen([binary("fetcher")], env=environment,
                                       stderr=file)
        process.port, process.log = port, log
        self.processes.append(process)
        return process

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def state(process):
    """/readyz of a daemon; {} while it does not listen yet."""
    url = f"http://127.0.0.1:{process.port}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as answer:
        return json.load(answer)
    except OSError:
        return {}


def log_of(process):
    with open(process.log, encoding="utf-8") as file:
        return file.read()


def ready(process, seconds=5):
    return until(lambda: state(process).get("ready") and state(process),
                 seconds, lambda: f"{state(process)}\n{log_of(process)}")


@pytest.fixture
def bench():
    made = Bench()
    yield made
    logs = [log_of(process) for process in made.processes
            if hasattr(process, "log")]
    made.close()
    without_reports(*logs)


def instance(bench, name):
    nats = Nats(f"nats://127.0.0.1:{bench.port}")
    try:
        found = nats.record(f"$KV.leases.fetcher.{name}", stream="KV_leases")
        return found[-1][3]
    finally:
        nats.close()


def test_a_daemon_waits_for_nats_and_says_so_once(bench):
    process = bench.daemon()
    until(lambda: "waiting for nats-server" in log_of(process), 5,
          "the line")
    assert state(process)["reason"] == "nats-server is away"
    bench.nats()
    assert ready(process)["instance"] == "fe0"
    assert log_of(process).count("waiting for nats-server") == 1


def test_a_killed_daemon_gets_its_name_back_at_once(bench):
    bench.nats()
    first = bench.daemon()
    ready(first)
    other = bench.daemon()
    assert ready(other)["instance"] == "fe1"
    first.kill()
    first.wait()
    again = bench.daemon()
    before = state(other)["boot"]
    assert ready(again, 2)["instance"] == "fe0"
    assert state(other)["boot"] == before and state(other)["ready"]


def test_a_daemon_that_stops_cleanly_frees_its_name(bench):
    bench.nats()
    first = bench.daemon(instance="edge")
    ready(first)
    first.send_signal(signal.SIGTERM)
    assert first.wait(5) == 0
    second = bench.daemon(instance="edge")
    assert ready(second, 2)["instance"] == "edge"


def test_each_reconnect_is_a_hello(bench):
    bench.nats()
    process = bench.daemon()
    ready(process)
    assert instance(bench, "fe0")["hello"] == 1
    for hello in (2, 3):
        bench.nats_dies()
        until(lambda: not state(process)["ready"], 5, "not ready")
        bench.nats()
        ready(process)
        until(lambda want=hello: instance(bench, "fe0")["hello"] == want, 5,
              f"hello {hello}")
    assert process.poll() is None


def test_a_daemon_whose_name_was_taken_ends(bench):
    bench.nats()
    process = bench.daemon()
    ready(process)
    nats = Nats(f"nats://127.0.0.1:{bench.port}")
    taken = dict(instance(bench, "fe0"), boot="BTanother")
    nats.publish("$KV.leases.fetcher.fe0", json.dumps(taken).encode())
    assert process.wait(5) == 1
    assert "another process took the instance name" in log_of(process)
    nats.close()


def test_a_store_that_was_wiped_ends_the_daemon_and_the_next_one_starts(bench):
    bench.nats()
    process = bench.daemon()
    ready(process)
    bench.nats_dies()
    shutil.rmtree(os.path.join(bench.folder, "js"))
    bench.nats()
    assert process.wait(30) == 1
    assert ready(bench.daemon())["instance"] == "fe0"


def test_a_typing_error_in_a_variable_is_told(bench):
    process = bench.daemon(nats_ulr="nats://127.0.0.1:1", log_level="warn")
    until(lambda: "VOXBUS_NATS_ULR is no setting; did you mean "
          "VOXBUS_NATS_URL?" in log_of(process), 5, lambda: log_of(process))


def test_a_url_that_names_no_server_ends_the_start_without_its_password(bench):
    process = bench.daemon(nats_url="nats://me:s3cret@one:0")
    assert process.wait(5) == 2
    assert "VOXBUS_NATS_URL" in log_of(process)
    assert "s3cret" not in log_of(process)


def test_a_taken_admin_port_is_named(bench):
    first = bench.daemon()
    until(lambda: state(first), 5, "the admin port")
    second = bench.daemon(admin_port=first.port)
    assert second.wait(5) == 1
    assert "VOXBUS_ADMIN_PORT" in log_of(second)
    assert "Address already in use" in log_of(second)


def test_the_account_is_made_once_and_private(bench):
    bench.nats()
    for process in [bench.daemon() for _ in range(4)]:
        ready(process)
    path = os.path.join(bench.folder, "data", "account")
    assert os.stat(path).st_mode & 0o777 == 0o600
    # beside it, each fetcher's folder of sound files, and nothing left over
    assert sorted(os.listdir(os.path.dirname(path))) == \
        ["account"] + [f"sounds-fe{number}" for number in range(4)]
