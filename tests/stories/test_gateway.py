"""sipgw, where calls meet its death and the corners of SIP."""

import json
import os
import select
import signal
import socket
import threading
import time

import pytest

from harness.app import document
from harness.sip import parameter
from harness.wait import holds, until

REJECT = '<Response><Reject reason="busy"/></Response>'


@pytest.fixture
def world(hard_world):
    return hard_world


def test_nobody_is_told_of_each_dialog_that_sipgw_writes(world):
    """It went on watching its bucket: five deliveries a call to no end."""
    bus = world.platform.nats()
    until(lambda: bus.stream_state("KV_dialogs")["consumer_count"] == 0, 5,
          "nobody watches the dialogs")


def test_sipgw_dies_right_after_an_invite_and_its_repeat_is_the_call(world):
    """He had his 100, was on no record yet, and waited for ever."""
    caller, go = world.phone(), threading.Event()
    before = world.platform.pid_of("sipgw")
    world.answers(document(REJECT, after=go, doing=lambda _: os.kill(
        before, signal.SIGKILL)), document(REJECT))
    out = caller.call(world.platform.sip)
    world.app.wait_for("/voice")
    assert not out.statuses(), "killed too late for this story"
    go.set()
    world.platform.wait_for_restart("sipgw", before)
    out.expect(486, 10)
    assert {r.params["CallSid"] for r in world.app.got("/voice")} == \
        {world.call_sid()}
    world.record()


def test_who_waits_is_told_within_200_ms_and_is_on_record_then(world):
    """Three times: the machine may be slow once."""
    go = threading.Event()
    world.answers(document(REJECT, after=go))
    bus = world.platform.nats()
    waits = []
    for _ in range(3):
        began = time.monotonic()
        out = world.phone().call(world.platform.sip)
        out.next(5)
        assert out.statuses() == [100]
        waits.append(out.history[-1][0] - began)
        assert bus.stream_state("KV_dialogs")["messages"] == 1
        go.set()
        out.expect(486)
        until(lambda: not bus.stream_state("KV_dialogs")["messages"], 10,
              "its dialog is forgotten")
        go.clear()
    assert min(waits) > 0.1 and min(waits) < 0.4
    world.record()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_document_that_ends_at_once_is_answered_and_then_ended(
        world, transport):
    """The hangup overtook the 200: 480 for a call that was completed."""
    for _ in range(10):
        caller = world.phone(transport)
        world.answers("<Response><Dial><Sip>sip:no@10.0.0.1;transport=udp"
                      "</Sip></Dial></Response>")
        out = caller.call(world.platform.sip)
        assert out.final("INVITE").status == 200
        assert not out.got("BYE")
        out.ack()
        out.expect_bye()


def test_no_bye_before_the_ack(world):
    """RFC 3261 15: who was called waits for the ACK of its 200."""
    out, asked = world.dialling()
    out.expect(200)
    asked.refuse()
    world.app.wait_for(world.path("action"))
    holds(lambda: not out.got("BYE"), 1, "no BYE")
    out.ack()
    out.expect_bye()
    record = world.record()
    assert world.leg(record, 0)["status"] == "completed"
    assert world.leg(record, 0)["ended_by"] == "local"


def test_a_dialog_that_stands_again_after_its_call_is_hung_up(
        world, tmp_path):
    """sipgw was away for so long that its call was closed: it stayed up."""
    caller, callee = world.phone(), world.phone()
    world.answers(world.dial(callee))
    out, asked = world.connected(caller, callee)
    bus = world.platform.nats()
    dialogs = bus.record("$KV.dialogs.>", "KV_dialogs")
    out.bye()
    asked.expect_bye()
    record = world.record()
    until(lambda: bus.stream_state("KV_dialogs")["messages"] == 0, 5,
          "its keys are gone")
    for _, _, subject, dialog in dialogs:
        bus.publish(subject, json.dumps(dialog).encode())
    world.platform.kill("sipgw")
    out.expect_bye(15)
    asked.expect_bye(15)
    until(lambda: bus.stream_state("KV_dialogs")["messages"] == 0, 5,
          "nothing is left of the dialogs")
    again = world.platform.record(world.call_sid())[len(record):]
    assert [m["type"] for m in again].count("restored") == 2
    recording = tmp_path / "call.jsonl"
    recording.write_text(world.platform.voxctl("export", world.call_sid())
                         .stdout, encoding="utf-8")
    world.platform.voxctl("replay", str(recording))


def test_an_invite_that_comes_again_after_its_call_gets_a_final_answer(world):
    """Its answer was lost, sipgw died: 100, and nothing for 15 minutes."""
    caller = world.phone()
    world.answers(REJECT)
    out = caller.call(world.platform.sip)
    out.expect(486)
    world.record()
    world.platform.kill("sipgw")
    caller.send(out.request, out.peer)
    assert out.final("INVITE").status == 480


def test_an_answer_does_not_follow_maddr(world):
    """Strangers could have answers sent to whom they liked."""
    phone, other = world.phone(), world.phone(host="127.0.0.3")
    host, port = world.platform.sip.split(":")
    for source in (phone, world.phone(host="127.0.0.2")):
        via = f"SIP/2.0/UDP {source.host}:{other.port};maddr={other.host}" \
            f";branch=z9hG4bK{source.port}"
        source.send_raw(
            (f"OPTIONS sip:{world.platform.sip} SIP/2.0\r\nVia: {via}\r\n"
             f"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
             f"Call-ID: {source.port}@maddr\r\nCSeq: 1 OPTIONS\r\n"
             "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode(),
            (host, int(port)))
        until(lambda: source.seen, 5, "the answer is here")
    assert not other.seen


def test_cancel_after_the_200_gets_200_and_changes_nothing(world):
    out, asked = world.dialling()
    accepted = out.expect(200)
    tagged, out.remote = out.remote, out.request.get("To")
    out.cancel()
    out.remote = tagged
    cancelled = out.expect(200, method="CANCEL")
    assert parameter(cancelled.get("To"), "tag") == \
        parameter(accepted.get("To"), "tag")
    out.ack()
    asked.answer()
    asked.expect_ack()
    world.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()
    world.record()


@pytest.mark.parametrize("contact", ["10.1.2.3", "127.0.0.4"])
def test_the_200_of_another_fork_is_ended_where_it_came_from(world, contact):
    """nta sent its ACK and BYE wherever the Contact led."""
    caller, callee = world.phone(), world.phone()
    fork = world.phone(port=callee.port, host=contact) \
        if contact.startswith("127") else callee
    world.answers(world.dial(callee))
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    out.established()
    asked.answer()
    asked.expect_ack()
    callee.reply(asked.request, 200, "OK",
                 [("Contact", f"<sip:fork@{contact}:{callee.port}>")],
                 to=asked.request.get("To") + ";tag=fork")

    def came():
        return [message.method for _, message in fork.seen
                if message.get("To").endswith("tag=fork")]
    until(lambda: came() == ["ACK", "BYE"], 5, lambda: f"it ends; {came()}")
    world.hear_each_other(out, asked)
    out.bye()
    asked.expect_bye()


def test_a_source_has_64_tcp_connections_and_none_is_silent_for_long(world):
    """A stranger could have as many as there are descriptors."""
    host, port = world.platform.sip.split(":")
    speaks = socket.create_connection((host, int(port)),
                                      source_address=("127.0.0.5", 0))
    speaks.sendall(b"\r\n\r\n")
    assert speaks.recv(16) == b"\r\n"
    links = [socket.create_connection((host, int(port)),
                                      source_address=("127.0.0.5", 0))
             for _ in range(100)]

    def ended():
        return len(select.select(links, [], [], 0)[0])
    try:
        until(lambda: ended() == 37, 5, lambda: f"37 go; {ended()} went")
        until(lambda: ended() == 100, 15, lambda: f"all go; {ended()} went")
        assert world.platform.metrics("sipgw")["vox_sip_tcp_closed_total"] \
            == 100
        assert not select.select([speaks], [], [], 0)[0]
    finally:
        for link in [speaks, *links]:
            link.close()
