"""How documents are read: types, character sets, packing; slips that are mended,
or not; nouns that nothing routes."""

import gzip

import pytest

from conftest import platform_with
from harness.app import Answer, document, seed
from harness.world import World

# --- how documents are read --------------------------------------------------------
strict_platform = platform_with(markup_strict="yes")


@pytest.mark.parametrize("example", ["restcomm-custom-headers",
                                     "restcomm-name-with-video"])
def test_strictly_read_nothing_is_mended(session_app, strict_platform,
                                         example):
    session_app.reset()
    session_app.on("/voice", seed(example))
    world = World("strict", session_app, strict_platform)
    world.phone().call(strict_platform.sip).expect(500)
    record = world.record()
    refused = [m for m in record if m["type"] == "noted"]
    assert refused[0]["code"] == 12100 and refused[0]["level"] == "error"
    assert "column" in refused[0]["text"]
    world.close()


def test_strictly_read_a_right_document_runs(session_app, strict_platform):
    session_app.reset()
    session_app.on("/voice", document('<Response><Reject reason="busy"/>'
                                      "</Response>"))
    world = World("strict", session_app, strict_platform)
    world.phone().call(strict_platform.sip).expect(486)
    world.record()
    world.close()


BUSY = '<Response><Reject reason="busy"/></Response>'


@pytest.mark.parametrize("kind", [
    "text/xml", "application/xml; charset=utf-8", "text/html",
    "TEXT/XML;charset=\"UTF-8\"", "text/xml; charset=iso-8859-1"])
def test_content_types_of_documents(world, kind):
    world.answers(Answer(body=BUSY.encode(), type=kind))
    world.phone().call(world.platform.sip).expect(486)
    assert not world.notes(world.record())


def test_a_document_in_another_character_set(world):
    """ISO-8859-1 by its declaration: the callee sees the right name."""
    callee = world.phone()
    text = world.dial(callee, callerName="Ren\xe9")
    world.answers(Answer(
        body=b'<?xml version="1.0" encoding="ISO-8859-1"?>' +
        text.encode("iso-8859-1"), type="text/xml"))
    out = world.phone().call(world.platform.sip)
    asked = callee.incoming()
    assert 'Ren\xe9' in asked.request.get("From")
    asked.refuse()
    out.established()
    out.expect_bye()
    world.record()


def test_a_document_that_is_packed(world):
    world.answers(Answer(body=gzip.compress(BUSY.encode()),
                         headers=(("Content-Encoding", "gzip"),)))
    world.phone().call(world.platform.sip).expect(486)
    world.record()


def test_relative_urls_are_those_of_the_document_after_redirects(world):
    callee = world.phone()
    world.app.on(world.path("deep/er/page"), document(
        world.dial(callee).replace(world.url("action"), "../after?a=1")))
    world.app.on(world.path("deep/after"), document("<Response/>"))
    world.answers(Answer(302, headers=(
        ("Location", world.url("deep/er/page")),)))
    out = world.phone().call(world.platform.sip)
    callee.incoming().refuse()
    out.established()
    asked = world.app.wait_for(world.path("deep/after"))
    assert asked.params["a"] == "1"
    assert asked.params["DialCallStatus"] == "busy"
    out.expect_bye()
    world.record()


def test_typographic_quotes_are_mended_with_line_and_column(world):
    world.answers("<Response>\n  <Reject reason=\u201dbusy\u201d/></Response>")
    world.phone().call(world.platform.sip).expect(486)
    noted = [m for m in world.record() if m["type"] == "noted"]
    assert [m["code"] for m in noted] == [12100]
    assert "line 2, column 18" in noted[0]["text"], noted


# --- nouns -----------------------------------------------------------------------
def test_beside_a_sip_another_noun_is_refused_and_the_sip_is_dialled(world):
    callee = world.phone()
    text = world.dial(callee).replace("<Sip", "<Number>+4930123</Number><Sip")
    world.answers(text)
    out = world.phone().call(world.platform.sip)
    asked = callee.incoming()
    asked.refuse()
    out.established()
    world.action(DialCallStatus="busy")
    out.expect_bye()
    assert 13215 in world.notes(world.record())


@pytest.mark.parametrize("noun", [
    "<Number>+4930123</Number>", "<Client>alice</Client>", "+4930123",
    "<Conference>room</Conference>"])
def test_what_nothing_routes_is_told(world, noun):
    world.app.on(world.path("action"), document("<Response/>"))
    world.answers(f'<Response><Dial action="{world.url("action")}">{noun}'
                  "</Dial></Response>")
    out = world.phone().call(world.platform.sip)
    world.action(DialCallStatus="failed")
    out.final("INVITE")
    record = world.record()
    assert 13222 in world.notes(record)
    text = [m["text"] for m in record
            if m["type"] == "noted" and m["code"] == 13222][0]
    assert "installation" in text


def test_a_sip_uri_as_the_text_of_dial(world):
    callee = world.phone()
    world.answers(f"<Response><Dial>sip:bob@127.0.0.1:{callee.port};"
                  "transport=udp</Dial></Response>")
    out = world.phone().call(world.platform.sip)
    asked = callee.incoming()
    asked.refuse()
    out.established()
    out.expect_bye()
    world.record()
