"""Hold, resume, another codec, another stream: new offers inside of a call."""

import re

import pytest

from harness import sip
from harness.sound import measure
from harness.wait import holds, until


def described(end, direction="sendrecv", codecs=("0 PCMU", "8 PCMA"),
              host=None, more="", version=1):
    """The end's SDP with another direction, address, or more streams."""
    text = sip.offer(end.rtp.port, codecs, version=version)
    if host:
        text = re.sub(r"(?m)^c=IN IP4 \S+", f"c=IN IP4 {host}", text)
    return text.replace("a=sendrecv", f"a={direction}") + more


def change(end, sdp, status=200):
    """A re-INVITE with that SDP; returns our answer's text."""
    end.ask("INVITE", body=sdp)
    answer = end.expect(status)
    if status == 200:
        end.acknowledge(answer)
        if "m=audio 0" not in answer.text:
            end.remote_media = sip.media_of(answer.text)
    return answer.text


def version(sdp):
    return int(re.search(r"(?m)^o=voxbus \d+ (\d+)", sdp).group(1))


def silent(end, seconds=0.5):
    """Nothing arrives any more: what was on its way has come."""
    until(lambda: not came(end, 0.1), 2, "silence")
    holds(lambda: not came(end, 0.1), seconds, "silence")


def came(end, seconds):
    from time import monotonic  # pylint: disable=import-outside-toplevel
    since = monotonic() - seconds
    return [packet for packet in end.rtp.packets if packet[0] >= since]


def now():
    from time import monotonic  # pylint: disable=import-outside-toplevel
    return monotonic()


def finish(world, out, asked):
    out.bye()
    asked.expect_bye()
    return world.record()


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("direction,host,answered,speaks", [
    ("sendonly", None, "recvonly", True),
    ("inactive", None, "inactive", False),
    ("sendrecv", "0.0.0.0", "recvonly", True)])
def test_a_phone_holds_and_resumes(world, end, direction, host, answered,
                                   speaks):
    """Who is on hold hears nothing; music on hold is heard by the other."""
    ends = world.up()
    phone, other = ends[end], ends[1 - end]
    world.hear_each_other(*ends)
    first = (phone.accepted or phone.request).text
    held = change(phone, described(phone, direction, host=host))
    assert f"a={answered}\r\n" in held
    assert version(held) == version(first) + 1
    silent(phone)
    since = now()
    if speaks:
        phone.rtp.speak(phone.remote_media, 700)
        until(lambda: other.rtp.hears(700, since), 5,
              lambda: f"music on hold; heard {other.rtp.heard(since)}")
    else:
        silent(other)
    assert not other.got("INVITE")[1:], "the other side was bothered"
    resumed = change(phone, described(phone, version=2))
    assert version(resumed) == version(held) + 1
    assert "a=sendrecv\r\n" in resumed
    world.hear_each_other(*ends, since=now())
    finish(world, *ends)


def test_both_sides_hold_at_once(world):
    out, asked = world.up()
    change(out, described(out, "sendonly"))
    change(asked, described(asked, "sendonly"))
    silent(out)
    silent(asked)
    change(out, described(out, version=2))
    change(asked, described(asked, version=2))
    world.hear_each_other(out, asked)
    finish(world, out, asked)


def from_alaw(data):
    """Linear samples of A-law bytes (ITU-T G.711)."""
    found = []
    for byte in data:
        byte ^= 0x55
        exponent, rest = byte >> 4 & 7, byte & 15
        value = (rest << 4) + 8
        if exponent:
            value = value + 256 << exponent - 1
        found.append(value if byte & 0x80 else -value)
    return found


@pytest.mark.parametrize("end", [0, 1])
def test_a_phone_changes_its_codec(world, end):
    """PCMU to PCMA: recoded for it alone, the other side notices nothing."""
    ends = world.up()
    phone, other = ends[end], ends[1 - end]
    answer = change(phone, described(phone, codecs=("8 PCMA",)))
    assert re.search(r"(?m)^m=audio \d+ RTP/AVP 8\r$", answer)
    other.rtp.speak(other.remote_media, 440)
    since = now()

    def heard():
        frames = [packet for packet in phone.rtp.packets
                  if packet[0] >= since + 0.1]
        assert {packet[2] for packet in frames} <= {8}
        return measure(from_alaw(b"".join(p[4] for p in frames)))
    until(lambda: abs(heard()[0] - 440) < 10, 5, lambda: f"440; {heard()}")
    assert {packet[2] for packet in came(other, 5)} <= {0}
    finish(world, *ends)


def test_streams_are_added_refused_and_removed_in_their_places(world):
    out, asked = world.up()
    video = "m=video 4000 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
    answer = change(out, described(out, more=video))
    assert re.search(r"(?m)^m=audio [1-9]\d* .*\r$", answer)
    assert "m=video 0 RTP/AVP 99\r\n" in answer
    gone = "m=video 0 RTP/AVP 99\r\n"
    answer = change(out, described(out, more=gone, version=2))
    assert "m=video 0 RTP/AVP 99\r\n" in answer
    world.hear_each_other(out, asked)
    finish(world, out, asked)


@pytest.mark.parametrize("sdp,status", [
    (lambda end: described(end, codecs=("3 GSM",)), 488),
    (lambda end: described(end, host="224.0.0.1"), 488),
    (lambda end: described(end).replace(f"m=audio {end.rtp.port}",
                                        "m=audio 0"), 488),
    (lambda end: "v=0\r\nnonsense\r\n", 400),
    (lambda end: described(end) + 300 * "a=x\r\n", 400)])
def test_a_refused_offer_leaves_everything_as_before(world, sdp, status):
    out, asked = world.up()
    change(out, sdp(out), status)
    world.hear_each_other(out, asked)
    leg = world.leg(finish(world, out, asked), 0)
    assert (leg["status"], leg.get("error")) == ("completed", None)


def test_our_words_change_only_when_they_have_to(world):
    """RFC 3264, section 8: another offer, the same answer, the same version."""
    out, asked = world.up()
    before = out.accepted.text
    after = change(out, described(out, more="a=x-note:1\r\n"))
    assert after == before
    finish(world, out, asked)


def test_hold_outlives_mediad(hard_world):
    """The changed descriptions are stated again: still on hold, then not."""
    world = hard_world
    out, asked = world.up()
    change(out, described(out, "inactive"))
    asked.rtp.speak(asked.remote_media, 440)
    silent(out)
    before = world.platform.kill_only("mediad")
    world.platform.wait_for_restart("mediad", before)
    until(lambda: [m for m in world.platform.record(world.call_sid())
                   if m["type"] == "leg_opened"][1:], 10, "stated again")
    silent(out)
    answer = change(out, described(out, version=2))
    assert version(answer) == version(out.accepted.text) + 2
    world.hear_each_other(out, asked, since=now())
    finish(world, out, asked)


def test_a_hold_that_crosses_a_death_of_mediad_holds(hard_world):
    """The offer is asked for again, and answered once."""
    world = hard_world
    out, asked = world.up()
    world.hear_each_other(out, asked)
    world.platform.signal("mediad", 19)
    out.ask("INVITE", body=described(out, "inactive"))
    until(lambda: [m for m in world.platform.record(world.call_sid())
                   if m["type"] == "leg_change"], 5, "mediad is asked")
    before = world.platform.kill_only("mediad")
    world.platform.wait_for_restart("mediad", before)
    answer = out.expect(200)
    out.acknowledge(answer)
    assert "a=inactive\r\n" in answer.text
    assert version(answer.text) == version(out.accepted.text) + 1
    silent(out)
    change(out, described(out, version=2))
    world.hear_each_other(out, asked, since=now())
    finish(world, out, asked)
