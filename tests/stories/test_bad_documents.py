"""Documents that are wrong: each has an outcome, an error and a line."""

import pytest

from harness.app import Answer, document
from harness.ports import free_port

REJECT = '<Response><Reject reason="busy"/></Response>'


def refused(world, code, status=500, seconds=20):
    """The caller is refused, the call's record and the log name the error."""
    caller = world.phone()
    out = caller.call(world.platform.sip)
    final = out.expect(status, seconds)
    record = world.record()
    assert code in world.notes(record)
    leg = world.leg(record, 0)
    assert (leg["status"], leg["sip_status"]) == ("failed", status)
    world.platform.wait_for_log(error_code=code, call_sid=world.call_sid())
    return final


@pytest.mark.parametrize("code, body", [
    (12100, "<Response><Dial></Response>"),
    (12100, ""),
    (12100, "   \n"),
    (12100, "this is no markup"),
    (12100, '<!DOCTYPE r [<!ENTITY a "b">]><Response>&a;</Response>'),
    (12101, "<Answer><Hangup/></Answer>")])
def test_a_document_that_does_not_parse(world, code, body):
    world.answers(body)
    refused(world, code)


def test_a_document_of_more_than_64_kilobytes(world):
    world.answers("<Response>" + " " * 65536 + "<Hangup/></Response>")
    refused(world, 11750)


def test_a_large_document_without_a_length_is_cut_off(world):
    body = b"<Response>" + b" " * 200000 + b"</Response>"
    world.answers(Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
                         b"Connection: close\r\n\r\n" + body))
    refused(world, 11750)


def test_a_document_just_below_64_kilobytes_is_fine(world):
    caller = world.phone()
    world.answers("<Response>" + " " * 65000 + "<Hangup/></Response>")
    out = caller.call(world.platform.sip)
    out.expect(480)
    world.record()


@pytest.mark.parametrize("kind", ["application/json", "image/png", ""])
def test_a_document_of_another_type(world, kind):
    world.answers(Answer(body=REJECT.encode(), type=kind))
    refused(world, 12300)


@pytest.mark.parametrize("status, sip_status", [(500, 500), (403, 500)])
def test_an_application_that_answers_an_error(world, status, sip_status):
    world.answers(Answer(status, b"sorry", "text/plain"))
    refused(world, 11217, sip_status)


def test_an_application_that_redirects_for_ever(world):
    world.answers(Answer(302, headers=(("Location", world.app.url("/voice")),)))
    refused(world, 11215, 503)
    assert len(world.app.got("/voice")) <= 5


def test_an_application_that_does_not_speak_http(world):
    world.answers(Answer(raw=b"220 mail.example.com ESMTP\r\n"))
    refused(world, 11206, 503)


def test_an_application_that_redirects_to_a_good_document(world):
    caller = world.phone()
    world.app.on(world.path("real"), document(REJECT))
    world.answers(Answer(302, headers=(("Location", world.url("real")),)))
    out = caller.call(world.platform.sip)
    out.expect(486)
    world.record()


REDIRECT = "<Response><Redirect>{}</Redirect></Response>"


def redirected(world, url, code):
    """The first document is fine; what it leads to is not."""
    world.answers(REDIRECT.format(url))
    refused(world, code, 500 if code == 11100 else 503)


def test_a_private_address_is_out_of_reach(world):
    redirected(world, f"http://127.0.0.2:{world.app.port}/voice", 11201)
    assert len(world.app.got("/voice")) == 1


def test_a_redirect_to_a_private_address_is_not_followed(world):
    world.app.on(world.path("hop"), Answer(302, headers=(
        ("Location", f"http://127.0.0.2:{world.app.port}/secret"),)))
    redirected(world, world.url("hop"), 11201)
    assert not world.app.got("/secret")


def test_nobody_listens_at_the_documents_address(world):
    redirected(world, f"http://127.0.0.1:{free_port()}/", 11205)


@pytest.mark.parametrize("url", [
    "ftp://127.0.0.1/x", "http://", "http://[::1/", "javascript:alert(1)"])
def test_an_address_that_is_none(world, url):
    redirected(world, url, 11100)


def test_an_action_that_is_no_document_ends_an_answered_call(world):
    caller, callee = world.phone(), world.phone()
    text = world.dial(callee)
    world.app.on(world.path("action"), document("<Response><Dial>"))
    world.answers(text)
    out, asked = world.connected(caller, callee)
    asked.bye()
    out.expect_bye()
    record = world.record()
    assert 12100 in world.notes(record)
    world.callbacks("initiated", "ringing", "in-progress", "completed")


def test_a_document_that_redirects_to_itself_for_ever_is_ended(world):
    world.app.on(world.path("loop"), document(
        f"<Response><Redirect>{world.url('loop')}</Redirect></Response>"))
    world.answers(f"<Response><Redirect>{world.url('loop')}</Redirect>"
                  "</Response>")
    refused(world, 16001, 500, 40)


def test_an_unknown_verb_is_passed_over_with_a_warning(world):
    caller = world.phone()
    world.answers("<Response><Sing>la la</Sing>"
                  '<Reject reason="busy"/></Response>')
    out = caller.call(world.platform.sip)
    out.expect(486)
    record = world.record()
    assert 13750 in world.notes(record)
    assert world.leg(record, 0)["status"] == "busy"


def dialled(world, code, **how):
    """A <Sip> that cannot be dialled: 'failed' is called back and recorded."""
    caller = world.phone()
    world.answers(world.dial(None, **how))
    out = caller.call(world.platform.sip)
    world.over(out)
    world.callbacks("initiated", "failed")
    world.action(DialCallStatus="failed")
    record = world.record()
    assert world.leg(record)["status"] == "failed"
    world.platform.wait_for_log(error_code=code, call_sid=world.call_sid())
    codes = world.notes(record) | {m.get("error") for m in record}
    assert code in codes, codes
    return record


@pytest.mark.parametrize("uri", [
    "bob", "mailto:bob@example.com", "sip:", "sip:bob@", "sip:bob@host:99999",
    "sip:bob@exa mple.com", "tel:+4930123", "sip:bob@[::1"])
def test_a_sip_noun_that_is_no_sip_uri(world, uri):
    dialled(world, 13243, uri=uri)


def test_tls_the_dialects_default_finds_nobody(world):
    dialled(world, 64007, uri=f"sip:bob@127.0.0.1:{free_port()}")


def test_a_target_in_private_address_space_is_refused(world):
    dialled(world, 64002, uri="sip:bob@10.1.2.3;transport=udp")


def test_a_host_that_does_not_resolve(world):
    dialled(world, 13254, uri="sip:bob@no-such-host.invalid;transport=udp")


@pytest.mark.parametrize("text, code", [
    ('<Dial timeout="soon"><Sip>{}</Sip></Dial>', 13212),
    ('<Dial callerId="a b"><Sip>{}</Sip></Dial>', 13214),
    ('<Dial hangupOnStar="yes"><Sip>{}</Sip></Dial>', 13213),
    ('<Dial method="PUT"><Sip>{}</Sip></Dial>', 13221),
    ('<Dial timeLimit="1h"><Sip>{}</Sip></Dial>', 12200),
    ('<Dial record="maybe"><Sip>{}</Sip></Dial>', 12200),
    ('<Dial ringTone="xx"><Sip>{}</Sip></Dial>', 12200),
    ('<Dial colour="red"><Sip>{}</Sip></Dial>', 12200),
    ('<Dial><Sip sessionTimeout="ten">{}</Sip></Dial>', 12200),
    ('<Dial><Sip codecs="MP3">{}</Sip></Dial>', 53404),
    ('<Dial><Sip statusCallback="ftp://x/">{}</Sip></Dial>', 13610)])
def test_a_wrong_attribute_is_named(world, text, code):
    caller, callee = world.phone(), world.phone()
    uri = f"sip:a@127.0.0.1:{callee.port};transport=udp"
    world.answers("<Response>" + text.format(uri) + "</Response>")
    out = caller.call(world.platform.sip)
    callee.incoming().refuse()
    world.over(out)
    assert code in world.notes(world.record())


def test_a_dial_without_a_target_is_passed_over(world):
    caller = world.phone()
    world.answers("<Response><Dial></Dial><Reject/></Response>")
    out = caller.call(world.platform.sip)
    out.expect(603)
    assert 13201 in world.notes(world.record())
