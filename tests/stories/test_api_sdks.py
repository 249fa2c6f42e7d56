"""The vendors' own npm clients, unmodified, their base URL set to voxbus."""

import re

import pytest

from harness.api import Sdk, target
from harness.app import NO_CONTENT, document
from harness.wait import until


@pytest.fixture(params=["twilio", "signalwire"])
def sdk(request, world):
    client = Sdk(request.param, world.platform)
    client.name = request.param
    yield client
    client.close()


def start(world, sdk, phone, text, **more):
    """The client starts a call to the phone, which answers."""
    world.app.on(world.path("start"), document(text))
    world.app.on(world.path("calls"), NO_CONTENT)
    made = sdk.good("create", **{"with": {
        "to": target(phone), "from": "+15550001111", "url": world.url("start"),
        "statusCallback": world.url("calls"), "statusCallbackEvent":
        ["initiated", "ringing", "answered", "completed"], **more}})
    asked = phone.incoming()
    asked.ring()
    asked.answer()
    asked.expect_ack()
    return made, asked


def told(world, sid):
    return [request.params["CallStatus"] for request in sorted(
        world.app.got(world.path("calls"), CallSid=sid),
        key=lambda request: int(request.params["SequenceNumber"]))]


def test_a_client_starts_reads_redirects_and_ends_a_call(world, sdk):
    first, second = world.phone(), world.phone()
    made, asked = start(world, sdk, first, world.dial(second))
    assert re.fullmatch("CA[0-9a-f]{32}", made["sid"])
    assert (made["status"], made["direction"]) == ("queued", "outbound-api")
    assert (made["to"], made["from"]) == (target(first), "+15550001111")
    assert made["parentCallSid"] is None
    assert made["startTime"] is None or "date" in made["startTime"]
    assert made["endTime"] is None and made["duration"] is None

    child = second.incoming()
    child.answer()
    child.expect_ack()
    world.hear_each_other(asked, child)

    read = sdk.good("fetch", sid=made["sid"])
    assert read["status"] == "in-progress"
    assert "date" in read["dateCreated"]
    assert read["uri"].endswith(f"/Calls/{made['sid']}.json")
    children = sdk.good("list", **{"with": {"parentCallSid": made["sid"]}})
    assert [leg["status"] for leg in children] == ["in-progress"]
    assert children[0]["direction"] == "outbound-dial"
    assert children[0]["parentCallSid"] == made["sid"]

    # "modify the child call by POSTing to Calls/{CallSid} with a new URL"
    world.app.on(world.path("other"), document(
        '<Response><Pause length="60"/></Response>'))
    world.app.on(world.path("action"), document(
        '<Response><Pause length="60"/></Response>'))
    sdk.good("update", sid=children[0]["sid"],
             **{"with": {"url": world.url("other"), "method": "GET"}})
    asking = world.app.wait_for(world.path("other"))
    assert asking.method == "GET"
    assert asking.params["CallSid"] == children[0]["sid"]
    assert asking.params["ParentCallSid"] == made["sid"]
    world.action(DialCallStatus="completed", CallSid=made["sid"])

    for sid, leg in ((children[0]["sid"], child), (made["sid"], asked)):
        sdk.good("update", sid=sid, **{"with": {"status": "completed"}})
        leg.expect_bye()
        until(lambda sid=sid: sdk.good("fetch", sid=sid)["status"] ==
              "completed", 10, "the call is completed")
    read = sdk.good("fetch", sid=made["sid"])
    assert "date" in read["startTime"] and "date" in read["endTime"]
    assert int(read["duration"]) >= 0
    until(lambda: told(world, made["sid"]) == [
        "initiated", "ringing", "in-progress", "completed"], 10,
          lambda: f"callbacks; came: {told(world, made['sid'])}")
    world.platform.finished(made["sid"])


def test_a_client_is_told_what_is_wrong_by_twilios_numbers(world, sdk):
    wrong = sdk.ask("create", **{"with": {
        "to": "+15550002222", "from": "+15550001111",
        "url": world.url("start")}})["error"]
    assert (wrong["code"], wrong["status"]) == (21217, 400)
    assert "To" in wrong["message"] and "21217" in wrong["moreInfo"]
    wrong = sdk.ask("fetch", sid="CA" + "0" * 32)["error"]
    assert (wrong["code"], wrong["status"]) == (20404, 404)


def test_a_client_ends_a_call_that_still_rings(world, sdk):
    phone = world.phone()
    world.app.on(world.path("calls"), NO_CONTENT)
    made = sdk.good("create", **{"with": {
        "to": target(phone), "from": "alice", "url": world.url("start"),
        "statusCallback": world.url("calls")}})
    asked = phone.incoming()
    asked.ring()
    until(lambda: sdk.good("fetch", sid=made["sid"])["status"] == "ringing",
          10, "it rings")
    sdk.good("update", sid=made["sid"], **{"with": {"status": "canceled"}})
    asked.canceled()
    until(lambda: told(world, made["sid"]) == ["canceled"], 10,
          lambda: f"one callback; came: {told(world, made['sid'])}")
    until(lambda: sdk.good("fetch", sid=made["sid"])["status"] == "canceled",
          5, "the API knows it, too")
    assert not world.app.got(world.path("start"))


def test_a_clients_own_document_is_run(world, sdk):
    phone = world.phone()
    made = sdk.good("create", **{"with": {
        "to": target(phone), "from": "alice",
        "twiml": "<Response><Hangup/></Response>"}})
    asked = phone.incoming()
    asked.answer()
    asked.expect_ack()
    asked.expect_bye()
    world.platform.finished(made["sid"])


def test_a_client_reads_its_account(world, sdk):
    account = sdk.good("account")
    assert account["status"] == "active"
