"""How documents are asked for: fallbacks, cookies, credentials, parameters on
redirects, and what a URL's fragment says about its own request."""

import base64
import re

from harness.api import Api
from harness.app import Answer, document
from harness.sound import tone, write_wav
from harness.wait import until

BUSY = '<Response><Reject reason="busy"/></Response>'
WAITS = "<Response><Pause length='60'/></Response>"


def number(world, **fields):
    """A number of this story's own."""
    name = re.sub(r"\W", "", world.name)
    world.platform.voxctl("config", "set", "number", name,
                          *[f"{field}={value}"
                            for field, value in fields.items()])
    return name


def moved(to, status=302, headers=()):
    return Answer(status, headers=(("Location", to), *headers))


def first_call(world, name, page):
    """Calls until the number is known; the call that asked for 'page'."""
    def called():
        call = world.phone().call(world.platform.sip, name)
        until(lambda: world.app.got(page) or
              any(status >= 200 for status in call.statuses()), 10, "a document")
        return call if world.app.got(page) else None
    return until(called, 10, f"{page} is asked for")


# --- fallback ----------------------------------------------------------------
def test_the_fallback_takes_the_place_of_a_document_that_is_not_there(world):
    world.app.on(world.path("gone"), Answer(500))
    world.app.on(world.path("sorry"), document(BUSY))
    name = number(world, voice_url=world.url("gone?x=1#rc=0"),
                  fallback_url=world.url("sorry"), fallback_method="GET")
    call = first_call(world, name, world.path("gone"))
    assert call.final("INVITE").status == 486
    lost = world.app.wait_for(world.path("gone"))
    asked = world.app.wait_for(world.path("sorry"))
    assert asked.method == "GET"
    assert asked.params["ErrorCode"] == "11217"
    assert asked.params["ErrorUrl"] == world.url("gone?x=1")
    assert set(asked.params) - set(lost.params) == {"ErrorCode", "ErrorUrl"}
    record = world.platform.finished(lost.params["CallSid"])
    assert [m["code"] for m in record if m["type"] == "noted"] == \
        [11217, 11217]


def test_an_action_that_fails_goes_to_the_apis_fallback_with_its_outcome(
        world):
    world.app.on(world.path("voice"), document(
        f"<Response><Dial action='{world.url('after')}'>"
        "<Sip>sip:x@127.0.0.1:1;transport=tcp</Sip></Dial></Response>"))
    world.app.on(world.path("after"), Answer(503))
    world.app.on(world.path("sorry"), document(WAITS))
    phone = world.phone()
    Api(world.platform).call(
        To=f"{phone.uri.split(';')[0]};transport=udp", From="100",
        Url=world.url("voice"), FallbackUrl=world.url("sorry"))
    asked = phone.incoming()
    asked.answer()
    request = world.app.wait_for(world.path("sorry"))
    assert request.method == "POST"
    assert request.params["DialCallStatus"] == "failed"
    assert request.params["ErrorUrl"] == world.url("after")
    asked.bye()
    asked.expect_bye_done()


# --- cookies -----------------------------------------------------------------
def test_a_cookie_comes_back_with_the_calls_next_requests_and_no_others(world):
    world.app.on(world.path("voice"), moved(
        world.url("in"), headers=(("Set-Cookie", "way=3; Path=/"),)))
    world.app.on(world.path("in"), Answer(
        body=b"<Response><Redirect>next</Redirect></Response>",
        headers=(("Set-Cookie", "session=hidden7; HttpOnly"),
                 ("Set-Cookie", "way=; Max-Age=0; Path=/"))))
    world.app.on(world.path("next"), document(BUSY))
    name = number(world, voice_url=world.url("voice"))
    first_call(world, name, world.path("next")).final("INVITE")
    pages = [world.app.got(world.path(page))[-1]
             for page in ("voice", "in", "next")]
    assert [page.headers.get("cookie") for page in pages] == \
        [None, "way=3", "session=hidden7"]
    sid = pages[0].params["CallSid"]
    world.platform.finished(sid)
    exported = world.platform.voxctl("export", sid).stdout
    assert "hidden7" not in exported and '"cookies":"***"' in exported
    world.app.on(world.path("in"), document(BUSY))
    world.phone().call(world.platform.sip, name).final("INVITE")
    again = world.app.wait_for(world.path("voice"), count=2)
    assert "cookie" not in again.headers


def test_a_call_with_cookies_replays_the_same(world, tmp_path):
    world.app.on(world.path("voice"), Answer(
        body=b"<Response><Redirect>next</Redirect></Response>",
        headers=(("Set-Cookie", "session=7"),)))
    world.app.on(world.path("next"), document(BUSY))
    name = number(world, voice_url=world.url("voice"))
    first_call(world, name, world.path("next")).final("INVITE")
    sid = world.app.got(world.path("next"))[-1].params["CallSid"]
    world.platform.finished(sid)
    path = tmp_path / "call.jsonl"
    path.write_text(world.platform.voxctl("export", sid).stdout,
                    encoding="utf-8")
    assert "identical" in world.platform.voxctl("replay", str(path)).stdout


# --- credentials -------------------------------------------------------------
def test_a_urls_credentials_hold_at_its_origin_and_nowhere_else(world):
    world.app.on(world.path("voice"), document(
        "<Response><Redirect>next</Redirect></Response>"))
    away = world.url("away").replace("127.0.0.1", "localhost")
    world.app.on(world.path("next"), moved(away))
    world.app.on(world.path("away"), document(BUSY))
    name = number(world, voice_url=world.url("voice").replace(
        "http://", "http://al:se%40sam@"))
    first_call(world, name, world.path("away")).final("INVITE")
    pages = [world.app.got(world.path(page))[-1].headers.get("authorization")
             for page in ("voice", "next", "away")]
    basic = "Basic " + base64.b64encode(b"al:se@sam").decode()
    assert pages == [basic, basic, None]


# --- parameters --------------------------------------------------------------
def test_parameters_come_again_on_redirects_and_a_get_keeps_its_own_query(
        world):
    world.app.on(world.path("voice"), moved(world.url("two?tenant=2")))
    world.app.on(world.path("two"), moved(world.url("three?CallSid=own"), 307))
    world.app.on(world.path("three"), document(BUSY))
    name = number(world, voice_url=world.url("voice?tenant=1"),
                  voice_method="GET")
    first_call(world, name, world.path("three")).final("INVITE")
    one, two, three = [world.app.got(world.path(page))[-1]
                       for page in ("voice", "two", "three")]
    assert {page.method for page in (one, two, three)} == {"GET"}
    assert one.query.startswith("tenant=1&") and one.params["CallSid"]
    assert two.query.startswith("tenant=2&")
    assert two.params["CallSid"] == one.params["CallSid"]
    assert three.order.count("CallSid") == 1
    assert three.params["From"] == one.params["From"]


def test_after_a_303_nothing_is_told_again(world):
    world.app.on(world.path("voice"), moved(world.url("see"), 303))
    world.app.on(world.path("see"), document(BUSY))
    name = number(world, voice_url=world.url("voice"))
    first_call(world, name, world.path("see")).final("INVITE")
    seen = world.app.got(world.path("see"))[-1]
    assert (seen.method, seen.params) == ("GET", {})


# --- what the fragment says ----------------------------------------------------
def test_a_url_says_how_often_it_is_asked_for_and_the_token_stays(world):
    world.app.on(world.path("voice"), Answer(502), Answer(404),
                 document(BUSY))
    name = number(world, voice_url=world.url("voice#rc=2&rp=4xx,5xx"))
    assert first_call(world, name, world.path("voice")) \
        .final("INVITE").status == 486
    requests = world.app.got(world.path("voice"))
    assert [request.query for request in requests] == ["", "", ""]
    assert len({request.headers["i-twilio-idempotency-token"]
                for request in requests}) == 1
    record = world.platform.finished(requests[0].params["CallSid"])
    fetched, = [m for m in record if m["type"] == "fetched"]
    assert fetched["attempts"] == 3 and not fetched.get("error")


def test_what_a_fragment_has_wrong_is_noted_and_the_call_goes_on(world):
    world.app.on(world.path("voice"), document(BUSY))
    name = number(world, voice_url=world.url("voice#ct=1&rc=2"))
    first_call(world, name, world.path("voice")).final("INVITE")
    sid = world.app.got(world.path("voice"))[-1].params["CallSid"]
    noted, = [m for m in world.platform.finished(sid) if m["type"] == "noted"]
    assert (noted["code"], noted["level"]) == (11101, "warning")
    assert "'ct=1'" in noted["text"] and "too small" in noted["text"]


# --- answers that are no markup ------------------------------------------------
def test_a_sound_in_place_of_a_document_is_played_and_the_call_is_over(
        world, tmp_path):
    path = str(tmp_path / "tone.wav")
    write_wav(path, tone(440, 10.0))    # more than a document may have
    with open(path, "rb") as file:
        sound = Answer(body=file.read(), type="audio/wav")
    world.app.on(world.path("tone"), sound)
    name = number(world, voice_url=world.url("tone"), dialect="twilio")
    call = first_call(world, name, world.path("tone"))
    call.established()
    until(lambda: call.rtp.hears(440), 10, "the tone is heard")
    asked = world.app.got(world.path("tone"))
    assert [request.method for request in asked][:2] == ["POST", "GET"]
    call.bye()
    assert not world.notes(world.platform.finished(
        asked[0].params["CallSid"]))


def test_text_in_place_of_a_document_is_spoken_or_refused_by_dialect(world):
    world.app.on(world.path("hello"), Answer(body=b"Hello & goodbye",
                                             type="text/plain"))
    name = number(world, voice_url=world.url("hello"), dialect="twilio")
    call = first_call(world, name, world.path("hello"))
    call.established()
    call.expect_bye(20)
    sid = world.app.got(world.path("hello"))[-1].params["CallSid"]
    play, = [m for m in world.platform.finished(sid) if m["type"] == "play"]
    assert play["items"][0]["text"] == "Hello & goodbye"
    number(world, dialect="signalwire")

    def refused():
        world.phone().call(world.platform.sip, name).final("INVITE")
        sid = world.app.got(world.path("hello"))[-1].params["CallSid"]
        return 12300 in world.notes(world.platform.finished(sid))
    until(refused, 10, "SignalWire's dialect has no text/plain")
