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
    asked = callee.incoming()
    asked.answer()
    asked.expect_ack()
    out.established()
    until(lambda: len(told) == 2, 10, lambda: f"both; came: {told}")
    assert told == [("initiated", 200), ("answered", 200)]
    world.app.wait_for(world.path("other"))
    out.expect_bye()                        # its Dial is over, and its document
    asked.bye()
    world.record()
