#!/usr/bin/python3
"""Makes the calls of tests/recordings anew, and exports each one.

A call a file, named after how it went. Done after a change that is meant to
change what the interpreter says: look at the difference before committing it.
"""

import os
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

# pylint: disable=wrong-import-position
from harness.api import Api  # noqa: E402
from harness.app import NO_CONTENT, Answer, AppServer, document  # noqa: E402
from harness.platform import Platform  # noqa: E402
from harness.ports import free_port  # noqa: E402
from harness.wait import until  # noqa: E402
from harness.world import World  # noqa: E402

OUTCOMES = {}


def outcome(tell):
    OUTCOMES[tell.__name__.replace("_", "-")] = tell
    return tell


@outcome
def callee_hangs_up(world):
    out, asked = world.up()
    asked.bye()
    out.expect_bye()


@outcome
def caller_hangs_up(world):
    out, asked = world.up()
    out.bye()
    asked.expect_bye()


@outcome
def callee_is_busy(world):
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip)
    callee.incoming().refuse()
    out.established()
    out.expect_bye()


@outcome
def callee_is_busy_and_another_one_answers(world):
    caller, callee, second = world.phone(), world.phone(), world.phone()
    text = world.dial(callee)
    world.app.on(world.path("action"), document(world.dial(
        second, action=False, events="")))
    world.answers(text)
    out = caller.call(world.platform.sip)
    callee.incoming().refuse()
    out.established()
    again = second.incoming()
    again.answer()
    again.expect_ack()
    again.bye()
    out.expect_bye()


@outcome
def nobody_answers_in_time(world):
    out, asked = world.ringing(timeout="5")
    asked.canceled()
    out.expect_bye()


@outcome
def caller_gives_up_while_it_rings(world):
    out, asked = world.ringing()
    out.bye()
    asked.canceled()


@outcome
def caller_gives_up_before_there_is_a_document(world):
    caller, go = world.phone(), threading.Event()
    world.answers(document("<Response><Reject/></Response>", after=go))
    out = caller.call(world.platform.sip)
    world.call_sid()
    out.cancel()
    out.expect(487)
    go.set()


@outcome
def callee_answers_at_the_moment_of_the_cancel(world):
    out, asked = world.ringing()
    out.bye()
    asked.expect_request("CANCEL")
    asked.answer()
    asked.expect_bye()


@outcome
def rejected_as_busy(world):
    world.answers('<Response><Reject reason="busy"/></Response>')
    world.phone().call(world.platform.sip).expect(486)


@outcome
def redirect_and_pause(world):
    world.app.on(world.path("next"), document(
        '<Response><Pause length="1"/><Hangup/></Response>'))
    world.answers(f"<Response><Redirect>{world.page}next</Redirect>"
                  "</Response>")
    world.phone().call(world.platform.sip).expect(480)


@outcome
def document_does_not_parse(world):
    world.answers("<Response><Dial></Response>")
    world.phone().call(world.platform.sip).expect(500)


@outcome
def application_answers_500(world):
    world.answers(Answer(500, b"sorry", "text/plain"))
    world.phone().call(world.platform.sip).expect(500)


@outcome
def no_sip_uri(world):
    world.answers(world.dial(None, uri="mailto:bob@example.com"))
    world.over(world.phone().call(world.platform.sip))


@outcome
def no_common_codec(world):
    world.answers(world.dial(world.phone()))
    world.phone().call(world.platform.sip,
                       codecs=("3 GSM",)).expect(488)


@outcome
def nobody_listens_over_tcp(world):
    world.answers(world.dial(None, uri=(
        f"sip:bob@127.0.0.1:{free_port()};transport=tcp")))
    out = world.phone().call(world.platform.sip)
    out.established()
    out.expect_bye(20)


@outcome
def interpreter_dies_while_the_callee_rings(world):
    out, asked = world.ringing()
    world.platform.kill("interpreter")
    asked.answer()
    asked.expect_ack()
    asked.bye()
    out.expect_bye()


@outcome
def mediad_dies_while_the_call_is_up(world):
    out, asked = world.up()
    world.hear_each_other(out, asked)
    world.platform.kill("mediad")
    asked.bye()
    out.expect_bye()


def api_call(world, phone, text):
    """A call that the API starts to the phone; it asks for /voice."""
    world.answers(text)
    world.app.on(world.path("status"), document("<Response/>"))
    made = Api(world.platform).call(
        To=f"{phone.uri};transport=udp", From="alice",
        Url=world.app.url("/voice"), StatusCallback=world.url("status"),
        StatusCallbackEvent="initiated ringing answered completed")
    asked = phone.incoming()
    asked.ring()
    asked.answer()
    asked.expect_ack()
    return made, asked


@outcome
def the_api_starts_a_call_and_ends_it(world):
    phone, other = world.phone(), world.phone()
    made, asked = api_call(world, phone, world.dial(other))
    child = other.incoming()
    child.answer()
    child.expect_ack()
    world.hear_each_other(asked, child)
    Api(world.platform).change(made["sid"], Status="completed")
    asked.expect_bye()
    child.expect_bye()


@outcome
def the_api_redirects_a_child(world):
    phone, other = world.phone(), world.phone()
    world.app.on(world.path("other"), document(
        '<Response><Pause length="1"/></Response>'))
    made, asked = api_call(world, phone, world.dial(other, action=False))
    child = other.incoming()
    child.answer()
    child.expect_ack()
    world.hear_each_other(asked, child)
    sid = child.request.get("X-SignalWire-CallSid")
    Api(world.platform).change(sid, Url=world.url("other"))
    asked.expect_bye()
    child.expect_bye()


def forked(world, count, **dialled):
    """The caller, and the callees' calls, which ring."""
    caller = world.phone()
    phones = [world.phone() for _ in range(count)]
    world.answers(world.fork(*phones, **dialled))
    out = caller.call(world.platform.sip)
    asked = [phone.incoming() for phone in phones]
    for one in asked:
        one.ring()
    out.established()
    return out, asked


@outcome
def three_ring_and_one_answers(world):
    out, asked = forked(world, 3)
    asked[1].answer()
    asked[1].expect_ack()
    asked[0].canceled()
    asked[2].canceled()
    asked[1].bye()
    out.expect_bye()


@outcome
def one_declines_in_its_screening_and_another_accepts(world):
    out, asked = forked(world, 2, sip={
        0: world.screening("<Response><Hangup/></Response>", "decline"),
        1: world.screening("<Response/>", "accept")})
    asked[0].answer()
    asked[0].expect_bye()
    asked[1].answer()
    asked[1].expect_ack()
    world.hear_each_other(out, asked[1])
    out.bye()
    asked[1].expect_bye()


@outcome
def one_after_the_other(world):
    caller, first, second = world.phone(), world.phone(), world.phone()
    world.answers(world.fork(first, second, sequential="true"))
    out = caller.call(world.platform.sip)
    first.incoming().refuse()
    asked = world.taken(second, out)
    world.hear_each_other(out, asked)
    asked.bye()
    out.expect_bye()


@outcome
def caller_is_answered_when_the_callee_answers(world):
    out, asked = world.dialling(answerOnBridge="true")
    asked.ring()
    out.expect(180)
    asked.answer()
    asked.expect_ack()
    out.established()
    world.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()


@outcome
def the_dialled_call_is_recorded(world):
    world.app.on(world.path("recording"), NO_CONTENT)
    out, asked = world.up(record="true",
                          recordingStatusCallback=world.url("recording"))
    asked.bye()
    out.expect_bye()


def delivered(world):
    return sum(message["type"] == "posted" and message["delivered"]
               for message in world.platform.record(world.call_sid()))


def main():
    wanted = sys.argv[1:] or list(OUTCOMES)
    app = AppServer()
    platform = Platform(voice_url=app.url("/voice"))
    try:
        for name in wanted:
            app.reset()
            world = World(name, app, platform)
            OUTCOMES[name](world)
            posts = sum(message["type"] == "post"
                        for message in world.record())
            world.close()
            until(lambda: delivered(world) == posts, 30, "all is delivered")
            text = platform.voxctl("export", world.call_sid()).stdout
            path = os.path.join(HERE, "recordings", name + ".jsonl")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            print(f"{name}: {len(text.splitlines())} lines", flush=True)
    finally:
        platform.close()
        app.close()


if __name__ == "__main__":
    main()
