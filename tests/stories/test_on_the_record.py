"""Every request to the customer's application, and every answer, on the record."""

import json
import os
import re
import tempfile

from harness.app import Answer, NO_CONTENT, document
from harness.wait import until

# What a webhook that went well may add to its message.
ADDED_MAX = 150
ADDED = ("earlier", "redirects", "address", "http_version", "reused", "dns_ms",
         "connect_ms", "tls_ms", "first_byte_ms", "sent", "headers", "excerpt")
OOPS = "Traceback: the customer's line 7, password=\"hunter2\""


def one(record, kind, **wanted):
    found = [message for message in record if message["type"] == kind and
             all(message.get(name) == value
                 for name, value in wanted.items())]
    assert found, (kind, wanted)
    return found[0]


def test_a_documents_exchange_is_on_the_record(world):
    world.app.on("/voice", Answer(
        body=b'<Response><Reject reason="busy"/></Response>',
        headers=(("Server", "story/1"), ("Set-Cookie", "id=secret"),
                 ("X-Request-Id", "r-17"))))
    assert world.phone().call(world.platform.sip).final("INVITE").status == 486
    answer = one(world.record(), "fetched")
    assert answer["address"] == f"127.0.0.1:{world.app.port}"
    assert answer["http_version"] == 11
    assert "X-Request-Id: r-17\n" in answer["headers"]
    assert "Set-Cookie: ***\n" in answer["headers"]
    assert "X-Twilio-Signature: ***\n" in answer["sent"]
    assert answer.get("first_byte_ms", 0) <= answer["total_ms"] + 1
    assert "excerpt" not in answer


def test_what_a_failing_application_says_is_on_the_record(world):
    world.app.on("/voice", Answer(500, OOPS.encode(), "text/plain"))
    assert world.phone().call(world.platform.sip).final("INVITE").status >= 500
    answer = one(world.record(), "fetched")
    assert answer["error"] == 11217
    assert answer["excerpt"] == OOPS
    told = world.platform.voxctl("trace", "--http", world.call_sid()).stdout
    words = " ".join(re.sub("[│├◄►┤●]", " ", told).split())
    assert "| Traceback: the customer's line 7, password=\"***\"" in words
    assert f"HTTP/1.1 with 127.0.0.1:{world.app.port}" in words
    assert "> CallStatus=ringing" in words
    signed = one(world.record(), "get")["url"]
    assert f"> X-Voxbus-Signed-Url: {signed} " in words
    assert "< Content-Type: text/plain" in words
    short = world.platform.voxctl("trace", world.call_sid()).stdout
    assert "Traceback" not in short


def test_a_webhook_that_went_well_adds_little(world):
    callee = world.phone()
    world.passes(callee)
    world.record()
    until(lambda: len(world.said("posted")) == 3, 10, "three webhooks")
    for message in world.said("posted"):
        added = {name: message[name] for name in ADDED if name in message}
        assert added["address"] == f"127.0.0.1:{world.app.port}"
        assert not {"sent", "headers", "excerpt"} & set(added)
        assert len(json.dumps(added, separators=(",", ":"))) <= ADDED_MAX


def test_a_webhook_that_was_refused_tells_why_and_no_log_does(world):
    callee = world.phone()
    world.answers(world.dial(callee, events="answered"))
    world.app.on(world.path("status"),
                 Answer(418, b"I was never told of this leg", "text/plain",
                        headers=(("X-Why", "teapot"),)),
                 NO_CONTENT)
    out, asked = world.connected(world.phone(), callee)
    world.finished(out, asked)
    refused = until(lambda: [m for m in world.said("posted")
                             if not m["delivered"]], 10, "the refusal")[0]
    assert refused["status"] == 418
    assert refused["excerpt"] == "I was never told of this leg"
    assert "X-Why: teapot\n" in refused["headers"]
    assert "I-Twilio-Idempotency-Token: " + refused["hook"] in refused["sent"]
    assert "never told" not in world.platform.log_text()


def test_an_export_holds_it_without_secrets_and_replays(world):
    world.app.on("/voice", Answer(500, OOPS.encode(), "text/plain",
                                  headers=(("Location",
                                            "http://u:hunter2@a/"),)))
    world.phone().call(world.platform.sip).final("INVITE")
    world.record()
    exported = world.platform.voxctl("export", world.call_sid()).stdout
    assert "Traceback" in exported and "http_version" in exported
    assert "hunter2" not in exported
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl",
                                     delete=False) as file:
        file.write(exported)
    try:
        world.platform.voxctl("replay", file.name)
    finally:
        os.unlink(file.name)


def test_a_redirected_document_tells_where_it_came_from(world):
    world.app.on("/voice", Answer(302, type="", headers=(
        ("Location", world.path("moved")),)))
    world.app.on(world.path("moved"),
                 document('<Response><Reject reason="busy"/></Response>'))
    assert world.phone().call(world.platform.sip).final("INVITE").status == 486
    answer = one(world.record(), "fetched")
    assert answer["redirects"] == 1
    assert answer["earlier"].startswith("302 in ")
    assert f"from {world.app.url('/voice')} at" in answer["earlier"]
    assert answer["url"] == world.url("moved")
