"""Recordings that the API pauses, goes on with, and ends."""

import array
import glob
import os
import wave

import pytest

from harness.api import Api, Sdk
from harness.app import NO_CONTENT, document
from harness.wait import holds, until

HEARD, SECRET = 1000, 1700
WINDOW_S = 0.02


def windows_of(world, sid):
    """What each 20 ms of the file have: hertz, or 0 for silence."""
    pattern = os.path.join(world.platform.folder, "**", f"{sid}.wav")
    until(lambda: glob.glob(pattern, recursive=True), 10, f"{sid}.wav")
    with wave.open(glob.glob(pattern, recursive=True)[0], "rb") as file:
        assert file.getnchannels() == 1
        size = int(file.getframerate() * WINDOW_S)
        samples = array.array("h", file.readframes(file.getnframes()))
    found = []
    for at in range(0, len(samples) - size + 1, size):
        part = samples[at:at + size]
        turns = sum((a < 0) != (b < 0) for a, b in zip(part, part[1:]))
        found.append(turns / WINDOW_S / 2 if max(map(abs, part)) > 1000 else 0)
    return found


def seconds_of(windows, hertz):
    return WINDOW_S * sum(abs(got - hertz) < 150 for got in windows)


def recorded(world):
    """A dialled call, of which the caller's side is recorded."""
    out, asked = world.up(record="true", recordingTrack="inbound")
    out.rtp.speak(out.remote_media, HEARD)
    until(lambda: world.said("record_started"), 10, "it is recorded")
    holds(lambda: True, 0.8, "something is said")
    return out, asked


def changed(world, times):
    until(lambda: len(world.said("record_changed")) == times, 5,
          "mediad has done it")


def is_kept_secret(out):
    """What is said meanwhile, and heard no longer when it is over."""
    out.rtp.speak(out.remote_media, SECRET)
    holds(lambda: True, 1.2, "a secret is said")
    out.rtp.speak(out.remote_media, HEARD)
    holds(lambda: True, 0.4, "and is over")


@pytest.mark.parametrize("name, behavior", [
    ("twilio", "skip"), ("signalwire", "silence")])
def test_a_client_pauses_a_recording_and_goes_on_with_it(
        world, name, behavior):
    out, asked = recorded(world)
    sdk = Sdk(name, world.platform)
    try:
        paused = sdk.good("record", sid=world.call_sid(),
                          recording="Twilio.CURRENT",
                          **{"with": {"status": "paused",
                                      "pauseBehavior": behavior}})
        sid = paused["sid"]
        assert (paused["status"], paused["callSid"]) == (
            "paused", world.call_sid())
        changed(world, 1)
        is_kept_secret(out)
        on = sdk.good("record", sid=world.call_sid(), recording=sid,
                      **{"with": {"status": "in-progress"}})
        assert (on["status"], on["sid"]) == ("in-progress", sid)
        changed(world, 2)
        holds(lambda: True, 0.8, "something is said")
        listed = sdk.good("recordings", sid=world.call_sid())
        assert [one["sid"] for one in listed] == [sid]
    finally:
        sdk.close()
    out.bye()
    asked.expect_bye()
    windows = windows_of(world, sid)
    assert seconds_of(windows, SECRET) == 0
    assert seconds_of(windows, HEARD) > 1
    gap = WINDOW_S * windows.count(0)
    assert gap > 1.4 if behavior == "silence" else gap < 0.7
    world.record()


def test_a_recording_that_is_not_paused_has_all_that_was_said(world):
    out, asked = recorded(world)
    is_kept_secret(out)
    out.bye()
    asked.expect_bye()
    sid = world.said("record_start")[0]["recording"]
    assert seconds_of(windows_of(world, sid), SECRET) > 0.8
    world.record()


def test_a_paused_recording_is_still_paused_after_mediads_death(hard_world):
    world = hard_world
    out, asked = recorded(world)
    path = f"/Calls/{world.call_sid()}/Recordings"
    api = Api(world.platform)
    paused = api.post(f"{path}/Twilio.CURRENT.json", {
        "Status": "paused", "PauseBehavior": "skip"}, 200)
    changed(world, 1)
    world.platform.kill("mediad")
    until(lambda: len(world.said("record_started")) == 2, 10, "it is back")
    is_kept_secret(out)
    api.post(f"{path}/{paused['sid']}.json", {"Status": "in-progress"}, 200)
    changed(world, 2)
    holds(lambda: True, 0.8, "something is said")
    out.bye()
    asked.expect_bye()
    windows = windows_of(world, paused["sid"])
    assert seconds_of(windows, SECRET) == 0
    assert seconds_of(windows, HEARD) > 1


def test_a_message_that_the_api_ends_is_told_to_its_action(world):
    world.app.on(world.path("message"), document("<Response/>"))
    world.app.on(world.path("recording"), NO_CONTENT)
    world.answers(f'<Response><Record action="{world.url("message")}" '
                  'playBeep="false"/></Response>')
    out = world.phone().call(world.platform.sip)
    out.established()
    out.rtp.speak(out.remote_media, HEARD)
    path = f"/Calls/{world.call_sid()}/Recordings"
    api = Api(world.platform)
    until(lambda: api.get(f"{path}.json")["recordings"], 10, "it records")
    for fields in {"Status": "over"}, {}, {"Status": "paused",
                                           "PauseBehavior": "mute"}:
        wrong = api.post(f"{path}/Twilio.CURRENT.json", fields, 400)
        assert (wrong["code"], wrong["status"]) == (20001, 400)
    wrong = api.post(f"{path}/RE{'0' * 32}.json", {"Status": "paused"}, 404)
    assert wrong["code"] == 20404
    stopped = api.post(f"{path}/Twilio.CURRENT.json",
                       {"Status": "stopped"}, 200)
    assert stopped["status"] == "stopped"
    request = world.app.wait_for(world.path("message"))
    assert request.params["RecordingSid"] == stopped["sid"]
    assert "Digits" not in request.params
    out.expect_bye()
    wrong = api.post(f"{path}/{stopped['sid']}.json", {"Status": "paused"}, 400)
    assert wrong["code"] == 21220
    world.record()
