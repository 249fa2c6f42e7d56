"""The REST API's calls, parameter by parameter, as seen on the wire."""

import re
import time
import urllib.request

import pytest

from harness import digest
from harness.api import PAUSE, Api, status_is, target, up, usual
from harness.app import NO_CONTENT, document
from harness.ports import free_port
from harness.wait import until

DATE = r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000"


def test_a_call_can_be_read_at_once_and_has_every_field(world):
    api, phone = Api(world.platform), world.phone()
    world.app.on(world.path("start"), document(PAUSE))
    made = api.call(**usual(world, phone))
    assert api.read(made["sid"])["sid"] == made["sid"]
    base = f"/2010-04-01/Accounts/{api.sid}/Calls/{made['sid']}"
    dates = {name: made.pop(name)
             for name in ("date_created", "date_updated", "start_time")}
    assert all(re.fullmatch(DATE, date) for date in dates.values())
    assert made == {
        "sid": made["sid"], "parent_call_sid": None, "account_sid": api.sid,
        "to": target(phone), "to_formatted": target(phone), "from": "alice",
        "from_formatted": "alice", "phone_number_sid": None,
        "status": "queued", "end_time": None, "duration": None,
        "price": None, "price_unit": "USD", "direction": "outbound-api",
        "answered_by": None, "api_version": "2010-04-01",
        "forwarded_from": None, "group_sid": None, "caller_name": None,
        "queue_time": "0", "trunk_sid": None, "uri": base + ".json",
        "subresource_uris": {"notifications": base + "/Notifications.json",
                             "events": base + "/Events.json"}}
    asked = phone.incoming()
    asked.ring()
    status_is(api, made["sid"], "ringing")
    asked.answer()
    asked.expect_ack()
    status_is(api, made["sid"], "in-progress")
    asked.bye()
    asked.expect_bye_done()
    status_is(api, made["sid"], "completed")
    read = api.read(made["sid"])
    assert read["start_time"] == dates["start_time"]
    assert re.fullmatch(DATE, read["end_time"])
    assert read["duration"] in (0, 1)
    until(lambda: api.get(f"/Calls/{made['sid']}/Events.json")["events"], 10,
          "its webhooks are its events")


def test_to_from_and_callers_name_are_on_the_invite(world):
    api, phone = Api(world.platform), world.phone()
    api.call(To=f"{target(phone)}?X-Tea=green", From="sip:+4930@example.com",
             CallerName="Al", Url=world.url("start"))
    invite = phone.incoming().request
    assert '"Al"' in invite.get("From") and "sip:+4930@" in invite.get("From")
    assert invite.get("X-Tea") == "green"
    assert invite.get("X-SignalWire-CallSid").startswith("CA")
    assert invite.get("X-SignalWire-AccountSid") == api.sid


def test_caller_id_goes_before_from(world):
    api, phone = Api(world.platform), world.phone()
    made = api.call(**usual(world, phone, CallerId="bob"))
    assert made["from"] == "bob"
    assert "sip:bob@" in phone.incoming().request.get("From")


@pytest.mark.parametrize("words", [("SipAuthUsername", "SipAuthPassword"),
                                   ("Username", "Password")])
def test_user_and_password_answer_the_callees_challenge(world, words):
    api, phone = Api(world.platform), world.phone()
    world.app.on(world.path("start"), document(PAUSE))
    made = api.call(**usual(world, phone), **dict(zip(
        words, ("alice", "wonder land"))))
    again = phone.incoming().challenge(
        401, "Who Are You", [("WWW-Authenticate",
                              'Digest realm="r", nonce="abc", qop="auth"')])
    assert digest.is_right(again.request, "Authorization", "alice",
                           "wonder land")
    again.answer()
    status_is(api, made["sid"], "in-progress")
    exported = world.platform.voxctl("export", made["sid"]).stdout
    assert "wonder land" not in exported


def test_method_get_asks_for_the_document_by_get(world):
    api = Api(world.platform)
    made, asked = up(world, api, world.phone(), Method="GET")
    request = world.app.wait_for(world.path("start"))
    assert request.method == "GET"
    assert request.params["CallSid"] == made["sid"]
    assert request.params["Direction"] == "outbound-api"
    assert request.params["CallStatus"] == "in-progress"
    asked.bye()
    asked.expect_bye_done()


@pytest.mark.parametrize("fields, words", [
    ({}, ["completed"]),
    ({"StatusCallbackEvent": ["initiated", "answered"]},
     ["initiated", "in-progress"]),
    ({"StatusCallbackEvent": "ringing completed",
      "StatusCallbackMethod": "GET"}, ["ringing", "completed"])])
def test_status_callbacks_are_those_asked_for(world, fields, words):
    api, phone = Api(world.platform), world.phone()
    world.app.on(world.path("status"), NO_CONTENT)
    world.app.on(world.path("start"), document("<Response/>"))
    made = api.call(**usual(world, phone,
                            StatusCallback=world.url("status"), **fields))
    asked = phone.incoming()
    asked.ring()
    asked.answer()
    asked.expect_ack()
    asked.expect_bye()
    for request in world.callbacks(*words):
        assert request.method == fields.get("StatusCallbackMethod", "POST")
        assert request.params["CallSid"] == made["sid"]
        assert request.params["CallbackSource"] == "call-progress-events"
    world.platform.finished(made["sid"])


def test_timeout_is_how_long_it_rings(world):
    api, phone = Api(world.platform), world.phone()
    world.app.on(world.path("status"), NO_CONTENT)
    began = time.monotonic()
    made = api.call(**usual(world, phone, Timeout=2,
                            StatusCallback=world.url("status")))
    asked = phone.incoming()
    asked.ring()
    asked.canceled()
    assert 1.5 < time.monotonic() - began < 6
    status_is(api, made["sid"], "no-answer")
    world.callbacks("no-answer")
    assert not world.app.got(world.path("start"))


def test_time_limit_ends_the_call_that_long_after_the_answer(world):
    api = Api(world.platform)
    made, asked = up(world, api, world.phone(), TimeLimit=2)
    asked.expect_bye(6)
    status_is(api, made["sid"], "completed")


@pytest.mark.parametrize("code, word", [
    (486, "busy"), (480, "no-answer"), (404, "failed")])
def test_a_call_that_is_refused_has_its_status(world, code, word):
    api, phone = Api(world.platform), world.phone()
    world.app.on(world.path("status"), NO_CONTENT)
    made = api.call(**usual(world, phone,
                            StatusCallback=world.url("status")))
    phone.incoming().refuse(code, "No")
    status_is(api, made["sid"], word)
    world.callbacks(word)
    assert api.read(made["sid"])["duration"] == 0


def test_nobody_listens(world):
    api = Api(world.platform)
    made = api.call(To=f"sip:a@127.0.0.1:{free_port()};transport=tcp",
                    From="a", Url=world.url("start"))
    status_is(api, made["sid"], "failed")
    until(lambda: "64003" in {
        note["error_code"] for note in api.get(
            f"/Calls/{made['sid']}/Notifications.json")["notifications"]},
          5, "the API tells why")


def test_the_document_may_come_with_the_request(world):
    api, phone, other = Api(world.platform), world.phone(), world.phone()
    api.call(To=target(phone), From="alice", Twiml=(
        f"<Response><Dial><Sip>{target(other)}</Sip></Dial></Response>"))
    asked = phone.incoming()
    asked.answer()
    asked.expect_ack()
    child = other.incoming()
    child.answer()
    child.expect_ack()
    world.hear_each_other(asked, child)
    asked.bye()
    child.expect_bye()


def test_advice_that_has_no_effect_is_noted_on_the_calls_record(world):
    api = Api(world.platform)
    made, asked = up(world, api, world.phone(),
                     Trim="trim-silence", CallReason="x")
    assert notes(api, made["sid"]) == [
        "nothing is done with CallReason, Trim"]
    asked.bye()
    asked.expect_bye_done()


def notes(api, sid, code="66006"):
    """The texts of a call's notifications of that number."""
    found = api.get(f"/Calls/{sid}/Notifications.json")["notifications"]
    return [note["message_text"] for note in found
            if note["error_code"] == code]


def test_a_misspelt_parameter_is_named_with_the_one_that_was_meant(world):
    api = Api(world.platform)
    made, asked = up(world, api, world.phone(),
                     StatusCalback=world.url("status"), Nonsense="1")
    assert notes(api, made["sid"]) == [
        "the API has no parameter StatusCalback (did you mean "
        "StatusCallback?), Nonsense"]
    world.platform.wait_for_log(
        component="apid", call_sid=made["sid"], error_code=66006,
        msg="StatusCalback (did you mean StatusCallback?)")
    api.change(made["sid"], Status="completed", TimeLimit=5, Url2="x")
    until(lambda: {"nothing is done with TimeLimit",
                   "the API has no parameter Url2 (did you mean Url?)"} <=
          set(notes(api, made["sid"])), 5, "the record names both")
    asked.expect_bye()


@pytest.mark.parametrize("text, code, place", [
    ("<Response><Dial></Response>", 12100, "line 1, column 28"),
    ("<Response>\n <Pause length=1/>\n</Response>", 12100,
     "line 2, column 16"),
    ("\n<Answer/>", 12101, "line 2, column 1")])
def test_a_document_that_is_none_starts_no_call(world, text, code, place):
    api, phone = Api(world.platform), world.phone()
    before = [call["sid"] for call in api.get(
        "/Calls.json?PageSize=1")["calls"]]
    wrong = api.post("/Calls.json", {"To": target(phone), "From": "a",
                                     "Twiml": text}, 400)
    assert wrong["code"] == code and wrong["status"] == 400
    assert wrong["message"].startswith(f"Twiml, {place}: ")
    assert wrong["more_info"].endswith(f"/errors/{code}")
    with urllib.request.urlopen(wrong["more_info"], timeout=10) as page:
        assert page.read().decode().startswith(f"# {code} ")
    made, asked = up(world, api, phone)
    assert [call["sid"] for call in api.get(
        "/Calls.json?PageSize=2")["calls"]][1:] == before
    wrong = api.post(f"/Calls/{made['sid']}.json", {"Twiml": text}, 400)
    assert wrong["code"] == code and place in wrong["message"]
    assert api.read(made["sid"])["status"] == "in-progress"
    asked.bye()
    asked.expect_bye_done()


@pytest.mark.parametrize("base, linked", [
    ("/2010-04-01", "/2010-04-01"),
    ("/api/laml/2010-04-01", "/2010-04-01"),
    ("/restcomm/2012-04-24", "/restcomm/2012-04-24")])
def test_the_api_lies_where_each_vendors_clients_look(world, base, linked):
    api = Api(world.platform, base)
    made, asked = up(world, api, world.phone())
    assert made["uri"] == \
        f"{linked}/Accounts/{api.sid}/Calls/{made['sid']}.json"
    assert api.get(f"/Calls/{made['sid']}")["sid"] == made["sid"]
    assert [call["sid"] for call in api.get(
        f"/Calls.json?PageSize=1&To={target(world.phones[0])}")["calls"]] == \
        [made["sid"]]
    api.change(made["sid"], Status="completed")
    asked.expect_bye()
    status_is(api, made["sid"], "completed")


@pytest.mark.parametrize("missing, code", [
    ("To", 21201), ("From", 21213), ("Url", 21205)])
def test_what_is_missing_is_named(world, missing, code):
    fields = usual(world, world.phone())
    del fields[missing]
    wrong = Api(world.platform).post("/Calls.json", fields, 400)
    assert wrong["code"] == code and missing in wrong["message"]


def test_a_body_that_is_no_form_is_told_so(world):
    status, body, _ = Api(world.platform).ask(
        "POST", "/Calls.json", b'{"To":"sip:a@b"}', "application/json")
    assert status == 400 and "form" in body["message"]


def test_strangers_start_nothing(world):
    mine = Api(world.platform)
    wrong = Api(world.platform, account=(mine.sid, "x" + mine.token[1:]))
    status, body, headers = wrong.ask("POST", "/Calls.json",
                                      usual(world, world.phone()))
    assert (status, body["code"]) == (401, 20003)
    assert headers["WWW-Authenticate"].startswith("Basic")
    other = Api(world.platform)
    other.base = "/2010-04-01/Accounts/AC" + "0" * 32
    assert other.ask("POST", "/Calls.json",
                     usual(world, world.phone()))[0] == 404


def test_a_second_account_has_calls_of_its_own(world):
    made = world.platform.voxctl("config", "set", "account", "new",
                                 "token=new").stdout
    sid = re.search(r'"account_sid":"(AC\w+)"', made).group(1)
    token = re.search(r"^token (\w+)$", made, re.M).group(1)
    second = Api(world.platform, account=(sid, token))
    until(lambda: second.ask("GET", ".json")[0] == 200, 5, "apid knows it")
    call, asked = up(world, second, world.phone())
    assert call["account_sid"] == sid
    assert asked.request.get("X-SignalWire-AccountSid") == sid
    assert world.app.wait_for(world.path("start")).params["AccountSid"] == sid
    first = Api(world.platform)
    assert first.ask("GET", f"/Calls/{call['sid']}.json")[0] == 404
    assert first.ask("POST", f"/Calls/{call['sid']}.json",
                     {"Status": "completed"})[0] == 404
    world.platform.voxctl("config", "set", "account", sid, "suspended=yes")
    until(lambda: second.ask("GET", ".json")[0] == 403, 5, "it is suspended")
    asked.bye()
    asked.expect_bye_done()
    world.platform.voxctl("config", "rm", "account", sid)
