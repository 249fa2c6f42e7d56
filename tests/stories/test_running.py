"""Starting, stopping, settings, and the command line."""

import json
import os
import subprocess

import pytest

from harness.app import document
from harness.platform import DAEMONS, Platform, binary, children
from harness.wait import until
from harness.world import World


@pytest.mark.parametrize("daemon", DAEMONS)
def test_help_names_every_setting_with_its_default(daemon):
    done = subprocess.run([binary(daemon), "--help"], capture_output=True,
                          text=True, timeout=10, check=False)
    assert done.returncode == 0
    assert "VOXBUS_NATS_URL" in done.stdout
    assert "nats://127.0.0.1:4222" in done.stdout


@pytest.mark.parametrize("daemon, variable, value", [
    ("sipgw", "VOXBUS_SIP_PORT", "99999"),
    ("sipgw", "VOXBUS_SIP_PORT", "sip"),
    ("sipgw", "VOXBUS_SIP_ALLOW", "127.0.0.0/99"),
    ("sipgw", "VOXBUS_DIALECT", "klingon"),
    ("interpreter", "VOXBUS_SHARDS", "0"),
    ("mediad", "VOXBUS_RTP_PORT_MIN", "-1"),
    ("fetcher", "VOXBUS_HTTP_ALLOW", "everything"),
    ("apid", "VOXBUS_API_PORT", "8080x")])
def test_a_wrong_setting_stops_the_start_with_one_line(daemon, variable,
                                                       value):
    done = subprocess.run([binary(daemon)], capture_output=True, text=True,
                          timeout=10, check=False,
                          env={"PATH": os.environ["PATH"], variable: value})
    assert done.returncode not in (0, -6, -11)
    lines = (done.stdout + done.stderr).strip().splitlines()
    assert len(lines) == 1, lines
    assert variable in lines[0] and value in lines[0]


def test_voxctl_up_stops_everything_within_five_seconds(session_app):
    platform = Platform(voice_url=session_app.url("/voice"))
    try:
        running = children(platform.pid)
        assert len(running) >= len(DAEMONS)
        ready = until(lambda: [
            line for line in platform.log_text().splitlines()
            if "ready" in line and not line.startswith("{")], 5, "it says so")
        assert len(ready) == 1 and str(platform.sip_port) in ready[0]
        status, seconds = platform.stop()
        assert status == 0
        assert seconds < 5
        assert not [pid for pid in running if os.path.exists(f"/proc/{pid}")]
    finally:
        platform.close()


def test_voxctl_up_stops_with_a_call_that_is_up(session_app, request):
    platform = Platform(voice_url=session_app.url("/voice"))
    world = World(request.node.name, session_app, platform)
    session_app.reset()
    try:
        caller, callee = world.phone(), world.phone()
        world.answers(world.dial(callee))
        world.connected(caller, callee)
        status, seconds = platform.stop()
        assert (status, seconds < 5) == (0, True)
    finally:
        world.close()
        platform.close()


def test_a_daemon_that_dies_is_restarted(shared_platform):
    before = shared_platform.pid_of("apid")
    shared_platform.kill("apid")
    assert shared_platform.pid_of("apid") != before


def test_health_readiness_and_metrics_of_each_daemon(shared_platform):
    for number, daemon in enumerate(DAEMONS):
        port = shared_platform.admin_port + number
        assert shared_platform.http_status(port, "/healthz") == 200, daemon
        assert shared_platform.http_status(port, "/readyz") == 200, daemon
        assert shared_platform.metrics(daemon), daemon


def finished_call(world):
    out, asked = world.up()
    asked.bye()
    out.expect_bye()
    world.callbacks("initiated", "ringing", "in-progress", "completed")
    world.record()
    return world.call_sid()


def test_an_exported_call_replays_identically(world, tmp_path):
    sid = finished_call(world)
    text = world.platform.voxctl("export", sid).stdout
    path = tmp_path / "call.jsonl"
    path.write_text(text)
    assert all(json.loads(line) for line in text.splitlines())
    world.platform.voxctl("replay", str(path))


def test_a_replay_with_another_document_shows_the_first_difference(
        world, tmp_path):
    sid = finished_call(world)
    text = world.platform.voxctl("export", sid).stdout
    assert "initiated ringing answered completed" in text
    path = tmp_path / "call.jsonl"
    path.write_text(text.replace("initiated ringing answered completed",
                                 "initiated answered completed"))
    done = world.platform.voxctl("replay", str(path), status=1)
    assert "ringing" in done.stdout + done.stderr


def test_a_replay_of_what_is_no_recording_says_so(world, tmp_path):
    path = tmp_path / "call.jsonl"
    for text in ("", "{}\n", "not json\n", '{"type":"incoming"}\n'):
        path.write_text(text)
        done = world.platform.voxctl("replay", str(path), status=None)
        assert done.returncode not in (0, -6, -11), text
        assert done.stderr.strip()
    done = world.platform.voxctl("replay", str(tmp_path), status=3)
    assert "Is a directory" in done.stderr


def test_the_raw_trace_is_the_record(world):
    sid = finished_call(world)
    bus = world.platform.nats()

    def same():
        raw = [json.loads(line) for line in world.platform.voxctl(
            "trace", "--raw", sid).stdout.splitlines()]
        kept = [message for _, _, _, message in bus.record(f"vox.*.*.{sid}")]
        return len(raw) == len(kept) and [m.get("id") or
                                          m["message"]["id"] for m in raw] == \
            [m["id"] for m in kept]
    until(same, 5, "voxctl trace --raw is complete and in order")


def test_the_trace_follows_a_call_until_its_end(world):
    out, asked = world.dialling()
    with subprocess.Popen(
            [binary("voxctl"), "trace", world.call_sid(), "--follow"],
            env=world.platform.environment, stdout=subprocess.PIPE,
            text=True) as follower:
        asked.ring()
        out.established()
        asked.answer()
        asked.bye()
        out.expect_bye()
        told = follower.communicate(timeout=20)[0]
    assert "INVITE" in told and "completed" in told


def test_lint_names_line_and_column(world, tmp_path):
    page = tmp_path / "page.xml"
    page.write_text('<Response>\n  <Dial timout="5">\n    <Sip>bob</Sip>\n'
                    "  </Dial>\n</Response>\n")
    done = world.platform.voxctl("lint", str(page), status=None)
    assert done.returncode != 0
    told = done.stdout + done.stderr
    assert ":2:" in told and "timout" in told and ":3:" in told
    page.write_text("<Response>\n  <Hangup/>\n</Response>\n")
    world.platform.voxctl("lint", str(page))
    world.app.on("/page", document(
        "<Response><Hangup/></Response>"))
    world.platform.voxctl("lint", world.app.url("/page"))


def test_unknown_commands_and_calls_are_refused(world):
    assert world.platform.voxctl("fly", status=None).returncode not in (0, -11)
    done = world.platform.voxctl("trace", "CA" + "1" * 32, status=None)
    assert done.returncode not in (0, -6, -11)
    done = world.platform.voxctl("trace", "../x", status=None)
    assert done.returncode not in (0, -6, -11)


def test_help_is_where_it_is_looked_for(world):
    """voxctl help trace, and what most people type instead."""
    page = world.platform.voxctl("help", "trace").stdout
    assert page.startswith("  voxctl trace CALLSID|last")
    for words in (("trace", "--help"), ("trace", "last", "-h")):
        assert world.platform.voxctl(*words).stdout == page
    assert "voxctl up" in world.platform.voxctl("up", "--help").stdout


def test_another_number_of_shards_is_refused(shared_platform):
    process = shared_platform.another("interpreter", shards=5, instance="in9",
                                      admin_port=0)
    assert process.wait(15) != 0
    assert "VOXBUS_SHARDS" in shared_platform.log_text()


def test_a_record_larger_than_the_disk_is_cut_and_told():
    platform = Platform(nats=True, record_mb=10485760)
    try:
        assert "no room for a record of 10485760 MiB" in platform.log_text()
    finally:
        platform.close()


def test_two_processes_do_not_share_a_name(shared_platform):
    process = shared_platform.another("fetcher", instance="fe0", admin_port=0)
    try:
        assert process.wait(30) != 0
    finally:
        if process.poll() is None:
            process.kill()
