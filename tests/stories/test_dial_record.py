"""<Dial record="...">: what is recorded, and who is told of it."""

import base64
import glob
import os
import urllib.request
import wave

import pytest

from harness import sound
from harness.api import account_of
from harness.app import NO_CONTENT
from harness.wait import holds, until

EVENTS = "in-progress completed absent"


def asks(world, **more):
    """The attributes that ask for every callback."""
    world.app.on(world.path("recording"), NO_CONTENT)
    return dict(recordingStatusCallback=world.url("recording"),
                recordingStatusCallbackMethod="GET",
                recordingStatusCallbackEvent=EVENTS, **more)


def told(world, *statuses):
    """The callbacks came, in this order; the last one's parameters."""
    def came():
        return [request.params["RecordingStatus"]
                for request in world.app.got(world.path("recording"))]
    until(lambda: came() == list(statuses), 10,
          lambda: f"callbacks {statuses}; came: {came()}")
    requests = world.app.got(world.path("recording"))
    assert {request.method for request in requests} == {"GET"}
    return requests[-1].params


def file_of(world, sid):
    """The recording's file, once it is there."""
    pattern = os.path.join(world.platform.folder, "**", f"{sid}.wav")
    until(lambda: glob.glob(pattern, recursive=True), 5, f"{sid}.wav")
    return glob.glob(pattern, recursive=True)[0]


def channels_of(path):
    with wave.open(path, "rb") as file:
        return file.getnchannels(), file.getnframes() / file.getframerate()


@pytest.mark.parametrize("record, channels, track", [
    ("true", 1, "both"), ("record-from-answer", 1, "inbound"),
    ("record-from-ringing", 1, "outbound"),
    ("record-from-answer-dual", 2, "both"),
    ("record-from-ringing-dual", 2, "both")])
def test_record_keeps_the_dialled_call_and_tells_of_it(
        world, record, channels, track):
    out, asked = world.up(record=record, recordingTrack=track, **asks(world))
    world.hear_each_other(out, asked)
    asked.bye()
    out.expect_bye()
    last = told(world, "in-progress", "completed")
    assert last["CallSid"] == world.call_sid() and last["AccountSid"]
    assert last["RecordingSource"] == "DialVerb"
    assert last["RecordingTrack"] == track
    assert last["RecordingChannels"] == str(channels)
    assert int(last["RecordingDuration"]) >= 0
    sid = last["RecordingSid"]
    assert sid.startswith("RE") and sid in last["RecordingUrl"]
    told_url = world.action(DialCallStatus="completed").params["RecordingUrl"]
    assert told_url == last["RecordingUrl"]
    found, seconds = channels_of(file_of(world, sid))
    assert found == channels and seconds > 0.1
    world.record()


def test_record_from_ringing_begins_before_the_answer(world):
    out, asked = world.ringing(record="record-from-ringing", **asks(world))
    told(world, "in-progress")
    holds(lambda: not asked.got("CANCEL"), 0.6, "it rings")
    asked.answer()
    asked.expect_ack()
    world.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()
    last = told(world, "in-progress", "completed")
    samples, rate = sound.read_wav(file_of(world, last["RecordingSid"]))
    assert len(samples) / rate > 0.6
    world.record()


def test_who_has_not_subscribed_is_told_the_end_alone(world):
    world.app.on(world.path("recording"), NO_CONTENT)
    out, asked = world.up(record="true", recordingStatusCallback=(
        world.url("recording")))
    world.hear_each_other(out, asked)
    asked.bye()
    out.expect_bye()
    world.record()
    last = world.app.wait_for(world.path("recording"),
                              RecordingStatus="completed")
    assert world.app.got(world.path("recording")) == [last]
    assert last.method == "POST"


@pytest.mark.parametrize("trim, least, most", [
    ("trim-silence", 0.8, 1.8), ("do-not-trim", 2.2, 9)])
def test_trim_says_whether_the_silence_at_the_ends_is_kept(
        world, trim, least, most):
    out, asked = world.up(record="true", trim=trim, **asks(world))
    until(lambda: world.said("record_started"), 10, "it records")
    out.rtp.speak(out.remote_media, 1000)
    holds(lambda: True, 1.0, "the caller speaks")
    out.rtp.be_silent()
    holds(lambda: True, 1.5, "nobody speaks")
    asked.bye()
    out.expect_bye()
    last = told(world, "in-progress", "completed")
    _, seconds = channels_of(file_of(world, last["RecordingSid"]))
    assert least < seconds < most
    assert abs(int(last["RecordingDuration"]) - seconds) <= 1
    world.record()


def test_a_silent_call_that_is_trimmed_leaves_no_recording(world):
    out, asked = world.up(record="true", trim="trim-silence", **asks(world))
    out.bye()
    asked.expect_bye()
    last = told(world, "in-progress", "absent")
    assert "RecordingUrl" not in last
    world.record()


def test_recording_url_leads_to_the_sound(world):
    out, asked = world.up(record="true", **asks(world))
    world.hear_each_other(out, asked)
    asked.bye()
    out.expect_bye()
    url = told(world, "in-progress", "completed")["RecordingUrl"]
    assert url.startswith("http://")
    secret = base64.b64encode(":".join(account_of(world.platform)).encode())
    request = urllib.request.Request(url, headers={
        "Authorization": f"Basic {secret.decode()}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.read(4) == b"RIFF"
    world.record()
