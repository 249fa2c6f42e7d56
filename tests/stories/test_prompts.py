"""What a phone hears of 'play': files, speech, pauses, keys; told over the bus."""

import ctypes
import math
import stat
import struct
import subprocess
import threading
import time

import pytest
from harness.app import Answer
from harness.mediaroom import MediaRoom
from harness.sound import tone, write_wav
from harness.wait import until

WAV = "audio/wav"
KINDS = {  # name: (Content-Type, ending, sox's words)
    "wav": (WAV, "wav", []),
    "wav-44100-stereo": ("audio/x-wav", "wav", ["-r", "44100", "-c", "2"]),
    "flac": ("audio/flac", "flac", ["-r", "22050"]),
    "ogg": ("audio/ogg", "ogg", ["-r", "44100"]),
    "aiff": ("audio/aiff", "aiff", ["-r", "16000"]),
    "mulaw": ("audio/ulaw", "ul", []),
    "gsm": ("audio/gsm", "gsm", []),
}


@pytest.fixture(scope="module")
def room():
    room = MediaRoom()
    yield room
    room.close()


@pytest.fixture
def leg(room):
    leg = room.leg()
    yield leg
    leg.close()


@pytest.fixture
def app(session_app):
    session_app.reset()
    return session_app


def sound(tmp_path, hertz=440, seconds=1.0, level=0.25):
    path = str(tmp_path / f"{hertz}-{seconds}.wav")
    write_wav(path, tone(hertz, seconds, level))
    with open(path, "rb") as file:
        return file.read()


def write_mp3(path, samples):
    """By libsndfile: sox writes no MP3 here."""
    class Info(ctypes.Structure):
        _fields_ = [("frames", ctypes.c_int64)] + [
            (name, ctypes.c_int) for name in
            ("rate", "channels", "format", "sections", "seekable")]
    library = ctypes.CDLL("libsndfile.so.1")
    library.sf_open.restype = ctypes.c_void_p
    info = Info(rate=8000, channels=1, format=0x230000 | 0x0082)
    handle = ctypes.c_void_p(library.sf_open(path.encode(), 0x20,
                                             ctypes.byref(info)))
    assert handle, "libsndfile writes no MP3"
    data = (ctypes.c_short * len(samples))(*samples)
    library.sf_write_short(handle, data, ctypes.c_int64(len(samples)))
    library.sf_close(handle)


def file(url, **more):
    return {"kind": "file", "url": url, **more}


def level_db(got, level=0.25):
    return 20 * math.log10(got * math.sqrt(2) / level)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_any_kind_is_heard_at_its_pitch_and_level(
        leg, app, tmp_path, kind):
    content_type, ending, words = KINDS[kind]
    path = str(tmp_path / f"tone.{ending}")
    write_wav(str(tmp_path / "in.wav"), tone(440, 1.0, 0.25))
    subprocess.run(["sox", str(tmp_path / "in.wav"), *words, path],
                   check=True)
    with open(path, "rb") as file_:
        app.on("/tone", Answer(body=file_.read(), type=content_type))
    played = leg.played(leg.play(file(app.url("/tone"))))
    assert (played["end"], played["items"]) == ("done", 1)
    assert 990 <= played["total_ms"] <= 1080
    hertz, level = leg.rtp.heard()
    assert abs(hertz - 440) < 4.4
    assert abs(level_db(level)) < 1
    assert app.got("/tone")[0].params == {}


def test_an_mp3_is_heard(leg, app, tmp_path):
    path = str(tmp_path / "tone.mp3")
    write_mp3(path, tone(440, 1.0, 0.25))
    with open(path, "rb") as file_:
        app.on("/tone", Answer(body=file_.read(), type="audio/mpeg"))
    played = leg.played(leg.play(file(app.url("/tone"))))
    assert played["end"] == "done"
    hertz, level = leg.rtp.heard()
    assert abs(hertz - 440) < 4.4
    assert abs(level_db(level)) < 1


def test_a_file_is_looped_and_a_pause_lies_behind_it(leg, app, tmp_path):
    app.on("/tone", Answer(body=sound(tmp_path, seconds=0.5), type=WAV))
    played = leg.played(leg.play(file(app.url("/tone"), times=3),
                                 {"kind": "pause", "ms": 500}))
    assert (played["end"], played["items"], played["total_ms"]) == \
        ("done", 2, 2000)
    loud = [packet for packet in leg.rtp.packets
            if len(set(packet[4])) > 1]
    assert len(loud) in range(74, 78)
    assert len(app.got("/tone")) == 1


def test_what_is_not_there_is_told_and_the_rest_is_played(leg, app, tmp_path):
    app.on("/gone", Answer(404, type="text/plain"))
    app.on("/tone", Answer(body=sound(tmp_path), type=WAV))
    played = leg.played(leg.play(file(app.url("/gone"), times=3),
                                 file(app.url("/tone"))))
    assert (played["end"], played["items"], played["error"]) == \
        ("failed", 1, 65007)
    assert app.url("/gone") in played["error_text"]
    assert "404" in played["error_text"]
    assert leg.hears(440)


def test_a_page_is_no_sound(leg, app):
    app.on("/page", Answer(body=b"<html/>", type="text/html"))
    app.on("/lie", Answer(body=b"<html/>", type=WAV))
    played = leg.played(leg.play(file(app.url("/page"))))
    assert (played["end"], played["error"]) == ("failed", 65007)
    assert "text/html" in played["error_text"]
    played = leg.played(leg.play(file(app.url("/lie"))))
    assert (played["end"], played["error"]) == ("failed", 65007)
    assert "no sound file" in played["error_text"]


def test_a_kept_file_is_asked_for_by_its_validator(room, leg, app, tmp_path):
    tag = ("ETag", '"one"')
    app.on("/tone", Answer(body=sound(tmp_path), type=WAV, headers=(tag,)),
           Answer(304, headers=(tag,), type=""))
    leg.played(leg.play(file(app.url("/tone"))))
    before = room.metrics("mediad")['vox_sound_clips_total{result="made"}']
    since = time.monotonic()
    assert leg.played(leg.play(file(app.url("/tone"))))["end"] == "done"
    assert app.got("/tone")[1].headers["if-none-match"] == '"one"'
    assert leg.hears(440, since)
    assert room.metrics("mediad")['vox_sound_clips_total{result="made"}'] == \
        before


def test_a_changed_file_is_heard_as_it_is_now(leg, app, tmp_path):
    app.on("/tone",
           Answer(body=sound(tmp_path), type=WAV, headers=(("ETag", '"1"'),)),
           Answer(body=sound(tmp_path, 1000), type=WAV,
                  headers=(("ETag", '"2"'),)))
    leg.played(leg.play(file(app.url("/tone"))))
    since = time.monotonic()
    leg.played(leg.play(file(app.url("/tone"))))
    assert leg.hears(1000, since)


def test_a_fresh_file_is_not_asked_for_even_when_its_server_is_gone(
        leg, app, tmp_path):
    app.on("/fresh", Answer(body=sound(tmp_path), type=WAV,
                           headers=(("Cache-Control", "max-age=60"),)))
    leg.played(leg.play(file(app.url("/fresh"))))
    assert leg.played(leg.play(file(app.url("/fresh"))))["end"] == "done"
    assert len(app.got("/fresh")) == 1


def test_a_slow_server_costs_silence_and_then_the_file_is_heard(
        leg, app, tmp_path):
    let = threading.Event()
    app.on("/tone", Answer(body=sound(tmp_path), type=WAV, after=let))
    name = leg.play(file(app.url("/tone")))
    time.sleep(1.5)
    let.set()
    played = leg.played(name)
    assert played["end"] == "done"
    assert played["total_ms"] == 1000
    assert leg.hears(440)


def test_a_prompt_is_stopped_and_the_same_word_again_changes_nothing(
        leg, app, tmp_path):
    app.on("/tone", Answer(body=sound(tmp_path, seconds=5.0), type=WAV))
    name = leg.play(file(app.url("/tone")))
    until(lambda: leg.hears(440), 5, "the tone is heard")
    leg.stop(name)
    played = leg.played(name)
    assert played["end"] == "stopped"
    assert 200 <= played["total_ms"] <= 4000
    leg.stop(name)
    again = leg.played(name)
    assert {k: again.get(k) for k in ("end", "total_ms", "id")} == \
        {k: played.get(k) for k in ("end", "total_ms", "id")}


def test_another_prompt_ends_the_one_before(leg, app, tmp_path):
    app.on("/long", Answer(body=sound(tmp_path, seconds=5.0), type=WAV))
    first = leg.play(file(app.url("/long")))
    until(lambda: leg.hears(440), 5, "the tone is heard")
    second = leg.play({"kind": "beep"})
    assert leg.played(first)["end"] == "stopped"
    assert leg.played(second)["total_ms"] == 500


def test_a_prompt_ends_with_its_leg(room, app, tmp_path):
    app.on("/long", Answer(body=sound(tmp_path, seconds=5.0), type=WAV))
    leg = room.leg()
    name = leg.play(file(app.url("/long")))
    until(lambda: leg.hears(440), 5, "the tone is heard")
    leg.close()
    assert leg.played(name)["end"] == "gone"
    leg.stop(name)
    played = leg.played(name)
    assert (played["end"], played["error"]) == ("gone", 65004)


def test_a_text_is_spoken_by_flite(leg):
    played = leg.played(leg.play({"kind": "speech", "text":
                                  "Hello, this is a test of speech."}))
    assert played["end"] == "done"
    assert 1200 <= played["total_ms"] <= 5000
    _, level = leg.rtp.heard()
    assert level > 0.02


def test_a_break_in_a_text_is_a_pause(leg):
    short = leg.played(leg.play({"kind": "speech", "text": "one two"}))
    long = leg.played(leg.play({"kind": "speech", "text":
                                'one <break time="2s"/> two'}))
    assert long["total_ms"] > short["total_ms"] + 1500


def test_a_voice_that_is_none_is_told(leg):
    played = leg.played(leg.play({"kind": "speech", "text": "hello",
                                  "voice": "-o/etc/passwd"}))
    assert (played["end"], played["error"]) == ("failed", 65008)


def keys_of(packets):
    """Keys in the order of their events, each once: (key, longest duration)."""
    keys = {}
    for packet in packets:
        if packet[2] == 101:
            event, _, duration = struct.unpack("!BBH", packet[4][:4])
            keys[event] = max(duration, keys.get(event, 0))
    return list(keys.items())


def test_keys_are_events_for_a_phone_that_knows_them(leg):
    played = leg.played(leg.play({"kind": "digits", "digits": "5w#"}))
    assert (played["end"], played["total_ms"]) == ("done", 900)
    keys = keys_of(leg.rtp.packets)
    assert [key for key, _ in keys] == [5, 11]
    assert all(720 <= duration <= 1120 for _, duration in keys)


def test_keys_are_tones_for_a_phone_that_knows_no_events(room):
    leg = room.leg(events=False)
    played = leg.played(leg.play({"kind": "digits", "digits": "5w#"}))
    assert (played["end"], played["total_ms"]) == ("done", 900)
    assert not keys_of(leg.rtp.packets)
    loud = [packet for packet in leg.rtp.packets
            if len(set(packet[4])) > 1]
    assert len(loud) in range(8, 15)  # two of 100 ms
    leg.close()


def test_keys_are_pressed_beside_a_bridge_that_goes_on(room):
    leg, other = room.legs(2)
    room.say("bridge", leg.call, a=leg.name, b=other.name)
    room.hear("bridged")
    other.rtp.speak(("127.0.0.1", other.port))
    until(lambda: leg.hears(440), 5, "they hear each other")
    since = time.monotonic()
    played = leg.played(leg.play({"kind": "digits", "digits": "1w2"},
                                 beside=True))
    assert played["end"] == "done"
    until(lambda: [key for key, _ in keys_of(leg.rtp.packets)] == [1, 2],
          5, "both keys came")
    assert leg.hears(440, since)
    name = leg.play({"kind": "beep"}, beside=True)
    played = leg.played(name)
    assert (played["end"], played["error"]) == ("failed", 65007)
    leg.close()
    other.rtp.close()


def test_a_fetcher_that_dies_costs_a_moment(room, leg, app, tmp_path):
    let = threading.Event()
    app.on("/held", Answer(body=sound(tmp_path), type=WAV, after=let),
           Answer(body=sound(tmp_path), type=WAV))
    name = leg.play(file(app.url("/held")))
    app.wait_for("/held")
    room.kill("fetcher")
    room.start("fetcher")
    let.set()
    assert leg.played(name, 20)["end"] == "done"
    assert leg.hears(440)
    room.wait_for("fetcher")


def test_another_engine_speaks_and_is_given_text_voice_and_language(
        session_app, tmp_path):
    write_wav(str(tmp_path / "say.wav"), tone(700, 1.0, 0.25))
    script = tmp_path / "speak"
    script.write_text("#!/bin/sh\n"
                      f"printf '%s|' \"$@\" > {tmp_path}/words\n"
                      f"cat > {tmp_path}/text\n"
                      f"cat {tmp_path}/say.wav\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    room = MediaRoom(tts_command=f"{script} -v {{voice}} -l {{language}}")
    try:
        leg = room.leg()
        text = "Hello; $(rm -rf /) `x`"
        played = leg.played(leg.play(
            {"kind": "speech", "text": text, "voice": "man",
             "language": "de-DE"}))
        assert played["end"] == "done"
        assert leg.hears(700)
        assert (tmp_path / "words").read_text() == "-v|man|-l|de-DE|"
        assert (tmp_path / "text").read_text() == text
        (tmp_path / "words").unlink()
        leg.played(leg.play({"kind": "speech", "text": text, "voice": "man",
                             "language": "de-DE"}))
        assert not (tmp_path / "words").exists()  # it is kept
        script.write_text("#!/bin/sh\necho no voice >&2\nexit 3\n")
        played = leg.played(leg.play({"kind": "speech", "text": "other"}))
        assert (played["end"], played["error"]) == ("failed", 65008)
        assert "no voice" in played["error_text"]
        leg.close()
    finally:
        room.close()


def test_espeak_speaks_when_it_is_named(session_app):
    room = MediaRoom(tts_command="espeak-ng --stdout -v {language}")
    try:
        leg = room.leg()
        played = leg.played(leg.play(
            {"kind": "speech", "text": "Guten Tag, das ist ein Versuch.",
             "language": "de-DE"}))
        assert played["end"] == "done", played
        assert played["total_ms"] > 1000
        assert leg.rtp.heard()[1] > 0.02
        leg.close()
    finally:
        room.close()
