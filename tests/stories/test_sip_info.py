"""INFO, OPTIONS and the methods that sipgw does not have."""

import pytest

from harness.wait import until

SIP_METHODS = {"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE", "PRACK",
               "INFO", "REFER"}


def words(message, name):
    return {word.strip() for word in message.get(name).split(",")}


@pytest.mark.parametrize("kind,body,digit,ms", [
    ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5", 160),
    ("application/dtmf-relay", "Signal= 11\nDuration= 90", "#", 90),
    ("application/dtmf", "*", "*", None)])
def test_a_digit_by_info_is_told_once(world, kind, body, digit, ms):
    out, asked = world.up()
    for end in (out, asked):
        end.ask("INFO", body=body, kind=kind)
        end.expect(200, method="INFO")
    until(lambda: len(world.said("digit_info")) == 2, 5, "both are told")
    assert [(m["digit"], m.get("duration_ms"))
            for m in world.said("digit_info")] == [(digit, ms)] * 2
    out.bye()
    asked.expect_bye()
    world.record()


@pytest.mark.parametrize("kind,body,headers,status", [
    ("application/dtmf-relay", "Signal=99\r\n", (), 400),
    ("application/dtmf-relay", "Signal=16\r\n", (), 200),
    ("application/media_control+xml", "<x/>", (), 415),
    ("text/plain", "", (), 200),
    ("text/plain", "x", (("Info-Package", "foo"),), 469)])
def test_an_info_that_is_no_digit(world, kind, body, headers, status):
    out, asked = world.up()
    out.ask("INFO", headers, body, kind)
    answer = out.final("INFO")
    assert answer.status == status
    if status == 415:
        assert "application/dtmf-relay" in words(answer, "Accept")
    assert not world.said("digit_info")
    out.bye()
    asked.expect_bye()
    world.record()


def test_options_says_what_we_do_inside_a_dialog_and_outside(world):
    out, asked = world.up()
    out.ask("OPTIONS")
    inside = out.expect(200, method="OPTIONS")
    outside = world.phone().outside(world.platform.sip, "OPTIONS").expect(
        200, method="OPTIONS")
    for answer in (inside, outside):
        assert words(answer, "Allow") == SIP_METHODS
        assert {"timer", "100rel"} <= words(answer, "Supported")
        assert "application/sdp" in words(answer, "Accept")
    out.bye()
    asked.expect_bye()
    world.record()


@pytest.mark.parametrize("method", ["MESSAGE", "SUBSCRIBE", "PUBLISH",
                                    "NOTIFY", "FOO"])
def test_a_method_that_we_do_not_have_gets_405_and_the_list(world, method):
    out, asked = world.up()
    out.ask(method)
    answer = out.expect(405, method=method)
    assert words(answer, "Allow") == SIP_METHODS
    out.bye()
    asked.expect_bye()
    world.record()


def test_prack_of_nothing_gets_481(world):
    out, asked = world.up()
    out.ask("PRACK", [("RAck", "1 1 INVITE")])
    out.expect(481, method="PRACK")
    out.bye()
    asked.expect_bye()
    world.record()


def test_an_old_cseq_gets_500(world):
    out, asked = world.up()
    out.number = 20
    out.ask("INFO")
    out.expect(200, method="INFO")
    out.ask("INFO", number=7)
    out.expect(500, method="INFO")
    out.bye()
    asked.expect_bye()
    world.record()
