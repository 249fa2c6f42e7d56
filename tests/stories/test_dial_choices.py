"""What a document or an account chooses about a <Dial>: that the first answer
decides, how long a screening document may take, how much may be dialled."""

from conftest import platform_with, world_of
from harness.api import account_of
from harness.app import document
from harness.wait import until

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'

limited_platform = platform_with(dial_max="3", sip_uri_max="60",
                                 sip_headers_max="2000")
limited = world_of("limited_platform")


# --- cancelOnAnswer --------------------------------------------------------

def first_answers(world, text, sip=""):
    """Three ring, all to be screened; the second answers, the others are
    cancelled while it is screened."""
    caller, phones = world.phone(), [world.phone() for _ in range(3)]
    screened = world.screening(text) + sip
    world.answers(world.fork(*phones, sip=dict.fromkeys(range(3), screened),
                             cancelOnAnswer="true"))
    out = caller.call(world.platform.sip)
    asked = [phone.incoming() for phone in phones]
    for one in asked:
        one.ring()
    out.established()
    asked[1].answer()
    asked[1].expect_ack()
    for one in (asked[0], asked[2]):
        assert one.expect_request("CANCEL").get("Reason") == ELSEWHERE
        one.respond(487, "Request Terminated")
    for number in (0, 2):
        told = world.fork_callbacks(number, "initiated", "ringing", "canceled")
        assert told[-1].params["HangupReason"] == \
            "another callee answered first"
    return out, asked[1]


def test_cancel_on_answer_the_first_to_answer_cancels_the_others_and_is_screened(
        world):
    screen = '<Response><Gather numDigits="1" action="accept"/><Hangup/>' \
        "</Response>"
    world.app.on(world.path("accept"), document("<Response/>"))
    out, asked = first_answers(world, screen)
    # The others are gone, and it has not accepted yet.
    assert world.app.wait_for(world.path("screen")).params["SipCallId"] == \
        asked.call_id
    assert not world.said("bridge")
    asked.ask("INFO", body="Signal=1\r\nDuration=100\r\n",
              kind="application/dtmf-relay")
    world.app.wait_for(world.path("accept"))
    world.hear_each_other(out, asked)
    asked.bye()
    out.expect_bye()
    world.action(DialCallStatus="completed", DialSipCallId=asked.call_id)


def test_cancel_on_answer_the_first_to_answer_declines_and_the_dial_is_over(
        world):
    out, asked = first_answers(world, "<Response><Hangup/></Response>")
    asked.expect_bye()
    world.action(DialCallStatus="no-answer", DialDeclined="true",
                 DialSipCallId=asked.call_id)
    out.expect_bye()
    world.fork_callbacks(1, "initiated", "ringing", "in-progress",
                         "completed")


# --- screeningTimeout ------------------------------------------------------

def test_screening_timeout_declines_for_a_document_that_takes_longer(world):
    callee = world.phone()
    slow = world.screening('<Response><Pause length="600"/></Response>')
    world.answers(world.dial(callee, sip=slow + ' screeningTimeout="2"'))
    out = world.phone().call(world.platform.sip)
    asked = world.taken(callee, out)
    asked.expect_bye()
    world.action(DialCallStatus="no-answer", DialDeclined="true",
                 DialHangupReason="the screening document took longer than it may")
    out.expect_bye()
    noted, = [m for m in world.record() if m["type"] == "noted"]
    assert noted["code"] == 13260 and "within 2 s" in noted["text"]


# --- how much may be dialled -----------------------------------------------

def dialled(world, count, most):
    """Of so many <Sip> the first are dialled, and the rest is told."""
    phones = [world.phone() for _ in range(count)]
    world.answers(world.fork(*phones))
    out = world.phone().call(world.platform.sip)
    for phone in phones[:most]:
        phone.incoming().refuse()
    world.action(DialCallStatus="busy")
    world.over(out)
    noted = [m for m in world.record() if m["type"] == "noted"]
    assert [m["code"] for m in noted] == [13250] * (count - most)
    assert not noted or f"a <Dial> has {most} at most" in noted[0]["text"]
    assert [phone.invites() for phone in phones[most:]] == \
        [0] * (count - most)


def test_dial_max_is_how_many_sips_of_a_dial_are_dialled(limited):
    dialled(limited, 4, 3)


def refused(world, uri, words):
    """The leg failed, and its error says how long it may be."""
    callee = world.phone()
    world.answers(world.dial(callee, uri=uri.format(callee.port)))
    out = world.phone().call(world.platform.sip)
    world.action(DialCallStatus="failed")
    world.over(out)
    noted, = [m for m in world.record() if m["type"] == "noted"]
    assert noted["code"] == 13243 and words in noted["text"]
    assert not callee.invites()


def test_sip_uri_max_is_how_long_a_uri_may_be(limited):
    refused(limited, "sip:" + "b" * 40 + "@127.0.0.1:{};transport=udp",
            "write 60 at most")


def test_sip_headers_max_is_how_long_its_headers_may_be(limited):
    callee = limited.phone()
    limited.answers(limited.dial(
        callee, uri=f"sip:b@127.0.0.1:{callee.port};transport=udp?"
        f"X-A={'1' * 900}&amp;X-B={'2' * 900}"))
    out = limited.phone().call(limited.platform.sip)
    asked = callee.incoming()
    assert asked.request.get("X-A") == "1" * 900
    assert asked.request.get("X-B") == "2" * 900
    asked.refuse()
    limited.over(out)
    limited.record()
    limited.app.reset()
    refused(limited, "sip:b@127.0.0.1:{};transport=udp?X-A=" + "1" * 1997,
            "write 2000 at most")


def allow(world, counts, **limits):
    """The account's own limits, from here on; sipgw tells what counts then."""
    world.platform.voxctl(
        "config", "set", "account", account_of(world.platform)[0],
        *(f"{name}={value}" for name, value in limits.items()))

    def told():
        world.app.reset()
        world.answers("<Response><Reject/></Response>")
        world.phone().call(world.platform.sip).final("INVITE")
        came = world.said("incoming")[0]
        return all(came.get(name) == value for name, value in counts.items())
    until(told, 10, "sipgw knows the account's limits")
    world.app.reset()


def test_an_account_has_limits_of_its_own(limited):
    allow(limited, {"dial_max": 32, "sip_uri_max": 45, "sip_headers_max": 2000},
          dial_max=32, sip_uri_max=45)
    dialled(limited, 33, 32)
    limited.app.reset()
    refused(limited, "sip:" + "b" * 20 + "@127.0.0.1:{};transport=udp",
            "write 45 at most")
    limited.app.reset()
    allow(limited, {"dial_max": 3, "sip_uri_max": 60}, dial_max="",
          sip_uri_max="")


def test_media_secure_of_the_first_account_counts_for_its_callers(limited):
    allow(limited, {"media_secure": "required"}, media_secure="required")
    callee = limited.phone()
    limited.answers(limited.dial(callee))
    limited.phone().call(limited.platform.sip).expect(488)
    assert not callee.invites()
    limited.record()
    allow(limited, {"media_secure": None}, media_secure="")


def test_lint_knows_the_installations_limits(limited, tmp_path):
    page = tmp_path / "page.xml"
    page.write_text("<Response><Dial cancelOnAnswer=\"true\">" +
                    '<Sip url="/s" screeningTimeout="20">sip:a@h</Sip>' * 4 +
                    "</Dial></Response>", encoding="utf-8")
    found = limited.platform.voxctl("lint", str(page), status=1).stdout
    assert found.count(" error ") == 1 and found.count(" warning ") == 0
    assert "error 13250 <Sip> number 4 is not dialled" in found
