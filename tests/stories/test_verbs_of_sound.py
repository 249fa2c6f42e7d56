"""<Play>, <Say>, <Gather>, <Record>: what the caller hears and may press."""

import glob
import os
import time

import pytest

from harness import sound
from harness.api import Api
from harness.app import NO_CONTENT, Answer, document
from harness.wait import holds, until
from test_digits import Keypad

EVENTS = ("0 PCMU", "101 telephone-event")
TONE, OTHER = 440, 1000


def serve(world, tmp_path, hertz=TONE, seconds=1.0):
    """A page of the application that is a tone; its URL."""
    name = f"tone-{hertz}"
    path = str(tmp_path / f"{name}.wav")
    sound.write_wav(path, sound.tone(hertz, seconds, 0.25))
    with open(path, "rb") as file:
        world.app.on(world.path(name), Answer(body=file.read(),
                                              type="audio/wav"))
    return world.url(name)


def call(world, text):
    """The caller of a document."""
    world.answers(text)
    out = world.phone().call(world.platform.sip, codecs=EVENTS)
    out.established()
    out.rtp.speak(out.remote_media, 300)
    return out


def hears(out, hertz, since=0.0, seconds=10):
    until(lambda: out.rtp.hears(hertz, since), seconds,
          lambda: f"{hertz} Hz; heard {out.rtp.heard(since)}")


def press(end, *keys):
    for key in keys:
        end.ask("INFO", body=f"Signal={key}\r\nDuration=160\r\n",
                kind="application/dtmf-relay")
        end.expect(200, method="INFO")


def asked_for(world, page, **wanted):
    request = world.app.wait_for(world.path(page))
    got = {name: request.params.get(name) for name in wanted}
    assert got == wanted
    return request


# --- Play and Say --------------------------------------------------------------------

def test_play_is_heard_and_the_next_verb_follows(world, tmp_path):
    url, then = serve(world, tmp_path), serve(world, tmp_path, OTHER)
    out = call(world, f"<Response><Play>{url}</Play><Play>{then}</Play>"
               "</Response>")
    hears(out, TONE)
    hears(out, OTHER, time.monotonic())
    out.expect_bye()
    assert not world.notes(world.record())


def test_a_relative_url_is_the_documents(world, tmp_path):
    serve(world, tmp_path)
    out = call(world, f"<Response><Play>{world.path(f'tone-{TONE}')}</Play>"
               "</Response>")
    hears(out, TONE)
    out.expect_bye()


def test_say_speaks_and_a_text_that_cannot_be_had_is_passed_over(world):
    out = call(world, "<Response><Play>/nothing-there</Play>"
               "<Say>one two three four five</Say></Response>")
    until(lambda: out.rtp.heard()[1] > 0.01, 10, "a voice")
    out.expect_bye(20)
    assert 65007 in world.notes(world.record())


def test_loop_is_how_often_it_plays(world, tmp_path):
    url = serve(world, tmp_path, seconds=0.4)
    out = call(world, f'<Response><Play loop="3">{url}</Play></Response>')
    out.expect_bye()
    assert world.said("play")[0]["items"][0]["times"] == 3
    assert 1150 < world.said("played")[0]["total_ms"] < 1400


def test_the_api_ends_what_plays_for_ever(world, tmp_path):
    url, then = serve(world, tmp_path), serve(world, tmp_path, OTHER)
    out = call(world, f'<Response><Play loop="0">{url}</Play></Response>')
    hears(out, TONE)
    Api(world.platform).change(world.call_sid(), Twiml=(
        f"<Response><Play>{then}</Play></Response>"))
    hears(out, OTHER, time.monotonic())
    out.expect_bye()
    world.record()


def test_a_mediad_that_dies_plays_it_again(hard_world, tmp_path):
    world = hard_world
    url = serve(world, tmp_path, seconds=5.0)
    out = call(world, f"<Response><Play>{url}</Play></Response>")
    hears(out, TONE)
    world.platform.kill("mediad")
    hears(out, TONE, time.monotonic())
    out.bye()
    world.record()


# --- Gather --------------------------------------------------------------------------

def menu(world, inside="", **attributes):
    """A document whose Gather asks the page 'menu'."""
    world.app.on(world.path("menu"), document("<Response/>"))
    attributes.setdefault("action", world.url("menu"))
    words = "".join(f' {name}="{value}"'
                    for name, value in attributes.items())
    return f"<Response><Gather{words}>{inside}</Gather>" \
        "<Redirect>/none</Redirect></Response>"


def test_gather_ends_with_its_key_and_a_key_ends_the_prompt(world, tmp_path):
    url = serve(world, tmp_path, seconds=20.0)
    out = call(world, menu(world, f"<Play>{url}</Play>"))
    hears(out, TONE)
    press(out, "1", "2", "#")
    asked_for(world, "menu", Digits="12")
    out.expect_bye()
    assert world.said("played")[0]["end"] == "stopped"


def test_gather_by_rtp_events(world):
    out = call(world, menu(world, numDigits="3"))
    pad = Keypad(out)
    for key in "4*7":
        pad.press(key)
    asked_for(world, "menu", Digits="4*7")
    out.expect_bye()


@pytest.mark.parametrize("attributes, keys, digits", [
    ({"numDigits": "2"}, "12", "12"),
    ({"finishOnKey": "*"}, "1#*", "1#"),
    ({"finishOnKey": "", "timeout": "1"}, "1#", "1#"),
    ({"timeout": "1"}, "9", "9"),
    ({"timeout": "1", "actionOnEmptyResult": "true"}, "", ""),
    ({"input": "dtmf", "numDigits": "1", "method": "GET"}, "3", "3")])
def test_gather_attributes(world, attributes, keys, digits):
    out = call(world, menu(world, **attributes))
    press(out, *keys)
    request = asked_for(world, "menu", Digits=digits)
    assert request.method == attributes.get("method", "POST")
    out.expect_bye()


def test_without_a_key_the_next_verb_runs(world, tmp_path):
    url = serve(world, tmp_path)
    out = call(world, '<Response><Gather timeout="1"/>'
               f"<Play>{url}</Play></Response>")
    hears(out, TONE)
    out.expect_bye()


def test_start_input_key_and_barge_in(world, tmp_path):
    url = serve(world, tmp_path, seconds=2.0)
    out = call(world, menu(world, f"<Play>{url}</Play>", bargeIn="false",
                           startInputKey="5", timeout="1"))
    hears(out, TONE)
    press(out, "1", "5", "1")
    asked_for(world, "menu", Digits="51")
    assert world.said("played")[0]["end"] == "done"
    out.expect_bye()


def test_press_1_to_accept(world, tmp_path):
    """The callee's own document asks for a key; the caller hears ringing."""
    url = serve(world, tmp_path, seconds=20.0)
    caller, callee = world.phone(), world.phone()
    screen = world.screening(
        f'<Response><Gather numDigits="1" action="{world.url("accept")}">'
        f"<Play>{url}</Play></Gather><Hangup/></Response>")
    world.app.on(world.path("accept"), document("<Response/>"))
    world.answers(world.dial(callee, sip=screen))
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    asked.ring()
    out.established()
    asked.answer()
    asked.expect_ack()
    asked.rtp.speak(asked.remote_media, 300)
    hears(asked, TONE)
    press(asked, "1")
    asked_for(world, "accept", Digits="1")
    world.hear_each_other(out, asked, since=time.monotonic())
    out.bye()
    asked.expect_bye()
    world.action(DialCallStatus="completed")


def test_a_key_by_info_is_pressed_on_for_the_other_side(world):
    out, asked = world.up()
    world.hear_each_other(out, asked)
    press(out, "5")
    until(lambda: world.said("played"), 5, "the key is pressed")
    play = world.said("play")[0]
    assert (play["beside"], play["items"][0]["digits"]) == (True, "5")
    assert world.said("played")[0]["end"] == "done"
    world.hear_each_other(out, asked, since=time.monotonic())
    out.bye()
    asked.expect_bye()
    world.record()


# --- Record --------------------------------------------------------------------------

def record(world, **attributes):
    world.app.on(world.path("message"), document("<Response/>"))
    world.app.on(world.path("recording"), NO_CONTENT)
    attributes.setdefault("action", world.url("message"))
    attributes.setdefault("recordingStatusCallback", world.url("recording"))
    words = "".join(f' {name}="{value}"'
                    for name, value in attributes.items())
    return f"<Response><Record{words}/></Response>"


def samples_of(world, sid):
    pattern = os.path.join(world.platform.folder, "**", f"{sid}.wav")
    until(lambda: glob.glob(pattern, recursive=True), 5, f"{sid}.wav")
    return sound.read_wav(glob.glob(pattern, recursive=True)[0])


def test_record_beeps_keeps_the_callers_voice_and_ends_with_a_key(world):
    out = call(world, record(world))
    out.rtp.speak(out.remote_media, OTHER)
    until(lambda: world.said("record_started"), 10, "it records")
    assert out.rtp.heard()[1] > 0.01  # the beep
    holds(lambda: not world.app.got(world.path("message")), 1.5, "it records")
    press(out, "7")
    request = asked_for(world, "message", Digits="7")
    sid = request.params["RecordingSid"]
    assert sid in request.params["RecordingUrl"]
    out.expect_bye()
    samples, rate = samples_of(world, sid)
    seconds = len(samples) / rate
    assert seconds > 1
    assert abs(int(request.params["RecordingDuration"]) - seconds) <= 1
    hertz, _ = sound.measure(samples, rate)
    assert abs(hertz - OTHER) < 20
    world.record()
    status = world.app.wait_for(world.path("recording"),
                                RecordingStatus="completed").params
    assert status["RecordingSource"] == "RecordVerb"


def test_silence_ends_a_recording(world):
    out = call(world, record(world, timeout="1", playBeep="false"))
    out.rtp.speak(out.remote_media, OTHER)
    until(lambda: world.said("record_started"), 10, "it records")
    out.rtp.be_silent()
    request = world.app.wait_for(world.path("message"))
    assert "Digits" not in request.params
    out.expect_bye()
    assert world.said("recording_done")[0]["end"] == "silence"


def test_max_length_ends_a_recording(world):
    out = call(world, record(world, maxLength="1", playBeep="false"))
    world.app.wait_for(world.path("message"))
    out.expect_bye()
    assert world.said("recording_done")[0]["end"] == "length"


def test_who_hangs_up_has_left_a_message(world):
    out = call(world, record(world, playBeep="false"))
    until(lambda: world.said("record_started"), 10, "it records")
    holds(lambda: True, 0.5, "something is said")
    out.bye()
    request = asked_for(world, "message", Digits="hangup",
                        CallStatus="completed")
    world.record()
    samples, rate = samples_of(world, request.params["RecordingSid"])
    assert len(samples) / rate > 0.4
    world.app.wait_for(world.path("recording"), RecordingStatus="completed")


def test_who_hangs_up_at_once_leaves_nothing_or_all_that_was_said(world):
    """The call is over before mediad has said that it records."""
    out = call(world, record(world, playBeep="false"))
    out.bye()
    world.record()
    world.all_told()
    told = [r.params for r in world.app.got(world.path("recording"))]
    for sid in {params["RecordingSid"] for params in told
                if params["RecordingStatus"] == "completed"}:
        samples_of(world, sid)
    assert len({params["RecordingSid"] for params in told}) == len(told) <= 1


def test_a_recording_goes_on_after_mediads_death(hard_world):
    world = hard_world
    out = call(world, record(world, playBeep="false"))
    until(lambda: world.said("record_started"), 10, "it records")
    holds(lambda: True, 1.0, "something is said")
    world.platform.kill("mediad")
    until(lambda: len(world.said("record_started")) == 2, 10, "it goes on")
    out.rtp.speak(out.remote_media, OTHER)
    holds(lambda: True, 1.0, "something is said")
    out.bye()
    request = world.app.wait_for(world.path("message"))
    samples, rate = samples_of(world, request.params["RecordingSid"])
    assert len(samples) / rate > 1.5
    world.record()
