"""What Restcomm's page says of <Sip>, sentence by sentence, by its rules.

Its examples, its default transport and the parameters that it names are in
test_printed_examples.py, test_dial_parameters.py and test_parameters.py.
"""

import calendar
import re
import time

import pytest

from conftest import platform_with, world_of
from harness.api import Api
from harness.app import NO_CONTENT, document
from harness.wait import until


restcomm = platform_with(dialect="restcomm")
page = world_of("restcomm")


def screened(page, text, attributes=""):
    """The caller hears ringing, the callee has answered and is screened."""
    out, asked = page.ringing(sip=page.screening(text) + attributes)
    asked.answer()
    asked.expect_ack()
    return out, asked


# --- nouns ---------------------------------------------------------------------
@pytest.mark.parametrize("noun", ["<Number>+15551234</Number>",
                                  "<Client>jenny</Client>"])
def test_you_cannot_add_any_other_noun_in_the_same_dial(page, noun):
    callee = page.phone()
    page.answers(page.dial(callee).replace("</Dial>", noun + "</Dial>"))
    out = page.phone().call(page.platform.sip)
    callee.incoming().refuse()
    page.action(DialCallStatus="busy")
    out.established()
    out.expect_bye()
    assert 13215 in page.notes(page.record())


def test_to_use_another_target_give_the_dial_a_callback(page):
    callee, second = page.phone(), page.phone()
    text = page.dial(callee)
    page.app.on(page.path("action"), document(
        f"<Response><Dial><Sip>{second.uri}</Sip></Dial></Response>"))
    page.answers(text)
    out = page.phone().call(page.platform.sip)
    callee.incoming().refuse()
    again = second.incoming()
    again.answer()
    again.expect_ack()
    page.action(DialCallStatus="busy")
    out.established()
    page.hear_each_other(out, again)
    again.bye()
    out.expect_bye()


def test_the_first_to_accept_is_connected_the_others_are_canceled(page):
    phones = [page.phone() for _ in range(3)]
    page.answers(page.fork(*phones))
    out = page.phone().call(page.platform.sip)
    first, second, third = [phone.incoming() for phone in phones]
    second.answer()
    second.expect_ack()
    first.canceled()
    third.canceled()
    out.established()
    page.hear_each_other(out, second)
    second.bye()
    out.expect_bye()
    page.action(DialCallStatus="completed", DialSipCallId=second.call_id)


def test_name_is_used_with_video_only_otherwise_the_text_is_dialled(page):
    callee, named = page.phone(), page.phone()
    page.answers(page.dial(callee, sip=f' name="{named.uri}"'))
    out = page.phone().call(page.platform.sip)
    callee.incoming().refuse()
    out.established()
    out.expect_bye()
    page.record()
    assert named.invites() == 0


# --- methods and events ----------------------------------------------------------
@pytest.mark.parametrize("method", ["", "GET", "POST"])
def test_method_and_status_callback_method_are_post_by_default(page, method):
    words = f' method="{method}" statusCallbackMethod="{method}"' \
        if method else ""
    out, asked = screened(page, "<Response/>", words)
    page.hear_each_other(out, asked)
    asked.bye()
    out.expect_bye()
    wanted = {method or "POST"}
    came = page.callbacks("initiated", "ringing", "in-progress", "completed")
    assert {request.method for request in came} == wanted
    assert {page.app.wait_for(page.path("screen")).method} == wanted


def test_without_events_the_completed_one_is_sent(page):
    callee = page.phone()
    page.app.on(page.path("status"), NO_CONTENT)
    page.answers(page.dial(callee, events="", sip=(
        f' statusCallback="{page.url("status")}"')))
    out, asked = page.connected(page.phone(), callee)
    asked.bye()
    out.expect_bye()
    page.record()
    assert page.callbacks("completed")[0].params["SequenceNumber"] == "0"


def test_several_events_are_separated_by_a_space_and_numbered_from_0(page):
    out, asked = page.up(events="answered completed")
    asked.bye()
    out.expect_bye()
    page.callbacks("in-progress", "completed")


def test_calls_made_by_dial_are_initiated_right_away_and_never_queued(page):
    out, asked = page.up()
    asked_for = page.app.got("/voice")[0].time
    assert asked.history[0][0] - asked_for < 2
    asked.bye()
    out.expect_bye()
    came = page.callbacks("initiated", "ringing", "in-progress", "completed")
    assert "queued" not in {request.params["CallStatus"] for request in came}


def test_the_child_is_modified_by_posting_a_new_url_to_calls_callsid(page):
    out, asked = page.up()
    sid = page.app.wait_for(page.path("status")).params["CallSid"]
    page.app.on(page.path("other"), document(
        '<Response><Pause length="60"/></Response>'))
    api = Api(page.platform, "/restcomm/2012-04-24")
    assert api.change(sid, Url=page.url("other"))["sid"] == sid
    request = page.app.wait_for(page.path("other"))
    assert request.params["CallSid"] == sid
    assert request.params["ApiVersion"] == "2012-04-24"
    page.action(DialCallStatus="completed")
    out.expect_bye()
    api.change(sid, Status="completed")
    asked.expect_bye()
    page.record()


# --- screening -------------------------------------------------------------------
def test_the_callee_declines_by_hangup(page):
    out, asked = screened(page, "<Response><Hangup/></Response>")
    asked.expect_bye()
    page.action(DialCallStatus="no-answer", DialDeclined="true")
    out.expect_bye()


def test_the_caller_continues_to_hear_ringing(page):
    out, asked = screened(page, '<Response><Pause length="20"/></Response>')
    page.app.wait_for(page.path("screen"))
    out.rtp.speak(out.remote_media, 1000)
    until(lambda: out.rtp.heard()[1] > 0.02, 8, "ringback at the caller")
    out.bye()
    asked.expect_bye()


def test_a_screening_document_is_not_allowed_to_contain_dial(page):
    other = page.phone()
    out, asked = screened(page, f"<Response><Dial><Sip>{other.uri}</Sip>"
                          "</Dial></Response>")
    page.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()
    assert 13215 in page.notes(page.record())
    assert other.invites() == 0


# --- limits ------------------------------------------------------------------------
def of_length(kind, length, port):
    if kind == "uri":
        end = f"@127.0.0.1:{port}"
        return "sip:" + "b" * (length - 4 - len(end)) + end
    return f"sip:bob@127.0.0.1:{port}?X-a=" + "1" * (length - 4)


@pytest.mark.parametrize("kind, length, dialled", [
    ("uri", 254, True), ("uri", 255, False),
    ("headers", 1023, True), ("headers", 1024, False)])
def test_the_uri_is_under_255_and_its_headers_are_under_1024_characters(
        page, kind, length, dialled):
    callee = page.phone()
    page.answers(page.dial(callee, uri=of_length(kind, length, callee.port)))
    out = page.phone().call(page.platform.sip)
    if dialled:
        callee.incoming().refuse()
    page.action(DialCallStatus="busy" if dialled else "failed")
    out.established()
    out.expect_bye()
    assert (13243 in page.notes(page.record())) != dialled


# --- the requests' times and texts ---------------------------------------------------
def test_timestamp_is_utc_in_rfc_2822_and_duration_is_in_completed_only(page):
    before = int(time.time())
    out, asked = page.up()
    asked.bye()
    out.expect_bye()
    came = page.callbacks("initiated", "ringing", "in-progress", "completed")
    for request in came:
        said = request.params["Timestamp"]
        assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} "
                            r"\d\d:\d\d:\d\d \+0000", said)
        when = time.strptime(said, "%a, %d %b %Y %H:%M:%S +0000")
        assert before <= calendar.timegm(when) <= \
            time.time() + 1
        iso = request.params["TimestampIso"]
        assert re.fullmatch(r"[-\d]{10}T[:\d]{8}\.\d{3}Z", iso)
        assert iso[:19] == time.strftime("%Y-%m-%dT%H:%M:%S", when)
        assert request.params["CallbackSource"] == "call-progress-events"
    assert ["CallDuration" in request.params for request in came] == \
        [False, False, False, True]
