"""Restcomm's <Video>: pictures go to and fro, feedback too; sound never ends."""

import re
import struct

import pytest

from harness import sip
from harness.rtp import Rtp
from harness.wait import holds, until

VP8, H264 = 96, 97
PICTURES = ("a=rtpmap:96 VP8/90000\r\na=rtpmap:97 H264/90000\r\n"
            "a=fmtp:97 profile-level-id=42e01f;packetization-mode=1\r\n"
            "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
            "a=rtcp-fb:* ccm fir\r\na=rtcp-fb:96 goog-remb\r\n")


class Pictures(Rtp):
    """An end of a stream of pictures: whole packets, and RTCP on the next port."""

    def __init__(self):
        self.whole, self.feedback = [], []
        super().__init__()
        self.control = Rtp(port=self.port + 1)
        self.control.unwrap = self._take_feedback

    def _take_feedback(self, data):
        self.feedback.append(data)
        return data

    def unwrap(self, data):
        self.whole.append(data)
        return data

    def show(self, to, kind=VP8, count=20, ssrc=0x0bad5eed):
        """So many packets, each with a payload of its own."""
        for number in range(count):
            payload = b"\x10\x00" + bytes([number]) * 900
            self.send_raw(to, struct.pack(
                "!BBHII", 0x80, kind | (0x80 if number % 4 == 3 else 0),
                number, 90000 + number // 4 * 3000, ssrc) + payload)

    def ask_for_a_picture(self, to, about):
        """PLI (RFC 4585), of the stream with that SSRC."""
        self.control.send_raw((to[0], to[1] + 1), struct.pack(
            "!BBHII", 0x81, 206, 2, 0x0f00baa0, about))

    def close(self):
        self.control.close()
        super().close()


@pytest.fixture
def pictures():
    ends = []

    def make():
        while True:
            try:
                ends.append(Pictures())
                return ends[-1]
            except OSError:
                pass                    # the next port is somebody's
    yield make
    for end in ends:
        end.close()


def offer(sound, video, lines=PICTURES, kinds="96 97", profile="RTP/AVPF"):
    return sip.offer(sound.port) + \
        f"m=video {video.port} {profile} {kinds}\r\n{lines}"


def enabled(callee, word="true"):
    uri = f"{callee.uri};transport=udp"
    return f'<Response><Dial><Sip name="{uri}"><Video enable="{word}"/>' \
        "</Sip></Dial></Response>"


def video_of(sdp):
    """(host, port) of the stream of pictures."""
    return "127.0.0.1", int(re.search(r"(?m)^m=video (\d+)", sdp).group(1))


def both_with_pictures(world, pictures, answer=None):
    """A call with pictures on both sides: calls, ends, and where to send."""
    caller, callee = world.phone(), world.phone()
    world.answers(enabled(callee))
    mine, theirs = pictures(), pictures()
    sound = Rtp()
    out = caller.call(world.platform.sip, sdp=offer(sound, mine))
    out.rtp.close()
    out.rtp = sound
    asked = callee.incoming()
    asked.answer(sdp=(answer or offer)(asked.rtp, theirs))
    asked.expect_ack()
    told = out.established().text
    return out, asked, mine, theirs, video_of(told), \
        video_of(asked.request.text)


def finish(world, out, asked):
    out.bye()
    asked.expect_bye()
    return world.record()


def test_pictures_go_both_ways_as_they_are_with_their_feedback(world, pictures):
    out, asked, mine, theirs, to_us, from_us = both_with_pictures(
        world, pictures)
    offered = asked.request.text
    assert re.search(r"(?m)^m=video \d+ RTP/AVPF 96 97\r?$", offered)
    assert "a=rtpmap:96 VP8/90000" in offered
    assert "packetization-mode=1" in offered
    assert "a=rtcp-fb:96 nack pli" in offered
    assert "goog-remb" not in offered
    world.hear_each_other(out, asked)
    mine.show(to_us)
    theirs.show(from_us, ssrc=0x0ddba11)
    until(lambda: len(theirs.whole) == 20 and len(mine.whole) == 20, 5,
          lambda: f"pictures: {len(theirs.whole)}, {len(mine.whole)}")
    for number, data in enumerate(theirs.whole):
        kind, got, stamp = struct.unpack("!BHI", data[1:8])
        assert (kind & 127, got) == (VP8, number)
        assert kind >> 7 == (number % 4 == 3)
        assert stamp == 90000 + number // 4 * 3000
        assert data[12:] == b"\x10\x00" + bytes([number]) * 900
    # The callee asks for a whole picture: the caller hears of its own stream.
    seen = struct.unpack("!I", theirs.whole[0][8:12])[0]
    theirs.ask_for_a_picture(from_us, seen)
    until(lambda: mine.feedback, 5, "the PLI")
    assert struct.unpack("!BBHI", mine.feedback[0][:8])[:3] == (0x81, 206, 2)
    assert struct.unpack("!I", mine.feedback[0][8:12])[0] == 0x0bad5eed
    record = finish(world, out, asked)
    legs = [leg for message in record if message["type"] == "leg_closed"
            for leg in message["legs"]]
    assert [leg["video_in"] for leg in legs] == [20, 20]
    assert [leg["video_out"] for leg in legs] == [20, 20]


def test_other_numbers_of_the_callee_are_the_callees(world, pictures):
    """It answers H.264 alone, by another number."""
    def answer(sound, video):
        return offer(sound, video, "a=rtpmap:120 H264/90000\r\n"
                     "a=fmtp:120 packetization-mode=1\r\n", "120")
    out, asked, mine, theirs, to_us, from_us = both_with_pictures(
        world, pictures, answer)
    world.hear_each_other(out, asked)
    mine.show(to_us, H264, 5)
    theirs.show(from_us, 120, 5)
    until(lambda: len(theirs.whole) == 5 and len(mine.whole) == 5, 5,
          "pictures")
    assert {data[1] & 127 for data in theirs.whole} == {120}
    assert {data[1] & 127 for data in mine.whole} == {H264}
    mine.show(to_us, VP8, 5)
    holds(lambda: len(theirs.whole) == 5, 0.3, "no VP8 for who has none")
    finish(world, out, asked)


def test_a_callee_without_pictures_has_a_call_by_sound(world, pictures):
    def answer(sound, _):
        return sip.offer(sound.port) + "m=video 0 RTP/AVPF 96\r\n"
    out, asked, mine, _, to_us, _ = both_with_pictures(world, pictures, answer)
    mine.show(to_us)
    world.hear_each_other(out, asked)
    finish(world, out, asked)


def test_a_caller_without_pictures_offers_none(world):
    caller, callee = world.phone(), world.phone()
    world.answers(enabled(callee))
    out = caller.call(world.platform.sip)
    asked = callee.incoming()
    assert "m=video" not in asked.request.text
    asked.answer()
    asked.expect_ack()
    out.established()
    world.hear_each_other(out, asked)
    finish(world, out, asked)


def test_pictures_that_the_document_does_not_want_are_refused_in_place(
        world, pictures):
    caller, callee = world.phone(), world.phone()
    world.answers(enabled(callee, "false"))
    sound = Rtp()
    out = caller.call(world.platform.sip, sdp=offer(sound, pictures()))
    out.rtp.close()
    out.rtp = sound
    asked = callee.incoming()
    assert "m=video" not in asked.request.text
    asked.answer()
    asked.expect_ack()
    assert "m=video 0 RTP/AVPF 96" in out.established().text
    world.hear_each_other(out, asked)
    finish(world, out, asked)


def test_after_mediads_death_pictures_go_on(world, pictures):
    out, asked, mine, theirs, to_us, _ = both_with_pictures(world, pictures)
    world.hear_each_other(out, asked)
    before = world.platform.kill("mediad")
    world.platform.wait_for_restart("mediad", before)
    until(lambda: mine.show(to_us, count=1) or theirs.whole, 10, "pictures")
    world.hear_each_other(out, asked)
    finish(world, out, asked)


def test_a_strangers_pictures_are_not_shown(world, pictures):
    out, asked, mine, theirs, to_us, _ = both_with_pictures(world, pictures)
    world.hear_each_other(out, asked)
    mine.show(to_us, count=5)
    until(lambda: len(theirs.whole) == 5, 5, "pictures")
    stranger = pictures()
    stranger.show(to_us)
    holds(lambda: len(theirs.whole) == 5, 0.5, "no stranger's picture")
    assert not stranger.whole
    finish(world, out, asked)
