"""What was found by trying to break it: each story failed once."""

import os
import subprocess
import tempfile

import pytest

from harness.platform import binary
from harness.ports import free_port, free_ports
from harness.wait import until


def second_platform(platform, folder, **settings):
    """voxctl up with everything of its own but for 'settings'."""
    sip_port = free_ports(2)
    own = {"data_dir": folder, "nats_url": f"nats://127.0.0.1:{free_port()}",
           "sip_port": sip_port, "sips_port": sip_port + 1,
           "api_port": free_port(), "admin_port": free_ports(8), **settings}
    return subprocess.run(
        [binary("voxctl"), "up"], capture_output=True, text=True, timeout=15,
        stdin=subprocess.DEVNULL, check=False, cwd=folder,
        env={**platform.environment, **{f"VOXBUS_{name.upper()}": str(value)
                                        for name, value in own.items()}})


@pytest.mark.parametrize("port", ["api_port", "sip_port", "admin_port"])
def test_a_second_platform_does_not_take_the_first_ones_answer_for_its_own(
        shared_platform, port):
    """It said that it was ready, while its apid died again and again."""
    taken = getattr(shared_platform, port)
    with tempfile.TemporaryDirectory() as folder:
        done = second_platform(shared_platform, folder, **{port: taken})
        assert not os.path.exists(os.path.join(folder, "nats-server.log"))
    assert done.returncode == 2, done
    assert not done.stdout
    assert f"VOXBUS_{port.upper()}" in done.stderr and \
        str(taken) in done.stderr and len(done.stderr.splitlines()) == 1


def test_lint_reads_no_more_than_a_document_may_have(shared_platform):
    """It read a file without an end for ever."""
    done = shared_platform.voxctl("lint", "/dev/zero", status=1, seconds=5)
    assert "11750" in done.stdout


def refused_line(platform, words):
    return [entry for entry in platform.log_lines(component="sipgw", msg=words)
            if entry["level"] == "info"]


def test_a_refused_stranger_leaves_a_line_and_a_flood_of_them_few(world):
    """At level info nothing told why a phone got 403."""
    words = "INVITE from 127.0.0.2 refused: 403 Forbidden"
    stranger = world.phone(host="127.0.0.2")
    before = len(refused_line(world.platform, words))
    for _ in range(20):
        stranger.call(world.platform.sip).expect(403)
    until(lambda: len(refused_line(world.platform, words)) > before, 5,
          "a line at level info")
    assert len(refused_line(world.platform, words)) - before < 20


def test_who_calls_may_be_a_telephone_number(world):
    """From and To with tel: URIs, as carriers send them, got 400."""
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip, from_header="<tel:+4930123>")
    asked = callee.incoming()
    assert "sip:+4930123@" in asked.request.get("From")
    asked.answer()
    out.established()
    asked.expect_ack()
    asked.bye()
    out.expect_bye()
    assert world.app.got("/voice")[0].params["From"] == "tel:+4930123"
    world.record()
