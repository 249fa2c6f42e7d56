"""Phones whose sound stops: VOXBUS_RTP_TIMEOUT."""

from conftest import platform_with, world_of
from harness import sip
from harness.wait import holds, until

SECONDS = 3

strict_platform = platform_with(rtp_timeout=SECONDS)
strict = world_of("strict_platform")


def test_a_callee_that_falls_silent_is_hung_up_and_the_action_runs(strict):
    out, asked = strict.up()
    strict.hear_each_other(out, asked)
    holds(lambda: not asked.got("BYE"), SECONDS + 1, "both speak")
    asked.rtp.be_silent()
    asked.expect_bye(SECONDS + 3)
    strict.action(DialCallStatus="completed")
    out.expect_bye()
    record = strict.record()
    leg = strict.leg(record)
    assert (leg["error"], leg["ended_by"]) == (65005, "local")
    assert leg["end_reason"] == "no sound arrived"
    assert 65005 in strict.notes(record)
    silent = [m for m in record if m["type"] == "media_silent"]
    assert len(silent) == 1
    assert SECONDS * 1000 <= silent[0]["for_ms"] <= SECONDS * 1000 + 2000


def test_a_phone_that_never_speaks_counts_from_the_answer(strict):
    """The caller: its call is over, the callee is hung up too."""
    out, asked = strict.up()
    asked.rtp.speak(asked.remote_media, 440)
    out.expect_bye(SECONDS + 3)
    asked.expect_bye()
    assert strict.leg(strict.record(), 0)["error"] == 65005


def test_who_rings_for_long_and_who_holds_may_be_silent(strict):
    out, asked = strict.ringing()
    holds(lambda: not out.got("BYE"), SECONDS + 2, "it rings")
    asked.answer()
    asked.expect_ack()
    strict.hear_each_other(out, asked)
    hold = sip.offer(out.rtp.port, version=1).replace("sendrecv", "sendonly")
    out.ask("INVITE", body=hold)
    out.acknowledge(out.expect(200))
    out.rtp.be_silent()
    holds(lambda: not out.got("BYE"), SECONDS + 2, "on hold")
    out.ask("INVITE", body=sip.offer(out.rtp.port, version=2))
    answer = out.expect(200)
    out.acknowledge(answer)
    until(lambda: out.got("BYE"), SECONDS + 3, "no longer on hold")
    asked.expect_bye()
    strict.record()
