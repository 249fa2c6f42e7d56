"""A recording's file: through a crash, on a full disk, in a store, by the API."""

import base64
import glob
import io
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from conftest import told, world_of
from harness import sound
from harness.api import Api
from harness.app import NO_CONTENT
from harness.platform import Platform
from harness.store import Store
from harness.wait import until

ERR_WRITE = 65009
SECRET = "a secret of forty letters, more or less"
DISK_KB = 100


def record(world, *statuses):
    """A call that is recorded, and that tells of it: both of its ends."""
    world.app.on(world.path("recording"), NO_CONTENT)
    out, asked = world.up(record="record-from-answer-dual",
                          recordingStatusCallback=world.url("recording"),
                          recordingStatusCallbackEvent=" ".join(statuses))
    out.rtp.speak(out.remote_media, 1000)
    asked.rtp.speak(asked.remote_media, 440)
    return out, asked


def callbacks(world, count, seconds=15):
    until(lambda: len(world.app.got(world.path("recording"))) >= count,
          seconds, "recording callbacks")
    return [request.params for request in world.app.got(world.path("recording"))]


def files(platform, suffix):
    return glob.glob(os.path.join(platform.folder, "data", "recordings",
                                  f"RE*{suffix}"))


def seconds_of(data):
    """How long the sound is that a player finds in these bytes."""
    samples, rate = sound.read_wav(io.BytesIO(data))
    return len(samples) / rate


def recorded(platform, seconds):
    """So much sound is in the file; its path, while the recording goes on."""
    until(lambda: files(platform, ".wav.part") and
          seconds_of(read(files(platform, ".wav.part")[-1])) > seconds, 20,
          f"{seconds} s of sound")
    return files(platform, ".wav.part")[-1]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def heard_at(samples, rate, hertz):
    got, level = sound.measure(samples, rate)
    assert got == pytest.approx(hertz, rel=0.01), got
    assert level > 0.1


# --- a crash -------------------------------------------------------------------------

own_world = world_of("own_platform")


def test_mediad_killed_while_it_records_loses_less_than_a_second(own_world):
    platform = own_world.platform
    out, asked = record(own_world, "completed")
    began = time.monotonic()
    path = recorded(platform, 2)
    before = platform.pid_of("mediad")
    platform.kill("mediad")
    lasted = time.monotonic() - began
    left = read(path)
    assert seconds_of(left) > lasted - 1.0
    platform.wait_for_restart("mediad", before)
    until(lambda: seconds_of(read(path)) > seconds_of(left) + 1, 20,
          "the recording goes on")
    out.bye()
    asked.expect_bye()
    last = callbacks(own_world, 1)[-1]
    assert last["RecordingStatus"] == "completed"
    whole = read(path.removesuffix(".part"))
    assert whole[44:len(left) // 4 * 4] == left[44:len(left) // 4 * 4]
    assert float(last["RecordingDuration"]) == pytest.approx(
        seconds_of(whole), abs=1)
    samples, rate = sound.read_wav(io.BytesIO(whole))
    heard_at(samples, rate, 1000)


def test_a_recorded_legs_last_callback_outlives_mediads_death(own_world):
    """It waits for how the recording ended, which the next mediad tells."""
    platform = own_world.platform
    out, asked = record(own_world, "completed")
    recorded(platform, 1)
    platform.kill("mediad")
    asked.bye()
    out.expect_bye()
    last = own_world.callbacks("initiated", "ringing", "in-progress",
                               "completed")[-1].params
    ended = callbacks(own_world, 1)[-1]
    assert ended["RecordingStatus"] == "completed"
    for name in ("RecordingSid", "RecordingUrl", "RecordingDuration"):
        assert last[name] == ended[name]
    assert int(last["RecordingDuration"]) >= 1
    own_world.record()


# --- the API -------------------------------------------------------------------------

def fetch(url, user, token):
    request = urllib.request.Request(url)
    secret = base64.b64encode(f"{user}:{token}".encode()).decode()
    request.add_header("Authorization", f"Basic {secret}")
    with urllib.request.urlopen(request, timeout=15) as answer:
        return answer.read(), answer.headers["Content-Type"]


def test_recording_url_is_the_sound_for_whoever_has_the_token(world):
    out, asked = record(world, "completed")
    recorded(world.platform, 1)
    asked.bye()
    out.expect_bye()
    last = callbacks(world, 1)[-1]
    api = Api(world.platform)
    data, kind = fetch(last["RecordingUrl"], api.sid, api.token)
    assert kind == "audio/wav"
    samples, rate = sound.read_wav(io.BytesIO(data))
    heard_at(samples, rate, 1000)
    shown = api.get(f"/Recordings/{last['RecordingSid']}.json")
    assert shown["status"] == "completed" and shown["channels"] == 2
    assert shown["call_sid"] == last["CallSid"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(last["RecordingUrl"], api.sid, "no such token")
    assert refused.value.code == 401
    world.record()


# --- a full disk ---------------------------------------------------------------------

@pytest.fixture
def full_disk_world(request, session_app):
    """Recordings lie on a disk that holds some seconds of them."""
    platform = Platform(voice_url=session_app.url("/voice"), log_level="debug")
    folder = os.path.join(platform.folder, "data", "recordings")
    os.makedirs(folder, exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_KB}k", "none",
                       folder], check=False, capture_output=True).returncode:
        platform.close()
        pytest.skip("file systems may not be mounted here")
    try:
        yield from told(request.node.name, session_app, platform, request.node)
    finally:
        platform.close()
        subprocess.run(["umount", "-l", folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def test_a_full_disk_ends_the_recording_and_not_the_call(full_disk_world):
    world = full_disk_world
    out, asked = record(world, "in-progress", "completed", "absent", "failed")
    said = callbacks(world, 2)[-1]
    assert said["RecordingStatus"] in ("completed", "failed", "absent")
    since = time.monotonic()
    until(lambda: out.rtp.hears(440, since) and asked.rtp.hears(1000, since),
          10, "the call goes on")
    kept = files(world.platform, ".wav")
    assert kept and seconds_of(read(kept[0])) > 1
    out.bye()
    asked.expect_bye()
    assert str(ERR_WRITE) in str(world.notes(world.record()))


# --- a store -------------------------------------------------------------------------

@pytest.fixture
def store():
    made = Store(SECRET, refusals=1)
    yield made
    made.close()


@pytest.fixture
def store_world(request, session_app, store):  # pylint: disable=redefined-outer-name
    platform = Platform(voice_url=session_app.url("/voice"), log_level="debug",
                        record_store_url=store.url("/bucket/calls"),
                        record_store_key="AKIDEXAMPLE",
                        record_store_region="eu-central-1",
                        record_store_secret=SECRET)
    yield from told(request.node.name, session_app, platform, request.node)
    platform.close()


def test_a_recording_is_brought_to_the_store_of_ones_own(store_world, store):
    out, asked = record(store_world, "completed")
    recorded(store_world.platform, 1)
    asked.bye()
    out.expect_bye()
    last = callbacks(store_world, 1)[-1]
    path = f"/bucket/calls/{last['RecordingSid']}.wav"
    assert last["RecordingUrl"] == store.url(path)
    legs = store_world.callbacks("initiated", "ringing", "in-progress",
                                 "completed")[-1]
    for request in (legs, store_world.action()):
        assert request.params["RecordingUrl"] == store.url(path)
    until(lambda: path in store.kept, 10, "the file in the store")
    samples, rate = sound.read_wav(io.BytesIO(store.kept[path]))
    heard_at(samples, rate, 1000)
    until(lambda: not files(store_world.platform, ".wav"), 5, "an empty spool")
    assert SECRET not in store_world.platform.log_text()


def test_what_a_dead_mediad_did_not_bring_to_the_store_the_next_one_does(
        store_world, store):
    platform = store_world.platform
    store.refusals = 3
    out, asked = record(store_world, "completed")
    recorded(platform, 1)
    asked.bye()
    out.expect_bye()
    until(lambda: store.refusals < 3, 10, "a refusal")
    platform.kill("mediad")
    last = callbacks(store_world, 1, 20)[-1]
    path = f"/bucket/calls/{last['RecordingSid']}.wav"
    assert last["RecordingStatus"] == "completed"
    assert last["RecordingUrl"] == store.url(path)
    assert path in store.kept
    until(lambda: platform.metrics("mediad")["vox_recordings_to_store"] == 0,
          5, "nothing waits")
