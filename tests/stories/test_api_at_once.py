"""What a callback has just told, the API knows: no client has to wait."""

import pytest

from harness.api import Api
from harness.app import Answer, document
from harness.wait import until


@pytest.mark.parametrize("time", range(3))
def test_a_child_is_read_and_redirected_from_within_its_callbacks(world, time):
    del time                                # it is a race: told three times
    api, told = Api(world.platform), []
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    world.app.on(world.path("other"), document(
        '<Response><Pause length="60"/></Response>'))

    def asks(request):
        """As an application does in the handler of the callback."""
        path = f"/Calls/{request.params['CallSid']}.json"
        event = request.params["CallEvent"]
        if event == "initiated":
            told.append((event, api.ask("GET", path)[0]))
        elif event == "answered":
            told.append((event, api.ask("POST", path, {
                "Url": world.url("other")})[0]))
    world.app.on(world.path("status"), Answer(204, type="", doing=asks))
    out = caller.call(world.platform.sip)
    asked = world.taken(callee, out)
    until(lambda: len(told) == 2, 10, lambda: f"both; came: {told}")
    assert told == [("initiated", 200), ("answered", 200)]
    world.app.wait_for(world.path("other"))
    out.expect_bye()                        # its Dial is over, and its document
    asked.bye()
    world.record()


def refuses(out, asked):
    del out
    asked.refuse(603, "Decline")


def rings_on(out, asked):
    del out
    asked.canceled()


@pytest.mark.parametrize("outcome, ending", [
    ("busy", refuses), ("no-answer", rings_on)])
def test_a_child_that_is_over_is_what_the_action_was_told(world, outcome,
                                                          ending):
    """...while its parent lives on, and before the record says it all."""
    api, told = Api(world.platform), []

    def asks(request):
        read = api.read(request.params["DialCallSid"])
        told.append((request.params["DialCallStatus"], read["status"]))
    out, asked = world.ringing(timeout="1", events="")
    world.app.on(world.path("action"), document(
        '<Response><Pause length="1"/></Response>', doing=asks))
    ending(out, asked)
    until(lambda: told, 10, "the action is asked for")
    assert told == [(outcome, outcome)]
    out.expect_bye()
    world.record()
