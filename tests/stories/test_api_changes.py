"""What the REST API asks of calls that are live: another document, or their end."""

from harness.api import PAUSE, Api, status_is, target, up, usual
from harness.app import document


def test_modify_the_child_call_by_posting_to_its_callsid_with_a_new_url(
        world):
    api, phone, other = Api(world.platform), world.phone(), world.phone()
    world.app.on(world.path("other"), document(PAUSE))
    _, asked = up(world, api, phone, world.dial(other))
    child = other.incoming()
    child.answer()
    child.expect_ack()
    world.hear_each_other(asked, child)
    sid = child.request.get("X-SignalWire-CallSid")
    assert api.change(sid, Url=world.url("other"))["sid"] == sid
    request = world.app.wait_for(world.path("other"))
    assert request.params["CallSid"] == sid
    # the other side: its Dial is over, and its action is asked
    world.action(DialCallStatus="completed")
    asked.expect_bye()
    assert api.read(sid)["status"] == "in-progress"
    api.change(sid, Status="completed")
    child.expect_bye()
    status_is(api, sid, "completed")


def test_the_child_of_a_call_that_came_in_is_redirected_too(world):
    api = Api(world.platform)
    out, asked = world.up()
    world.app.on(world.path("other"), document(PAUSE))
    sid = asked.request.get("X-SignalWire-CallSid")
    api.change(sid, Url=world.url("other"), Method="GET")
    assert world.app.wait_for(world.path("other")).method == "GET"
    out.expect_bye()
    asked.bye()
    asked.expect_bye_done()
    status_is(api, sid, "completed")
    world.record()


def test_a_redirected_caller_leaves_whom_it_dialled(world):
    api, phone, other = Api(world.platform), world.phone(), world.phone()
    third = world.phone()
    made, asked = up(world, api, phone, world.dial(other))
    child = other.incoming()
    child.answer()
    child.expect_ack()
    api.change(made["sid"], Twiml=(
        f"<Response><Dial><Sip>{target(third)}</Sip></Dial></Response>"))
    child.expect_bye()
    again = third.incoming()
    again.answer()
    again.expect_ack()
    world.hear_each_other(asked, again)
    asked.bye()
    again.expect_bye()
    world.platform.finished(made["sid"])


def test_a_call_that_came_in_is_ended_by_the_api(world):
    api = Api(world.platform)
    out, asked = world.up()
    api.change(world.call_sid(), Status="completed")
    out.expect_bye()
    asked.expect_bye()
    leg = world.leg(world.record(), 0)
    assert leg["end_reason"] == "the API ended it"


def test_what_comes_too_late_is_21220(world):
    api = Api(world.platform)
    made, asked = up(world, api, world.phone())
    wrong = api.post(f"/Calls/{made['sid']}.json", {"Status": "canceled"}, 400)
    assert wrong["code"] == 21220
    asked.bye()
    asked.expect_bye_done()
    status_is(api, made["sid"], "completed")
    for fields in ({"Url": world.url("x")}, {"Status": "completed"}):
        wrong = api.post(f"/Calls/{made['sid']}.json", fields, 400)
        assert wrong["code"] == 21220
        assert wrong["message"] and wrong["status"] == 400
        assert wrong["more_info"].endswith("/errors/21220")


def test_a_redirection_before_the_answer_is_21220(world):
    api, phone = Api(world.platform), world.phone()
    made = api.call(**usual(world, phone))
    asked = phone.incoming()
    asked.ring()
    wrong = api.post(f"/Calls/{made['sid']}.json",
                     {"Url": world.url("x")}, 400)
    assert wrong["code"] == 21220
    api.change(made["sid"], Status="completed")
    asked.canceled()
    status_is(api, made["sid"], "canceled")
